import { oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, numberOf, within, written } from '../foreign/json.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';

const ANSWERS = 'instance_id_to_label_to_value';
const TRAIL = 'instance_id_to_behavioral_data';
/** Text beside the choices. */
const FREE = 'free_response';

export const potato: Platform = {
  id: 'potato',
  title: 'Potato',
  files: 'annotation_output/USER/user_state.json, and its exports as CSV, TSV and JSONL',
  forms: ['json', 'table'],
  table: { known: /^(instance_id|user_id|[^.]+\.[^.]+)$/ },
  heeds: ['question'],
  recognises(beginning) {
    if (beginning.form === 'table') return beginning.columns.includes('instance_id') && beginning.columns.includes('user_id');
    return beginning.form === 'json' && (isObject(within(beginning.value, ANSWERS)) || (within(beginning.value, 'instance_id') !== undefined && isObject(within(beginning.value, 'labels'))));
  },
  open: (options) => new PotatoReader(options),
};

/** A label of a scheme, and the value that it was given. */
type Labelled = readonly [label: string, value: string];

class PotatoReader implements PlatformReader {
  private readonly questions = new Set<string>();
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    if (columns && !columns.includes('user_id')) throw new FileRefused('NO_ANNOTATOR', 'the table has no column user_id; export again with it');
    for (const name of columns ?? []) if (name.includes('.')) this.questions.add(name.slice(0, name.indexOf('.')));
  }

  look(record: ForeignRecord): void {
    if (record.kind !== 'json') return;
    for (const name of Object.keys(membersOf(within(record.value, 'labels')))) this.questions.add(name);
    for (const answers of Object.values(membersOf(within(record.value, ANSWERS)))) for (const name of schemasOf(answers)) this.questions.add(name);
  }

  choose(): void {
    this.question = chosen('question', this.questions, this.options.question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    if (record.kind === 'row') return this.row(record.row, at, fates);
    const value = record.kind === 'json' && isObject(record.value) ? record.value : null;
    if (!value) throw new RecordFault('MALFORMED', 'the record is no state of a user');
    if (!isObject(value[ANSWERS])) {
      const labels = Object.entries(membersOf(within(value, 'labels', this.question))).map(([label, one]) => [label, written(one) ?? ''] as const);
      return this.give(at, written(value.instance_id), written(value.user_id), labels, null, fates);
    }
    for (const [item, answers] of Object.entries(value[ANSWERS])) {
      try {
        this.give(item, item, written(value.user_id), labelsOf(answers, this.question), within(value[TRAIL], item) ?? null, fates);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(item, fault.code, fault.message);
      }
    }
  }

  private row(row: Row, at: string, fates: Fates): void {
    const prefix = `${this.question}.`;
    const labels = row.columns.filter((name) => name === this.question || name.startsWith(prefix)).map((name) => [name === this.question ? '' : name.slice(prefix.length), row.cell(name)] as const);
    this.give(at, row.cell('instance_id') || null, row.cell('user_id') || null, labels, null, fates);
  }

  /** @param trail what was pressed and when, null where it is not told */
  private give(at: string, item: string | null, annotator: string | null, labels: readonly Labelled[], trail: Json, fates: Fates): void {
    const classes = [...new Set(labels.flatMap(classOf))];
    const selects = listOf(within(trail, 'annotation_changes'))
      .filter((one) => within(one, 'schema_name') === this.question && within(one, 'action') === 'select')
      .map((one) => ({ label: written(within(one, 'label_name')), seconds: numberOf(within(one, 'timestamp')) ?? -Infinity, time: written(within(one, 'timestamp')) }));
    const last = selects.reduce<(typeof selects)[number] | null>((found, one) => (found === null || one.seconds >= found.seconds ? one : found), null);
    // An older version kept every label of a radio: what was pressed last is the answer.
    const answer = classes.length > 1 && last?.label != null && classes.includes(last.label) ? last.label : oneOf(this.question, classes);
    const duration = numberOf(within(trail, 'total_time_ms'));
    voteOrPass(fates, { at, item, annotator, time: last?.time ?? null, durationMs: duration !== null && duration > 0 ? duration : null }, answer);
  }
}

/** The class that a label stands for: its name where it is ticked, else its value. */
function classOf([label, value]: Labelled): string[] {
  if (label === FREE || value === '' || value === 'false') return [];
  if (value === 'true') return label === '' ? [] : [label];
  return [value];
}

/** Of a list of pairs, or of a map by schema, which the docs show. */
function labelsOf(answers: Json | undefined, question: string): Labelled[] {
  if (isObject(answers)) return Object.entries(membersOf(within(answers, question, 'labels') ?? answers[question])).map(([label, value]) => [label, written(value) ?? ''] as const);
  return listOf(answers).filter((pair) => within(listOf(pair)[0], 'schema') === question).map((pair) => [written(within(listOf(pair)[0], 'name')) ?? '', written(listOf(pair)[1]) ?? ''] as const);
}

function schemasOf(answers: Json | undefined): string[] {
  return isObject(answers) ? Object.keys(answers) : listOf(answers).flatMap((pair) => written(within(listOf(pair)[0], 'schema')) ?? []);
}

function membersOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
