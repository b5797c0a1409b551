import { voteOrPass } from '../foreign/answers.js';
import { chosen, listed } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, plainMembers, within, written } from '../foreign/json.js';
import { classInText } from '../foreign/judged-text.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

export const lmEval: Platform = {
  id: 'lm-eval',
  title: 'LM Evaluation Harness',
  files: 'samples_TASK_DATE.jsonl; --annotator names the model',
  forms: ['json'],
  heeds: ['question', 'itemId', 'filter', 'classes'],
  recognises: (beginning) => beginning.form === 'json' && within(beginning.value, 'doc_id') !== undefined && within(beginning.value, 'filtered_resps') !== undefined,
  open: (options, classes) => new LmEvalReader(options, options.classes ?? classes),
};

class LmEvalReader implements PlatformReader {
  private readonly filters = new Set<string>();
  private readonly documents = new Set<string>();
  private repeated: string | null = null;
  private filter: string | null = null;
  private task = '';

  constructor(private readonly options: ImportOptions, private readonly classes: readonly string[] | null) {}

  /** The file's name tells the task, and when it was run. */
  begin({ name }: Pick<ForeignFile, 'name'>): void {
    this.task = name.replace(/(\.jsonl?)?(\.gz)?$/, '').replace(/_\d{4}-\d\d-\d\dT[\d.:-]+$/, '');
  }

  look(record: ForeignRecord): void {
    const value = record.kind === 'json' ? record.value : null;
    const filter = written(within(value, 'filter'));
    if (filter !== null) this.filters.add(filter);
    else {
      const id = `${this.task} ${written(within(value, 'doc_id')) ?? ''}`;
      if (this.documents.has(id)) this.repeated = written(within(value, 'doc_id'));
      this.documents.add(id);
    }
  }

  choose(): void {
    const { annotator, filter } = this.options;
    if (this.filters.size > 0) this.filter = chosen('filter', this.filters, filter);
    if (this.repeated !== null) throw new FileRefused('SEVERAL_FILTERS', `document ${quoted(this.repeated)} comes twice, and the file does not tell by which filter; evaluate again with a version that does`);
    if (annotator === undefined) throw new FileRefused('NO_ANNOTATOR', 'the file does not tell the model, only its folder does; name it with --annotator');
    if (this.classes === null) throw new FileRefused('OPTION_MISSING', 'what a model wrote is a class only where the classes are known; name them with --classes');
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no sample');
    const { value } = record;
    if (this.filter !== null && written(value.filter) !== this.filter) return fates.note('answers of other filters are left out');
    const { itemId, annotator } = this.options;
    const item = written(itemId === undefined ? value.doc_id : within(value, ...itemId.split('.')));
    fates.item({ at, item, payload: plainMembers(value.doc) });
    this.target(value, at, item, fates);
    const responses = listOf(value.filtered_resps);
    if (responses.length > 0 && responses.every((one) => Array.isArray(one) && one.length >= 2 && logLikelihood(one[0]) !== null)) return this.choice(responses, at, item, fates);
    if (responses.length > 1) fates.note('of several filtered answers the first is read');
    const answer = classInText(written(responses[0]) ?? '', this.options.question ?? 'label', this.classes!);
    voteOrPass(fates, { at, item, annotator: annotator! }, answer);
  }

  private target({ target }: JsonObject, at: string, item: string | null, fates: Fates): void {
    const text = written(target);
    if (text === null) return;
    // An index into the choices, unless a class is called so.
    const answer = this.classes!.includes(text) ? text : /^\d{1,9}$/.test(text) ? this.classes![Number(text)] ?? text : text;
    fates.gold({ at, item, class: answer, reason: 'target' });
  }

  /** Log-likelihoods of the choices: a vote for the greatest, and a prediction of all. @throws RecordFault */
  private choice(responses: readonly Json[], at: string, item: string | null, fates: Fates): void {
    const values = responses.map((one) => logLikelihood(listOf(one)[0])!);
    const classes = this.classes!;
    if (values.length !== classes.length) throw new RecordFault('MALFORMED', `the sample has ${values.length} choices, and there are ${classes.length} classes, ${listed(classes)}; name as many with --classes, in order`);
    const best = Math.max(...values);
    const weights = values.map((value) => Math.exp(value - best));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const annotator = this.options.annotator!;
    fates.prediction({ at, item, model: annotator, version: this.task, score: { probabilities: weights.map((weight) => weight / sum) } });
    const winners = values.flatMap((value, k) => (value === best ? [k] : []));
    if (winners.length > 1) fates.pass(at, 'TIE');
    else fates.vote({ at, item, annotator, answer: { class: classes[winners[0]!]! } });
  }
}

/** A number, which may be written as a text; null for what is none. */
function logLikelihood(value: Json | undefined): number | null {
  const text = written(value);
  return text !== null && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}
