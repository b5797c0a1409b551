import type pg from 'pg';
import { aggregate, classWarnings, type CostBounds, findMethod, methods, resolveOptions, runParameters, type ConfusablePair, type MethodOptions, type MethodResult, type Progress, type RunParameters, type VoteTable } from '../../aggregation/index.js';
import { readKnownGold, type KnownGold } from '../../gold/known-gold.js';
import { readKnownPriors, type KnownPriors } from '../../priors/known-priors.js';
import { readRunPredictions, type PinnedVersion } from './run-predictions.js';
import { foundColumns, foundOfRun, foundPairs, type FoundColumns } from '../results/found.js';
import { writeAnnotators, writeSoftLabels } from '../results/result-rows.js';
import type { FoundOfRun } from '../run.entity.js';
import type { RunLease } from '../runs.store.js';
import { Connection } from '../../platform/database/connection.js';
import { refuseCostly, sizeOf } from './run-cost.js';
import { VotesAt, type Keeping, type KeptTold } from '../snapshot/votes-at.js';

export interface RunTaskInput {
  url: string;
  lease: RunLease;
  methodId: string;
  /** 0 where no version could do as it is asked: the newest then says why. */
  methodVersion: number;
  options: MethodOptions;
  seed: number;
  makeCurrent: boolean;
  watermark: number;
  /** N, M and K. */
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  /** Null for methods that read none. */
  predictions: PinnedVersion[] | null;
  /** How many the kernel may use, the task's own included. */
  threads: number;
  /** What it may cost. */
  bounds: CostBounds;
  /** Where sorted votes are kept for the next run; null for nowhere. */
  keeping: Keeping | null;
  /** The channel on which the end is told. */
  channel: string;
}

/** What a run's thread tells: where it is, or of a phase that is over when that was, in ms of the epoch. */
export type RunTold = { progress: Progress } | { phase: string; from: number; to: number };

export interface RunDone {
  seconds: Record<string, number>;
  /** What became of kept votes; null of projects too small to keep any. */
  kept: KeptTold | null;
}

/** Progress goes out at most four times a second, and at each change of phase. */
const REPORT_MS = 250;

/**
 * The whole work of one run, on its own thread and connection: votes in, kernel, results out. The results, the run's end and
 * the project's new current run are one transaction, which rolls back where the fence is no longer the run's.
 */
export async function run(input: RunTaskInput, report: (told: RunTold) => void): Promise<RunDone> {
  const client = await Connection.open(input.url, 'assay run');
  try {
    const phases = new Phases(report);
    const { itemCount, annotatorCount, classCount } = input;
    const reader = new VotesAt(client, input.lease.projectId, input.watermark, { itemCount, annotatorCount, classCount }, input.keeping);
    await phases.time('snapshot', () => reader.read());
    const votes = await phases.time('sort', () => reader.sorted());
    const gold = await readKnownGold(client, input.lease.projectId, input.watermark, input.itemCount);
    const version = input.methodVersion || undefined;
    const method = findMethod(input.methodId, version);
    // A rule's run comes here with options that nobody has looked at since the method changed.
    const priors = await readKnownPriors(client, input.lease.projectId, input.watermark, input.annotatorCount, input.classCount);
    const readsPriors = method.reads.includes('prior-counts');
    refuseCostly(method, sizeOf(votes, input.predictions, readsPriors && priors != null), resolveOptions(method, input.options), input.bounds);
    const readsGold = method.reads.includes('gold');
    const predictions = input.predictions && await phases.time('predictions', () => readRunPredictions(client, input.lease.projectId, input.predictions!, input.watermark, votes));
    const result = await phases.time('aggregate', () => aggregate(votes, input.methodId, {
      version, options: input.options, seed: input.seed, threads: input.threads, onProgress: (progress) => phases.progress(progress),
      ...(readsGold && gold.count > 0 && { gold: gold.classes }),
      ...(readsPriors && priors && { priorCounts: priors.counts }),
      ...(predictions && { predictions: predictions.models }),
    }));
    if (predictions) result.diagnostics.warnings.push(...predictions.warnings);
    if (!readsGold && gold.count > 0) result.diagnostics.warnings.push(goldNotRead(input.methodId, gold));
    if (!readsPriors && priors) result.diagnostics.warnings.push(priorsNotRead(input.methodId, priors));
    result.diagnostics.warnings.push(...classWarnings(await classesOf(client, input.lease.projectId)));
    const parameters = parametersOf(votes, result);
    const [ofItems, ofAnnotators] = [foundColumns(method, result, 'item'), foundColumns(method, result, 'annotator')];
    await client.query('begin');
    await phases.time('store', async () => {
      await writeSoftLabels(client, input.lease, votes, result.posteriors, ofItems, readsGold ? gold.classes : null);
      await writeAnnotators(client, input.lease, votes, result, parameters?.confusion, ofAnnotators);
    });
    await phases.timed('publish', async () => {
      const read = { votes: votes.voteCount, gold: readsGold ? gold.count : null, priors: readsPriors ? priors?.count ?? 0 : null };
      await publish(client, input, result, parameters, read, { ...phases.seconds });
      await publishFindings(client, input.lease, ofItems, ofAnnotators, foundOfRun(method, result), foundPairs(result));
      await client.query('commit');
    });
    // What follows is for the next run: this one has ended, and nobody waits for it.
    const kept = await phases.timed('keep', () => reader.keep(votes));
    return { seconds: phases.seconds, kept };
  } finally {
    // Without a commit this rolls everything back.
    await client.end();
  }
}

async function classesOf(client: pg.Client, projectId: number): Promise<string[]> {
  const { rows } = await client.query<{ classes: string[] }>('select classes from projects where id = $1', [projectId]);
  return rows[0]!.classes;
}

function goldNotRead(methodId: string, { count }: KnownGold): string {
  const known = count === 1 ? 'the class of 1 item is' : `the classes of ${count} items are`;
  return `${methodId} does not read gold: ${known} known, and the soft labels follow from votes alone`;
}

function priorsNotRead(methodId: string, { count }: KnownPriors): string {
  const able = methods.filter(({ reads }) => reads.includes('prior-counts')).map(({ id }) => id);
  return `${methodId} reads no prior counts: what is known of ${count === 1 ? '1 annotator' : `${count} annotators`} beforehand did not count; these read it: ${able.join(', ')}`;
}

/** Numbers of matrices that a method without any may be given: 512 MB. */
const IMPLIED_NUMBERS = 2 ** 26;

/** What labels between runs are computed with; null where a method without matrices would need too many of them. */
function parametersOf(votes: VoteTable, result: MethodResult): RunParameters | null {
  const numbers = Math.min(votes.voteCount, votes.annotatorCount * votes.classCount) * votes.classCount;
  return result.confusion || numbers <= IMPLIED_NUMBERS ? runParameters(votes, result) : null;
}

/** @throws where another worker has the run, or somebody cancelled it. */
async function publish(
  client: pg.Client, input: RunTaskInput, { classPriors, confusion, diagnostics }: MethodResult, parameters: RunParameters | null,
  read: { votes: number; gold: number | null; priors: number | null }, seconds: object,
): Promise<void> {
  const { projectId, runId, fence } = input.lease;
  const { rowCount } = await client.query(
    `update runs set status = 'SUCCEEDED', lease_until = null, finished_at = clock_timestamp(), phase = 'done', iteration_done = null,
            iteration = $4, log_likelihood = $5, vote_count = $6, iterations = $4, converged = $7, ties = $8, trace = $9,
            warnings = $10, class_priors = $11, seconds = $12, confusion_implied = $13, pooled_labels = $14, pooled_values = $15, gold_count = $16, prior_count = $17,
            label_rows = false, label_blocks_since = clock_timestamp()
     where project_id = $1 and id = $2 and fence = $3 and status = 'RUNNING'`,
    [
      projectId, runId, fence, diagnostics.iterations, finiteOrNull(diagnostics.trace.at(-1)), read.votes, diagnostics.converged,
      diagnostics.ties, diagnostics.trace, diagnostics.warnings, arrayOrNull(parameters?.classPriors ?? classPriors), JSON.stringify(seconds),
      confusion == null, arrayOrNull(parameters?.pooled.labels), arrayOrNull(parameters?.pooled.values), read.gold, read.priors,
    ],
  );
  if (rowCount !== 1) throw Object.assign(new Error('the run is no longer this worker\'s'), { name: 'FenceError' });
  if (input.makeCurrent) {
    // A run that was asked for later stays current, though it may have been done earlier.
    await client.query(
      `update projects set current_run_id = $2 where id = $1 and (current_run_id is null or current_run_id < $2)`, [projectId, runId],
    );
  }
  await client.query('select pg_notify($1, $2)', [input.channel, JSON.stringify({ projectId, runId, status: 'SUCCEEDED' })]);
}

async function publishFindings(
  client: pg.Client, { projectId, runId }: RunLease, ofItems: FoundColumns | null, ofAnnotators: FoundColumns | null, ofRun: FoundOfRun | null, pairs: ConfusablePair[] | null,
): Promise<void> {
  if (!ofItems && !ofAnnotators && !ofRun) return;
  await client.query(
    `update runs set item_findings = $3, annotator_findings = $4, findings = $5, confusable_pairs = $6 where project_id = $1 and id = $2`,
    [projectId, runId, ofItems?.names ?? null, ofAnnotators?.names ?? null, ofRun && JSON.stringify(ofRun), pairs && JSON.stringify(pairs)],
  );
}

function arrayOrNull(values: ArrayLike<number> | undefined): number[] | null {
  return values ? Array.from(values) : null;
}

function finiteOrNull(value: number | undefined): number | null {
  return value != null && Number.isFinite(value) ? value : null;
}

/** Tells where the run is, not too often, and when each phase was, and keeps its seconds. */
class Phases {
  readonly seconds: Record<string, number> = {};
  private toldAt = -Infinity;
  private told = '';

  constructor(private readonly report: (told: RunTold) => void) {}

  async time<T>(phase: string, work: () => T | Promise<T>): Promise<T> {
    this.progress({ phase, iteration: 0 });
    return this.timed(phase, work);
  }

  /** Of what is not told while it is under way: publishing holds the run's row, on which its progress is written. */
  async timed<T>(phase: string, work: () => T | Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      const to = performance.now();
      this.seconds[phase] = Number(((to - from) / 1000).toFixed(3));
      this.report({ phase, from: performance.timeOrigin + from, to: performance.timeOrigin + to });
    }
  }

  progress(progress: Progress): void {
    const now = performance.now();
    if (progress.phase === this.told && now - this.toldAt < REPORT_MS) return;
    this.told = progress.phase;
    this.toldAt = now;
    this.report({ progress });
  }
}
