import type { Assay, CallOptions, KeyedOptions } from './assay.js';
import type { Rows } from './batches.js';
import { Download, type DownloadOptions, type DownloadTable } from './download.js';
import { changeLeases, type LeaseLike, nextItems, type NextItemsOptions } from './labelling.js';
import * as results from './results.js';
import type { RowsResult } from './rows-result.js';
import { Run, type RunFacts, runFields } from './run.js';
import type * as Schema from './schema.js';
import {
  type GoldRow, type ItemRow, type PredictionRow, type RowResult, type RowsOptions, streamVotes, type SubmitOptions, submitRows, submitVotes, type VersionOptions, versionParameters, type Vote,
} from './submitting.js';
import { type FileSource, upload, type UploadOptions, type UploadVotesOptions } from './uploading.js';

export const projectFields = 'id name classes createdAt archivedAt';
export type ProjectFacts = Pick<Schema.Project, 'id' | 'name' | 'classes' | 'createdAt' | 'archivedAt'>;

/** A project of the service. `facts` is what was told when the handle was made. */
export class Project {
  constructor(
    readonly assay: Assay,
    readonly facts: ProjectFacts,
    /** Of createProject: classes that are easily taken for each other. */
    readonly warnings: string[] = [],
  ) {}

  get id(): string {
    return this.facts.id;
  }

  get name(): string {
    return this.facts.name;
  }

  get classes(): string[] {
    return this.facts.classes;
  }

  /** Where its routes are. @internal */
  target(rest: string): string {
    return `/projects/${encodeURIComponent(this.id)}/${rest}`;
  }

  /**
   * Votes of any iterable, also one that is read while it is sent, in calls of up to 10,000, each under an idempotency key of its own: one that is sent again counts nothing twice.
   * Rejected rows keep no other from being stored. @throws AssayError of ROWS_REJECTED at the end, unless they are collected
   */
  submitVotes<Row extends Vote>(rows: Rows<Row>, options: RowsOptions = {}): Promise<RowsResult<Row>> {
    return submitVotes(this, rows, options);
  }

  /** As submitVotes; gives one result a row, in the order of the rows, while they are read. */
  streamVotes<Row extends Vote>(rows: Rows<Row>, options: SubmitOptions = {}): AsyncGenerator<RowResult<Row>> {
    return streamVotes(this, rows, options);
  }

  /** Up to 10,000, each by `{ voteId }` or `{ item, annotator }`. */
  async withdrawVotes(votes: Schema.VoteReference[], options: KeyedOptions = {}): Promise<Schema.WithdrawalResult[]> {
    const document = 'mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { index status code message } } }';
    return (await this.assay.query<Pick<Schema.Mutation, 'withdrawVotes'>>(document, { input: { projectId: this.id, votes } }, options)).withdrawVotes.results;
  }

  /** Items that are there stay as they are (`unchanged`). */
  addItems<Row extends ItemRow>(rows: Rows<Row>, options: RowsOptions = {}): Promise<RowsResult<Row>> {
    return submitRows(this, 'items', 'ItemInput', rows, options);
  }

  /** Needs project:admin. */
  setGold<Row extends GoldRow>(rows: Rows<Row>, options: RowsOptions = {}): Promise<RowsResult<Row>> {
    return submitRows(this, 'gold', 'GoldInput', rows, options);
  }

  /** The answers of up to 10,000 items. */
  async removeGold(items: string[], options: KeyedOptions = {}): Promise<Schema.RowResult[]> {
    const document = 'mutation ($input: RemoveGoldInput!) { removeGold(input: $input) { results { index status code message } } }';
    return (await this.assay.query<Pick<Schema.Mutation, 'removeGold'>>(document, { input: { projectId: this.id, rows: items } }, options)).removeGold.results;
  }

  /** The version is complete with the last of the rows. */
  submitPredictions<Row extends PredictionRow>(rows: Rows<Row>, { model, version, outOfSample, trainingWatermark, complete, ...options }: RowsOptions & VersionOptions): Promise<RowsResult<Row>> {
    return submitRows(this, 'predictions', 'PredictionInput', rows, options, { model, version, outOfSample, trainingWatermark, complete });
  }

  /** A file of votes: CSV, NDJSON (both plain or gzip) or Parquet, or one of another platform; a stream is never held as a whole. @throws AssayError, of ROWS_REJECTED as submitVotes */
  uploadVotes(file: FileSource, options: UploadVotesOptions = {}): Promise<RowsResult<never>> {
    return upload(this, 'votes', file, options);
  }

  /** Columns `item` and `payload`. */
  uploadItems(file: FileSource, options: UploadOptions = {}): Promise<RowsResult<never>> {
    return upload(this, 'items', file, options);
  }

  /** Columns `item`, `class` and `reason`; needs project:admin. */
  uploadGold(file: FileSource, options: UploadOptions = {}): Promise<RowsResult<never>> {
    return upload(this, 'gold', file, options);
  }

  /** Columns `item` and `p_<class>` for each class, or `probabilities`. */
  uploadPredictions(file: FileSource, options: UploadOptions & VersionOptions): Promise<RowsResult<never>> {
    return upload(this, 'predictions', file, options, versionParameters(options));
  }

  /** By the project's default method where none is named. */
  async startRun({ idempotencyKey, signal, ...input }: Omit<Schema.StartRunInput, 'projectId' | 'idempotencyKey'> & KeyedOptions = {}): Promise<Run> {
    const data = await this.assay.query<{ startRun: { run: RunFacts } }>(
      `mutation ($input: StartRunInput!) { startRun(input: $input) { run { ${runFields} } } }`, { input: { projectId: this.id, ...input } }, { idempotencyKey, signal },
    );
    return new Run(this.assay, data.startRun.run);
  }

  async run(id: string, options: CallOptions = {}): Promise<Run> {
    return new Run(this.assay, (await this.assay.query<{ run: RunFacts }>(`query ($id: ID!) { run(id: $id) { ${runFields} } }`, { id }, options)).run);
  }

  /** The run whose results the project shows; null before the first has succeeded. */
  async currentRun(options: CallOptions = {}): Promise<Run | null> {
    const { project } = await this.assay.query<{ project: { currentRun: RunFacts | null } }>(`query ($id: ID!) { project(id: $id) { currentRun { ${runFields} } } }`, { id: this.id }, options);
    return project.currentRun && new Run(this.assay, project.currentRun);
  }

  /** Of a run, page by page while they are used. For all of a large project `rows('soft-labels')` is faster. */
  softLabels(options: results.SoftLabelsOptions = {}): AsyncGenerator<results.SoftLabel> {
    return results.softLabels(this, 'softLabels', options);
  }

  /** As they are now: the labels of items whose votes or gold answers changed after the current run read them. */
  liveSoftLabels(options: results.PageOptions = {}): AsyncGenerator<results.SoftLabel> {
    return results.softLabels(this, 'liveSoftLabels', options);
  }

  annotators(options: results.PageOptions & { status?: Schema.AnnotatorStatus } = {}): AsyncGenerator<results.AnnotatorFacts> {
    return results.annotators(this, options);
  }

  items(options: results.PageOptions = {}): AsyncGenerator<results.ItemFacts> {
    return results.items(this, options);
  }

  /** The whole log in the order of writing, ended votes included: `state` tells which stand. `rows('votes')` gives those that do, and faster. */
  votes(options: results.PageOptions = {}): AsyncGenerator<results.VoteFacts> {
    return results.votes(this, options);
  }

  /** A table as a file, CSV where nothing is said: `for await` gives its bytes, `stream()` a ReadableStream. */
  download(table: DownloadTable, options: DownloadOptions = {}): Download {
    return new Download(this, table, options);
  }

  /** The rows of a table, as they come. */
  rows<Row = Record<string, Schema.Json>>(table: DownloadTable, options: Omit<DownloadOptions, 'format'> = {}): AsyncGenerator<Row> {
    return this.download(table, { ...options, format: 'ndjson' }).rows<Row>();
  }

  /** What this annotator should label next, leased to them; `empty` tells why there are fewer than were asked for, and when to ask again. */
  nextItems(annotator: string, options: NextItemsOptions = {}): Promise<Schema.NextItemsPayload> {
    return nextItems(this, annotator, options);
  }

  /** Keeps leases alive while the annotator works. */
  heartbeat(annotator: string, leases: Iterable<LeaseLike>, options: CallOptions & { leaseSeconds?: number } = {}): Promise<Schema.LeaseResult[]> {
    return changeLeases(this, 'heartbeat', annotator, leases, options);
  }

  /** Gives items back. */
  release(annotator: string, leases: Iterable<LeaseLike>, options: CallOptions = {}): Promise<Schema.LeaseResult[]> {
    return changeLeases(this, 'releaseItems', annotator, leases, options);
  }

  /** Gives items back with a SKIP of the annotator, to whom they are not given again. */
  skip(annotator: string, leases: Iterable<LeaseLike>, options: CallOptions = {}): Promise<Schema.LeaseResult[]> {
    return changeLeases(this, 'skipItems', annotator, leases, options);
  }
}
