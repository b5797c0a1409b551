import { oneOf, voteOrPass } from '../foreign/answers.js';
import { severalClasses } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, numberOf, parseJson, plain, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';

/** Columns of labels: of classification, and of files with spans beside. */
const labelNames = ['label', 'cats', 'labels'];
/** Between labels and between comments of a table. */
const JOINT = '#';
/** Names of files that are everybody's, or nobody's. */
const shared = new Set(['all', 'unknown']);

export const doccano: Platform = {
  id: 'doccano',
  title: 'doccano',
  files: 'a file for each member, as JSONL, JSON or CSV, whose name is the annotator\'s; of versions to 1.1 one file with numbers of users, beside --labels',
  forms: ['json', 'table'],
  table: { known: /^(id|text|data|filename|label|labels|cats|Comments)$/ },
  heeds: ['itemId', 'labels', 'classes'],
  recognises(beginning) {
    if (beginning.form === 'table') return beginning.columns.includes('id') && beginning.columns.includes('Comments') && beginning.columns.some((name) => labelNames.includes(name));
    if (beginning.form !== 'json' || !isObject(beginning.value)) return false;
    const { value } = beginning;
    if (isOld(value)) return true;
    return value.id !== undefined && (value.text !== undefined || value.filename !== undefined) && labelNames.some((name) => Array.isArray(value[name]));
  },
  open: (options, classes) => new DoccanoReader(options, options.classes ?? classes ?? []),
};

function isOld(value: JsonObject): boolean {
  return Array.isArray(value.annotations) && value.meta !== undefined && value.annotations.every((one) => within(one, 'user') !== undefined);
}

class DoccanoReader implements PlatformReader {
  private annotator = '';
  private label = '';
  private readonly names: ReadonlyMap<string, string>;

  constructor(private readonly options: ImportOptions, private readonly classes: readonly string[]) {
    this.names = new Map(options.labels === undefined ? [] : listOf(parseJson(options.labels)).map((one) => [written(within(one, 'id')) ?? '', written(within(one, 'text')) ?? '']));
  }

  begin({ name }: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    this.annotator = this.options.annotator ?? name.replace(/(\.gz)?$/, '').replace(/\.[^.]*$/, '');
    if (!columns) return;
    this.label = labelNames.find((one) => columns.includes(one)) ?? '';
    if (this.label === '') throw new FileRefused('NO_QUESTION', `the table has no column ${labelNames.join(' or ')}`);
    this.requireAnnotator();
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    if (record.kind === 'row') {
      this.requireAnnotator();
      return this.row(record.row, at, fates);
    }
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no example');
    const { value } = record;
    const item = this.itemOf(value);
    fates.item({ at, item, payload: payloadOf(value) });
    if (isOld(value)) return this.old(listOf(value.annotations), at, item, fates);
    this.requireAnnotator();
    const name = labelNames.find((one) => value[one] !== undefined) ?? 'label';
    const labels = listOf(value[name]);
    if (labels.some((one) => Array.isArray(one) || within(one, 'start_offset') !== undefined)) throw perRegion(labels[0]!);
    voteOrPass(fates, { at, item, annotator: this.annotator, comment: listOf(value.Comments).map((one) => written(one) ?? '').join('\n') }, oneOf(name, labels.map((one) => written(one) ?? '')));
  }

  private row(row: Row, at: string, fates: Fates): void {
    const item = row.cell(this.options.itemId ?? 'id') || null;
    const cell = row.cell(this.label);
    const labels = cell === '' ? [] : this.classes.includes(cell) ? [cell] : cell.split(JOINT);
    fates.item({ at, item, payload: Object.fromEntries(row.columns.filter((name) => name !== '' && name !== 'Comments' && name !== this.label && name !== 'id').map((name) => [name, row.cell(name)])) });
    voteOrPass(fates, { at, item, annotator: this.annotator, comment: row.cell('Comments').replaceAll(JOINT, '\n') }, oneOf(this.label, labels));
  }

  /** Answers with the numbers of their users. */
  private old(annotations: readonly Json[], at: string, item: string | null, fates: Fates): void {
    if (annotations.length === 0) fates.pass(at, 'NO_ANSWER');
    for (const user of new Set(annotations.map((one) => written(within(one, 'user'))))) {
      const place = `${at}/${user ?? ''}`;
      const mine = annotations.filter((one) => written(within(one, 'user')) === user);
      const labels = mine.map((one) => this.nameOf(written(within(one, 'label')) ?? ''));
      const region = mine.find((one) => within(one, 'start_offset') !== undefined);
      if (region) fates.refuse(place, 'PER_REGION', perRegion(region).message);
      else if (labels.length > 1) fates.refuse(place, 'SEVERAL_CLASSES', severalClasses('label', labels));
      else fates.vote({ at: place, item, annotator: user, answer: { class: labels[0]! } });
    }
  }

  private nameOf(label: string): string {
    const name = this.names.get(label);
    if (name !== undefined) return name;
    throw new FileRefused('OPTION_MISSING', `labels are numbers here, such as ${quoted(label)}, and ${this.names.size === 0 ? 'nothing tells' : 'the file of --labels does not tell'} their names; give the project's labels.json with --labels`);
  }

  private itemOf(value: JsonObject): string | null {
    return written(value[this.options.itemId ?? 'id']);
  }

  /** @throws FileRefused for a file that is not one person's */
  private requireAnnotator(): void {
    if (!shared.has(this.annotator)) return;
    throw new FileRefused('NO_ANNOTATOR', `the file ${quoted(this.annotator)} has the labels of all members together, and nothing tells whose they are; turn off "Share annotations across all users", and export again, or name who gave them with --annotator`);
  }
}

function perRegion(region: Json): RecordFault {
  const [start, end] = Array.isArray(region) ? [numberOf(region[0]), numberOf(region[1])] : [numberOf(within(region, 'start_offset')), numberOf(within(region, 'end_offset'))];
  return new RecordFault('PER_REGION', `the label is of a part of the item (characters ${start ?? '?'} to ${end ?? '?'}); votes are on whole items`);
}

function payloadOf(value: JsonObject): object {
  const kept = Object.entries(value).filter(([name]) => !labelNames.includes(name) && !['annotations', 'Comments', 'annotation_approver', 'id'].includes(name));
  return { ...Object.fromEntries(kept.map(([name, part]) => [name, plain(part!)])), doccano: { example: plain(value.id ?? null) } };
}
