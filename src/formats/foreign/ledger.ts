import { idFault, longestId } from '../text/cell.js';
import type { Fault } from '../text/fault.js';
import { shown } from '../text/fault.js';
import { momentIn } from '../text/moment.js';
import type { Answer, Fate, Fates, GivenPrediction, GivenVote, OtherOutcome, PassingReason, RefusalCode, TakenVote } from './fates.js';
import type { ImportOptions } from './options.js';

const longestDurationMs = 2 ** 31 - 1;
/** Of a comment, in bytes: what a vote may have. */
const longestComment = 10_000;

/** Takes what a platform's reader tells, by the rules that are the same for all platforms, and keeps it until it is asked for. */
export class Ledger implements Fates {
  /** The file that is being read. */
  file = '';
  readonly notes = new Map<string, number>();
  /** Classes that the project does not have, each with how many answers name it. */
  readonly unknownClasses = new Map<string, number>();
  private fates: Fate[] = [];
  private readonly golds = new Map<string, { class: string } & { file: string; at: string }>();
  private readonly outcomes: ReadonlyMap<string, OtherOutcome>;

  /** @param classes those of the project; null where all that come will do */
  constructor(
    private readonly options: ImportOptions,
    private readonly classes: ReadonlySet<string> | null,
  ) {
    const { unsure = [], skip = [], cannot = [] } = options;
    this.outcomes = new Map([
      ...unsure.map((text) => [text, 'UNSURE'] as const), ...skip.map((text) => [text, 'SKIP'] as const), ...cannot.map((text) => [text, 'CANNOT_LABEL'] as const),
    ]);
  }

  /** What was told since the last call, in its order. */
  take(): Fate[] {
    return this.fates.splice(0);
  }

  vote({ at, item, annotator, answer, ...more }: GivenVote): void {
    if (this.options.gold === 'only') return this.pass(at, 'GOLD_ONLY');
    const who = annotator === null ? this.options.annotator ?? null : this.renamed(annotator);
    if (item === null || item === '') return this.refuse(at, 'MISSING', 'nothing names the item; choose what does with --item-id');
    if (who === null || who === '') return this.refuse(at, 'NO_ANNOTATOR', 'nobody is named for this answer; name who gave them with --annotator NAME');
    const given = this.answered(answer);
    const fault = faultOf('item', item) ?? faultOf('annotator', who) ?? (given.class === null ? null : faultOf('class', given.class))
      ?? (more.voteId ? faultOf('voteId', more.voteId) : null);
    if (fault) return this.refuse(at, fault.code, fault.message);
    if (given.class !== null && this.classes && !this.classes.has(given.class)) return this.refuse(at, 'UNKNOWN_CLASS', this.unknown(given.class));
    this.fates.push({ fate: 'vote', file: this.file, at, item, annotator: who, ...given, ...this.details(more) });
  }

  private details({ voteId = null, time = null, durationMs = null, comment = null, guidelineVersion = null }: Omit<GivenVote, 'at' | 'item' | 'annotator' | 'answer'>): Omit<TakenVote, 'item' | 'annotator' | 'class' | 'outcome'> {
    const moment = time === null ? NaN : momentIn(time);
    if (time !== null && Number.isNaN(moment)) this.note('times that are no moment such as 2026-01-31T12:00:00Z are left out');
    const duration = durationMs === null ? null : Math.floor(durationMs + 0.5);
    const isDuration = duration !== null && duration >= 0 && duration <= longestDurationMs;
    if (duration !== null && !isDuration) this.note('durations below 0 or over 2147483647 ms are left out');
    return { voteId, time: Number.isNaN(moment) ? null : moment, durationMs: isDuration ? duration : null, comment: comment === null ? null : this.shortened(comment), guidelineVersion };
  }

  private shortened(comment: string): string | null {
    const text = comment.replaceAll('\0', '');
    if (text.length < comment.length) this.note('NUL characters in comments are left out');
    const bytes = Buffer.from(text);
    if (bytes.length <= longestComment) return text === '' ? null : text;
    this.note(`comments of over ${longestComment} bytes are cut there`);
    // A character that the cut split is left out.
    return bytes.toString('utf8', 0, longestComment).replace(/\ufffd+$/, '');
  }

  gold({ at, item, class: written, reason = null }: Parameters<Fates['gold']>[0]): void {
    if (this.options.gold === 'ignore') return;
    if (item === null || item === '') return this.refuse(at, 'MISSING', 'nothing names the item of this gold answer; choose what does with --item-id');
    const answer = this.mapped(written);
    const fault = faultOf('item', item) ?? faultOf('class', answer);
    if (fault) return this.refuse(at, fault.code, fault.message);
    if (this.outcomes.has(written)) return this.note('gold answers that are outcomes such as UNSURE are left out: gold is a class');
    if (this.classes && !this.classes.has(answer)) return this.refuse(at, 'UNKNOWN_CLASS', this.unknown(answer));
    const before = this.golds.get(item);
    if (before && before.class !== answer) {
      return this.refuse(at, 'GOLD_CONFLICT', `item ${quoted(item)} has the gold answers ${quoted(before.class)} (${placeOf(before, this.file)}) and ${quoted(answer)} (${placeOf({ file: this.file, at }, this.file)}); keep one`);
    }
    if (before) return;
    this.golds.set(item, { class: answer, file: this.file, at });
    this.fates.push({ fate: 'gold', file: this.file, at, item, class: answer, reason });
  }

  prediction({ at, item, model, version, score }: GivenPrediction): void {
    if (item === null || item === '') return this.refuse(at, 'MISSING', 'nothing names the item of this prediction; choose what does with --item-id');
    const fault = faultOf('item', item) ?? faultOf('model', model) ?? faultOf('version', version);
    if (fault) return this.refuse(at, fault.code, fault.message);
    const mapped = 'class' in score ? { ...score, class: this.mapped(score.class) } : score;
    if ('class' in mapped && this.classes && !this.classes.has(mapped.class)) return this.refuse(at, 'UNKNOWN_CLASS', this.unknown(mapped.class));
    this.fates.push({ fate: 'prediction', file: this.file, at, item, model, version, score: mapped });
  }

  item({ at, item, payload }: Parameters<Fates['item']>[0]): void {
    if (item === null || item === '' || faultOf('item', item)) return;
    this.fates.push({ fate: 'item', file: this.file, at, item, payload });
  }

  pass(at: string, reason: PassingReason): void {
    this.fates.push({ fate: 'passed', file: this.file, at, reason });
  }

  refuse(at: string, code: RefusalCode, message: string): void {
    this.fates.push({ fate: 'refused', file: this.file, at, code, message });
  }

  note(message: string): void {
    this.notes.set(message, (this.notes.get(message) ?? 0) + 1);
  }

  private answered(answer: Answer): { class: string | null; outcome: OtherOutcome | null } {
    if ('outcome' in answer) return { class: null, outcome: answer.outcome };
    const outcome = this.outcomes.get(answer.class);
    return outcome ? { class: null, outcome } : { class: this.mapped(answer.class), outcome: null };
  }

  private mapped(name: string): string {
    return this.options.classMap?.get(name) ?? name;
  }

  private renamed(annotator: string): string {
    return this.options.annotators?.get(annotator) ?? annotator;
  }

  private unknown(name: string): string {
    this.unknownClasses.set(name, (this.unknownClasses.get(name) ?? 0) + 1);
    const known = [...this.classes!];
    const more = known.length > 10 ? ` and ${known.length - 10} more` : '';
    return `class ${quoted(name)} is not among ${known.slice(0, 10).map(quoted).join(', ')}${more}; give it another name by --class-map, or an outcome by --unsure, --skip or --cannot`;
  }
}

export function quoted(text: string): string {
  return shown(Buffer.from(text));
}

function placeOf({ file, at }: { file: string; at: string }, current: string): string {
  const place = /^\d+$/.test(at) ? `line ${at}` : at;
  return file === current ? place : `${file}, ${place}`;
}

function faultOf(name: string, text: string): Fault | null {
  const bytes = Buffer.from(text);
  const fault = idFault(name, bytes, 0, bytes.length);
  // Texts that are items by themselves have a platform's number as well.
  if (fault?.code === 'TOO_LONG' && name === 'item') return { ...fault, message: `${fault.message}; what is longer than ${longestId} bytes goes by another name: see --item-id` };
  return fault;
}
