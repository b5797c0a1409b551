import { notAClass, oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import type { Fates } from '../foreign/fates.js';
import { type Json, listOf, parseJson, plainMembers, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';
import { JsonFault } from '../text/json-cursor.js';
import { momentIn } from '../text/moment.js';

const needed = ['classification_id', 'workflow_id', 'annotations', 'subject_ids'];
/** What the platform writes where an answer is not among those of the workflow. */
const unknownAnswer = 'unknown answer label';

export const zooniverse: Platform = {
  id: 'zooniverse',
  title: 'Zooniverse',
  files: 'CSV of classifications',
  forms: ['table'],
  table: { known: /^(classification_id|user_name|user_id|workflow_id|annotations|subject_ids|metadata|created_at)$/ },
  heeds: ['question', 'workflow', 'emptyClass', 'subjects', 'liveOnly'],
  recognises: (beginning) => beginning.form === 'table' && needed.every((name) => beginning.columns.includes(name)),
  open: (options) => new ZooniverseReader(options),
};

class ZooniverseReader implements PlatformReader {
  /** Tasks whose answers are classes, of each workflow. */
  private readonly tasks = new Map<string, Set<string>>();
  private workflow = '';
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  look(record: ForeignRecord): void {
    if (record.kind !== 'row') return;
    const workflow = record.row.cell('workflow_id');
    const tasks = this.tasks.get(workflow) ?? new Set<string>();
    this.tasks.set(workflow, tasks);
    try {
      for (const annotation of annotationsIn(record.row)) {
        const task = written(within(annotation, 'task'));
        const value = within(annotation, 'value');
        if (task !== null && (typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string' || within(one, 'choice') !== undefined)))) tasks.add(task);
      }
    } catch (fault) {
      // Told when the record is read.
      if (!(fault instanceof RecordFault)) throw fault;
    }
  }

  choose(): void {
    this.workflow = chosen('workflow', this.tasks.keys(), this.options.workflow);
    this.question = chosen('question', this.tasks.get(this.workflow)!, this.options.question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    if (row.cell('workflow_id') !== this.workflow) return fates.note('classifications of other workflows are left out');
    const metadata = jsonIn(row, 'metadata');
    const isLive = within(metadata, 'live_project') !== false;
    if (!isLive && this.options.liveOnly) return fates.pass(at, 'NOT_LIVE');
    if (!isLive) fates.note('classifications from before the launch are read; --live-only passes them over');
    const subjects = row.cell('subject_ids');
    const item = subjects === '' ? null : subjects;
    if (subjects.includes(';') && this.options.subjects !== 'joined') {
      throw new RecordFault('SEVERAL_SUBJECTS', `the answer is on ${subjects.split(';').length} subjects together, ${quoted(subjects)}; --subjects joined takes them as one item`);
    }
    fates.item({ at, item, payload: { ...plainMembers(within(jsonIn(row, 'subject_data'), subjects)), zooniverse: { subject: subjects, workflow: this.workflow } } });
    const answer = this.answerIn(row);
    const id = row.cell('classification_id');
    if (/^(true|t|1)$/i.test(row.cell('gold_standard')) && this.options.gold !== 'ignore') {
      if (answer === null) return fates.pass(at, 'NO_ANSWER');
      return fates.gold({ at, item, class: answer, reason: `gold standard classification ${id}` });
    }
    const started = written(within(metadata, 'started_at'));
    const finished = written(within(metadata, 'finished_at'));
    voteOrPass(fates, {
      at, item, annotator: annotatorOf(row, metadata, fates), time: row.cell('created_at') || null, voteId: id === '' ? null : `zooniverse:${id}`,
      durationMs: started !== null && finished !== null ? durationOf(started, finished) : null, guidelineVersion: row.cell('workflow_version') || null,
    }, answer);
  }

  /** @throws RecordFault */
  private answerIn(row: Row): string | null {
    const { question } = this;
    const answered = annotationsIn(row).filter((annotation) => written(within(annotation, 'task')) === question);
    return oneOf(question, answered.flatMap((annotation) => {
      const value = within(annotation, 'value');
      if (value == null) return [];
      if (Array.isArray(value) && value.length === 0) return this.options.emptyClass === undefined ? [] : [this.options.emptyClass];
      return (Array.isArray(value) ? value : [value]).map((one) => {
        const label = typeof one === 'string' ? one : written(within(one, 'choice'));
        if (label === null || label === unknownAnswer || label === '') throw notAClass(question, value);
        return label;
      });
    }));
  }
}

/** Who is logged in has a number; else the session is what stays from export to export. */
function annotatorOf(row: Row, metadata: Json, fates: Fates): string | null {
  const user = row.cell('user_id');
  if (user !== '') return user;
  const session = written(within(metadata, 'session'));
  if (session !== null) return `session:${session}`;
  fates.note('some people who were not logged in have no session: their names are new in every export');
  return row.cell('user_name') || null;
}

/** Left out where the client's clock went back. */
function durationOf(started: string, finished: string): number | null {
  const duration = momentIn(finished) - momentIn(started);
  return duration >= 0 ? duration : null;
}

/** Answers to tasks, those of combined tasks too. @throws RecordFault */
function annotationsIn(row: Row): Json[] {
  return listOf(jsonIn(row, 'annotations')).flatMap((annotation) => {
    const parts = listOf(within(annotation, 'value')).filter((one) => within(one, 'task') !== undefined);
    return parts.length > 0 ? parts : [annotation];
  });
}

/** @throws RecordFault */
function jsonIn(row: Row, name: string): Json {
  const text = row.cell(name);
  try {
    return text === '' ? null : parseJson(text);
  } catch (fault) {
    if (fault instanceof JsonFault) throw new RecordFault(fault.code, `${name} ${quoted(text)} is not JSON: ${fault.message}`);
    throw fault;
  }
}
