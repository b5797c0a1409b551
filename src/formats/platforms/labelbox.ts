import { notAClass, oneOf, secondsOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import type { Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, plain, within, written } from '../foreign/json.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';
import { editedId } from '../foreign/versions.js';

export const labelbox: Platform = {
  id: 'labelbox',
  title: 'Labelbox',
  files: 'NDJSON of export v2, with label_details and performance_details asked for',
  forms: ['json'],
  heeds: ['question', 'itemId', 'projectId'],
  recognises: (beginning) => beginning.form === 'json' && isObject(within(beginning.value, 'data_row')) && isObject(within(beginning.value, 'projects')),
  open: (options) => new LabelboxReader(options),
};

class LabelboxReader implements PlatformReader {
  private readonly projects = new Set<string>();
  /** Of each project. */
  private readonly questions = new Map<string, Set<string>>();
  private readonly itemKinds = new Set<string>();
  private project = '';
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  look(record: ForeignRecord): void {
    const projects = record.kind === 'json' ? within(record.value, 'projects') : undefined;
    if (!isObject(projects)) return;
    for (const [project, { labels }] of Object.entries(projects).map(([id, one]) => [id, isObject(one) ? one : {}] as const)) {
      this.projects.add(project);
      const found = this.questions.get(project) ?? new Set<string>();
      this.questions.set(project, found);
      for (const label of listOf(labels)) addQuestions(listOf(within(label, 'annotations', 'classifications')), '', found);
    }
  }

  choose(): void {
    this.project = chosen('project', this.projects, this.options.projectId);
    const found = this.questions.get(this.project)!;
    // A project of skips alone names no question.
    this.question = found.size === 0 && this.options.question !== undefined ? this.options.question : chosen('question', found, this.options.question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    const value = record.kind === 'json' && isObject(record.value) ? record.value : null;
    if (!value || !isObject(value.data_row)) throw new RecordFault('MALFORMED', 'the record is no data row with its projects; exports before version 2 are not read, export again by project.export');
    const row = value.data_row;
    const item = this.itemOf(row, fates);
    fates.item({ at, item, payload: { data: plain(row.row_data ?? null), labelbox: { dataRow: plain(row.id ?? null), project: this.project } } });
    const labels = listOf(within(value, 'projects', this.project, 'labels')).filter(isObject);
    if (labels.length === 0) return fates.pass(at, 'NO_ANSWER');
    const benchmarks = new Set(labels.map((label) => written(within(label, 'performance_details', 'benchmark_reference_label'))));
    labels.forEach((label, n) => {
      try {
        this.label(label, `${at}/${n}`, item, benchmarks.has(written(label.id)), fates);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(`${at}/${n}`, fault.code, fault.message);
      }
    });
  }

  private label(label: JsonObject, at: string, item: string | null, isBenchmark: boolean, fates: Fates): void {
    const id = written(label.id);
    const created = written(within(label, 'label_details', 'created_at'));
    const changed = written(within(label, 'label_details', 'content_last_updated_at'));
    const vote = {
      at, item, annotator: written(within(label, 'label_details', 'created_by')), time: changed ?? created, durationMs: secondsOf(within(label, 'performance_details', 'seconds_to_create')),
      voteId: id === null ? null : editedId(`labelbox:${id}`, created, changed),
    };
    const isGold = isBenchmark && this.options.gold !== 'ignore';
    if (!isGold && within(label, 'performance_details', 'skipped') === true) return fates.vote({ ...vote, answer: { outcome: 'SKIP' } });
    const answer = oneOf(this.question, answersTo(this.question, listOf(within(label, 'annotations', 'classifications')), ''));
    if (within(label, 'annotations', 'frames') !== undefined) fates.note('answers for single frames are not read');
    if (!isGold) return voteOrPass(fates, vote, answer);
    if (answer === null) fates.pass(at, 'NO_ANSWER');
    else fates.gold({ at, item, class: answer, reason: `benchmark label ${id ?? '?'}` });
  }

  private itemOf(row: JsonObject, fates: Fates): string | null {
    const { itemId } = this.options;
    if (itemId !== undefined) return written(within(row, ...itemId.split('.')));
    const kind = ['global_key', 'external_id', 'id'].find((name) => written(row[name]) !== null);
    if (kind === undefined) return null;
    this.itemKinds.add(kind);
    if (this.itemKinds.size > 1) fates.note('some data rows have a global_key and some do not: their items are named by the external_id or id; --item-id id names all alike');
    return written(row[kind]);
  }
}

/** Questions of classifications and of those within their answers: outer/inner. */
function addQuestions(classifications: readonly Json[], outer: string, found: Set<string>): void {
  for (const one of classifications) {
    const name = `${outer}${written(within(one, 'name')) ?? ''}`;
    const radio = within(one, 'radio_answer');
    const checks = within(one, 'checklist_answers');
    if (radio !== undefined || checks !== undefined) found.add(name);
    for (const answer of [radio, ...listOf(checks)]) addQuestions(listOf(within(answer, 'classifications')), `${name}/`, found);
  }
}

/** The classes that were chosen. @throws RecordFault */
function answersTo(question: string, classifications: readonly Json[], outer: string): string[] {
  return classifications.flatMap((one) => {
    const name = `${outer}${written(within(one, 'name')) ?? ''}`;
    const radio = within(one, 'radio_answer');
    const answers = [...(radio == null ? [] : [radio]), ...listOf(within(one, 'checklist_answers'))];
    if (name !== question) return question.startsWith(`${name}/`) ? answers.flatMap((answer) => answersTo(question, listOf(within(answer, 'classifications')), `${name}/`)) : [];
    if (within(one, 'text_answer') !== undefined) throw notAClass(question, within(one, 'text_answer', 'content'));
    return answers.map((answer) => written(within(answer, 'value')) ?? written(within(answer, 'name')) ?? '');
  });
}
