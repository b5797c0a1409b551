import type { KeyedOptions } from './assay.js';
import { type Batch, batchesOf, ROWS_PER_CALL, type Rows } from './batches.js';
import { AssayError } from './errors.js';
import type { Project } from './project.js';
import type { RowKind } from './row-check.js';
import { emptyResult, type Rejected, resultOfUpload, type RowsResult } from './rows-result.js';
import type { GoldInput, Json, PredictionInput, VoteInput, VoteStatus, VoteStatusCounts } from './schema.js';
import { newKey, parameters } from './service.js';

export type Vote = Omit<VoteInput, 'time'> & { time?: Date | string | null };
export interface ItemRow { item: string; payload?: Json }
export type GoldRow = GoldInput;
export type PredictionRow = PredictionInput;

export interface SubmitOptions extends KeyedOptions {
  /** Rows of one call: 10,000, the most that the service takes. */
  rowsPerCall?: number;
}

export interface RowsOptions extends SubmitOptions {
  /** At the end, where rows were rejected: an AssayError of ROWS_REJECTED ('throw', where nothing is said), or only their list. */
  onRejected?: 'throw' | 'collect';
}

export interface VersionOptions {
  model: string;
  version: string;
  /** Whether the model had not seen the items it predicts. */
  outOfSample?: boolean;
  /** The watermark of the run that it was trained on. */
  trainingWatermark?: string | number;
  /** False while more of this version is to come. */
  complete?: boolean;
}

/** What became of one row. */
export interface RowResult<Row> {
  index: number;
  row: Row;
  status: VoteStatus;
  code: string | null;
  message: string | null;
}

interface VotesAnswer {
  replayed: boolean;
  warnings: string[];
  counts: VoteStatusCounts;
  results: { index: number; status: VoteStatus; code: string | null; message: string | null }[];
}

const votesDocument = (only: string) => `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) {
  replayed warnings counts { created superseded duplicate rejected } results${only} { index status code message } } }`;

/** One result a row, in the order of the rows, while they are read: no more than one call's rows are held. */
export async function* streamVotes<Row extends Vote>(project: Project, rows: Rows<Row>, options: SubmitOptions): AsyncGenerator<RowResult<Row>> {
  for await (const { batch, answer } of sentVotes(project, rows, options, votesDocument(''))) {
    const results = answer?.results ?? [];
    let told = 0;
    for (const [place, row] of batch.rows.entries()) {
      const fault = batch.faults.get(place);
      const { status, code, message } = fault ? { status: 'REJECTED' as const, ...fault } : results[told++]!;
      yield { index: batch.first + place, row, status, code, message };
    }
  }
}

export async function submitVotes<Row extends Vote>(project: Project, rows: Rows<Row>, options: RowsOptions): Promise<RowsResult<Row>> {
  const result = emptyResult<Row>();
  for await (const { batch, answer } of sentVotes(project, rows, options, votesDocument('(only: [REJECTED])'), result)) {
    count(result, batch, answer?.results ?? []);
    if (!answer) continue;
    for (const name of ['created', 'superseded', 'duplicate'] as const) result[name] += answer.counts[name];
    warn(result, answer.warnings);
    result.replayed += Number(answer.replayed);
  }
  return thrownOrGiven(result, options.onRejected);
}

async function* sentVotes<Row extends Vote>(
  project: Project, rows: Rows<Row>, options: SubmitOptions, document: string, result?: RowsResult<Row>,
): AsyncGenerator<{ batch: Batch<Row>; answer: VotesAnswer | null }> {
  const prefix = options.idempotencyKey ?? newKey();
  for await (const batch of batchesOf(rows, 'VoteInput', rowsPerCall(options), false)) {
    options.signal?.throwIfAborted();
    if (batch.texts.length === 0) {
      yield { batch, answer: null };
      continue;
    }
    const variables = `{"input":{"projectId":${JSON.stringify(project.id)},"votes":[${batch.texts.join(',')}]}}`;
    const data = await telling(project.assay.service.graphql({ document, variables, mayRepeat: true, key: `${prefix}.${batch.number}`, signal: options.signal }), prefix, result);
    yield { batch, answer: (data as { submitVotes: VotesAnswer }).submitVotes };
  }
}

/** By the route of files, which heeds an idempotency key for all kinds of rows, in calls of up to 10,000 rows, a line each. */
export async function submitRows<Row>(
  project: Project, table: 'items' | 'gold' | 'predictions', kind: RowKind, rows: Rows<Row>, options: RowsOptions, version?: VersionOptions,
): Promise<RowsResult<Row>> {
  const result = emptyResult<Row>();
  const prefix = options.idempotencyKey ?? newKey();
  for await (const batch of batchesOf(rows, kind, rowsPerCall(options), version !== undefined)) {
    options.signal?.throwIfAborted();
    if (batch.texts.length === 0) {
      count(result, batch, []);
      continue;
    }
    const choices = version ? versionParameters({ ...version, complete: (version.complete ?? true) && batch.isLast }) : {};
    const answer = await telling(project.assay.service.route({
      method: 'POST', target: project.target(table + parameters({ format: 'ndjson', ...choices })), headers: { 'content-type': 'application/x-ndjson' },
      body: batch.texts.map((text) => `${text}\n`).join(''), mayRepeat: true, key: `${prefix}.${batch.number}`, signal: options.signal,
    }), prefix, result);
    const told = resultOfUpload(answer);
    count(result, batch, told.rejected.map(({ line, code, message }) => ({ index: line! - 1, code, message })));
    for (const name of ['created', 'updated', 'unchanged', 'replayed'] as const) result[name] += told[name];
    warn(result, told.warnings);
  }
  return thrownOrGiven(result, options.onRejected);
}

export function versionParameters({ model, version, outOfSample, trainingWatermark, complete = true }: VersionOptions) {
  return { model, version, outOfSample, trainingWatermark, complete };
}

/** @throws AssayError of ROWS_REJECTED */
export function thrownOrGiven<Row>(result: RowsResult<Row>, onRejected: RowsOptions['onRejected'] = 'throw'): RowsResult<Row> {
  if (onRejected === 'collect' || result.rejectedCount === 0) return result;
  const first = result.rejected[0];
  const place = first?.index !== undefined ? `row ${first.index}` : first?.line !== undefined ? `line ${first.line}` : first?.at ?? 'a row';
  throw new AssayError(`${result.rejectedCount} of ${result.rows} rows are rejected, the others are stored; the first, ${place}: ${first?.message} (${first?.code})`, { code: 'ROWS_REJECTED', result });
}

function rowsPerCall({ rowsPerCall: asked = ROWS_PER_CALL }: SubmitOptions): number {
  if (!Number.isInteger(asked) || asked < 1 || asked > ROWS_PER_CALL) throw new TypeError(`rowsPerCall is ${asked}; it is 1 to ${ROWS_PER_CALL}`);
  return asked;
}

/** Counts the rows of a batch, and notes those that are rejected in their order. */
function count<Row>(result: RowsResult<Row>, batch: Batch<Row>, told: { index: number; code: string | null; message: string | null }[]): void {
  result.rows += batch.rows.length;
  const rejected: { place: number; code: string; message: string }[] = [
    ...[...batch.faults].map(([place, { code, message }]) => ({ place, code, message })),
    ...told.map(({ index, code, message }) => ({ place: batch.places[index]!, code: code ?? '', message: message ?? '' })),
  ].sort((one, other) => one.place - other.place);
  result.rejectedCount += rejected.length;
  for (const { place, code, message } of rejected) result.rejected.push({ code, message, index: batch.first + place, row: batch.rows[place]! } satisfies Rejected<Row>);
}

function warn(result: RowsResult<unknown>, warnings: string[]): void {
  for (const warning of warnings) if (!result.warnings.includes(warning)) result.warnings.push(warning);
}

/** An error of one of several calls tells what became of the rows before, and under which key all may be sent again. */
async function telling<T>(call: Promise<T>, key: string, result?: RowsResult<unknown>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AssayError) {
      if (result) error.result = result;
      if (error.idempotencyKey !== undefined) error.idempotencyKey = key;
    }
    throw error;
  }
}
