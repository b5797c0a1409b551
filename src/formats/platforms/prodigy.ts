import { classesIn, notAClass, oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import type { Answer, Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, plain, within, written } from '../foreign/json.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

/** A session without a name, which any number of people may have shared. */
const nameless = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/;
/** What an answer carries beside its task. */
const ownNames = new Set(['answer', 'accept', '_input_hash', '_task_hash', '_view_id', '_session_id', '_annotator_id', '_timestamp', 'config', 'options', 'versions', 'view_id', 'label']);

export const prodigy: Platform = {
  id: 'prodigy',
  title: 'Prodigy',
  files: 'JSONL of db-out: choice, classification (a label accepted or rejected), review',
  forms: ['json'],
  heeds: ['question', 'itemId', 'dataset'],
  recognises: (beginning) => beginning.form === 'json' && within(beginning.value, '_input_hash') !== undefined && within(beginning.value, 'answer') !== undefined,
  open: (options) => new ProdigyReader(options),
};

class ProdigyReader implements PlatformReader {
  /** Labels that were accepted or rejected, each a question of its own. */
  private readonly labels = new Set<string>();
  private hasChoices = false;
  /** The label that is read; null where choices are. */
  private label: string | null = null;

  constructor(private readonly options: ImportOptions) {}

  look(record: ForeignRecord): void {
    const value = record.kind === 'json' ? record.value : null;
    if (Array.isArray(within(value, 'options'))) this.hasChoices = true;
    else {
      const label = written(within(value, 'label'));
      if (label !== null) this.labels.add(label);
    }
  }

  choose(): void {
    const { question } = this.options;
    if (this.hasChoices && this.labels.size === 0 && question === undefined) return;
    // A file of spans has neither: its rows are told one by one.
    if (!this.hasChoices && this.labels.size === 0) return;
    this.label = chosen('question', [...this.labels, ...(this.hasChoices ? ['choice'] : [])], question);
    if (this.label === 'choice' && !this.labels.has('choice')) this.label = null;
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no answered task');
    const { at, value } = record;
    const item = this.itemOf(value);
    fates.item({ at, item, payload: payloadOf(value) });
    const name = written(value._annotator_id) ?? written(value._session_id);
    if (value._view_id === 'review') return this.review(value, at, item, name, fates);
    const vote = { at, item, annotator: this.annotatorOf(name), time: written(value._timestamp) };
    if (value.answer === 'ignore') return this.isOther(value) ? fates.pass(at, 'NO_ANSWER') : fates.vote({ ...vote, answer: { outcome: 'SKIP' } });
    if (this.isOther(value)) return fates.pass(at, 'NO_ANSWER');
    const answer = this.answerOf(value);
    if (typeof answer === 'string' || answer === null) voteOrPass(fates, vote, answer);
    else fates.vote({ ...vote, answer });
  }

  private review(value: JsonObject, at: string, item: string | null, name: string | null, fates: Fates): void {
    const answer = value.answer === 'accept' ? oneOf('choice', classesIn('choice', value.accept)) : null;
    if (answer === null) return fates.pass(at, 'NO_ANSWER');
    fates.gold({ at, item, class: answer, reason: `review by ${name ?? 'nobody named'}` });
  }

  /** Whether the task asks another question than the one that is read. */
  private isOther(value: JsonObject): boolean {
    const label = Array.isArray(value.options) ? null : written(value.label);
    return (this.label !== null || label !== null) && label !== this.label;
  }

  /** @throws RecordFault */
  private answerOf(value: JsonObject): string | null | Answer {
    if (value.answer !== 'accept' && value.answer !== 'reject') throw new RecordFault('MALFORMED', `answer is ${JSON.stringify(written(value.answer))}; it is accept, reject or ignore`);
    const isAccepted = value.answer === 'accept';
    if (Array.isArray(value.options)) return isAccepted ? oneOf('choice', classesIn('choice', value.accept)) : { outcome: 'CANNOT_LABEL' };
    if (this.label === null) throw notAClass('spans', value.spans);
    return isAccepted ? this.label : `not ${this.label}`;
  }

  private itemOf(value: JsonObject): string | null {
    const { itemId } = this.options;
    return written(itemId === undefined ? value._input_hash : within(value, ...itemId.split('.')));
  }

  private annotatorOf(name: string | null): string | null {
    if (name === null) return null;
    const { dataset } = this.options;
    const own = dataset !== undefined && name.startsWith(`${dataset}-`) ? name.slice(dataset.length + 1) : name;
    return nameless.test(own) ? null : own;
  }
}

function payloadOf(value: JsonObject): object {
  const data = Object.entries(value).filter((entry): entry is [string, Json] => !ownNames.has(entry[0]) && entry[1] !== undefined);
  return { ...Object.fromEntries(data.map(([name, part]) => [name, plain(part)])), prodigy: { inputHash: plain(value._input_hash ?? null) } };
}
