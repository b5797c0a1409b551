import { classesIn, notAClass, oneOf, secondsOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import type { Fates } from '../foreign/fates.js';
import { ExactNumber, isObject, type Json, type JsonObject, listOf, parseJson, plain, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';
import { JsonFault } from '../text/json-cursor.js';
import { editedId } from '../foreign/versions.js';

/** What the platform itself puts beside data and answers. */
const ownNames = new Set(['id', 'annotator', 'annotation_id', 'created_at', 'updated_at', 'lead_time', 'agreement', 'history']);
/** What it puts there in every version that is read. */
const needed = ['annotator', 'annotation_id'];

export const labelStudioMin: Platform = {
  id: 'label-studio-min',
  title: 'Label Studio, short',
  files: 'JSON_MIN, CSV and TSV exports: an annotation a record, without skips, ground truth and drafts',
  forms: ['json', 'table'],
  table: { known: /^(annotation_id|annotator|lead_time|created_at|updated_at)$/ },
  heeds: ['question', 'itemId'],
  recognises(beginning) {
    if (beginning.form === 'table') return needed.every((name) => beginning.columns.includes(name));
    return beginning.form === 'json' && isObject(beginning.value) && needed.every((name) => within(beginning.value, name) !== undefined);
  },
  open: (options) => new ShortReader(options),
};

class ShortReader implements PlatformReader {
  private readonly questions = new Set<string>();
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  /** Of a table, in which data and answers stand side by side in the order of their names, any other column may be the question. */
  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    for (const name of columns ?? []) if (name !== '' && !ownNames.has(name)) this.questions.add(name);
  }

  /** Of JSON: answers stand between the task's id and the annotator. */
  look(record: ForeignRecord): void {
    if (record.kind !== 'json' || !isObject(record.value)) return;
    const names = Object.keys(record.value);
    for (const name of names.slice(names.indexOf('id') + 1, Math.max(0, names.indexOf('annotator')))) if (!ownNames.has(name)) this.questions.add(name);
  }

  choose(): void {
    this.question = chosen('question', this.questions, this.options.question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    const value = record.kind === 'row' ? objectOf(record.row, [...ownNames, this.question]) : record.kind === 'json' && isObject(record.value) ? record.value : null;
    if (value === null) throw new RecordFault('MALFORMED', 'the record is no object');
    const item = this.itemOf(record, value);
    const data = record.kind === 'row' ? objectOf(record.row, record.row.columns) : value;
    fates.item({ at, item, payload: payloadOf(data, record.kind === 'row' ? new Set([this.question]) : this.questions, value.id) });
    const id = written(value.annotation_id);
    if (id === null) return fates.pass(at, 'NO_ANSWER');
    const chosenClass = oneOf(this.question, valueClasses(this.question, value[this.question]));
    const annotator = written(value.annotator);
    voteOrPass(fates, {
      at, item, annotator: annotator === 'None' ? null : annotator, durationMs: secondsOf(numberIn(value.lead_time)),
      time: written(value.updated_at) ?? written(value.created_at), voteId: editedId(`ls:${id}`, written(value.created_at), written(value.updated_at)),
    }, chosenClass);
  }

  private itemOf(record: ForeignRecord, value: JsonObject): string | null {
    const name = this.options.itemId?.replace(/^data\./, '') ?? 'id';
    return record.kind === 'row' ? record.row.cell(name) || null : written(value[name]);
  }
}

/** Cells as JSON has them: what begins like a list or an object of JSON is one. */
function objectOf(row: Row, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => name !== '').map((name) => {
    const cell = row.cell(name);
    return [name, cell === '' ? null : /^(\{"|\[["{[])/.test(cell) ? parsed(cell) : cell];
  }));
}

function parsed(cell: string): Json {
  try {
    return parseJson(cell);
  } catch (fault) {
    if (fault instanceof JsonFault) return cell;
    throw fault;
  }
}

function payloadOf(data: JsonObject, questions: ReadonlySet<string>, task: Json | undefined): object {
  const kept = Object.entries(data).filter(([name]) => !ownNames.has(name) && !questions.has(name));
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, plain(value!)])), labelStudio: { task: plain(task ?? null) } };
}

/** Of a table numbers are texts. */
function numberIn(value: Json | undefined): Json | undefined {
  return typeof value === 'string' && /^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? new ExactNumber(value) : value;
}

/** @throws RecordFault */
function valueClasses(question: string, value: Json | undefined): string[] {
  if (isObject(value)) {
    if (value.choices !== undefined) return classesIn(question, value.choices);
    if (value.text !== undefined) throw notAClass(question, value.text);
    return classesIn(question, value);
  }
  return listOf(value === undefined || Array.isArray(value) ? value : [value]).flatMap((one) => {
    if (Array.isArray(one)) return [classesIn(question, one).join(' / ')];
    if (!isObject(one)) return classesIn(question, one);
    if (one.rating !== undefined) return classesIn(question, one.rating).filter((rating) => rating !== '0');
    if (one.start !== undefined || one.x !== undefined || one.points !== undefined) throw new RecordFault('PER_REGION', `${quoted(question)} was answered for a part of the item; votes are on whole items`);
    throw notAClass(question, one);
  });
}
