import type pg from 'pg';
import { endWithThread } from '../../platform/database/cancellable-client.js';
import { betaQuantile, bestClass, calibration, sampledShare, tiedClasses } from '../../aggregation/index.js';
import { readCopy, sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { Connection } from '../../platform/database/connection.js';
import { Prepared } from '../../platform/database/prepared.js';
import { labelsReady } from '../../results/old-rows.js';
import { readLabels } from '../../results/stored-labels.js';
import type { ConsensusAccuracy, GoldEvaluation } from './gold-evaluation.js';

export interface EvaluationTask {
  url: string;
  projectId: number;
  runId: number;
  classCount: number;
  /** Up to which the run was given gold; null where it was given none. */
  goldWatermark: number | null;
  /** Whose items are compared; all with gold where null. */
  sampleId: number | null;
}

/** Relative: classes this close are as probable, as everywhere. */
const TIE = 1e-9;

/** Soft labels that are read at once. */
const CHUNK = 10_000;

/** What is compared: soft labels, and what they should be. */
interface Compared {
  /** T x K. */
  posteriors: Float64Array;
  /** T class indices. */
  gold: Int32Array;
  /** T chances of being drawn; null without a sample. */
  probabilities: Float64Array | null;
}

/** On a thread and a connection of its own: there may be as many gold answers as items. */
export async function run(task: EvaluationTask): Promise<Omit<GoldEvaluation, 'runId'>> {
  const client = await Connection.open(task.url, 'assay gold evaluation');
  try {
    await endWithThread(client);
    await labelsReady(Prepared.by(client), task.url, task);
    await client.query('begin isolation level repeatable read, read only');
    return await evaluate(client, task);
  } finally {
    await client.end();
  }
}

async function evaluate(client: pg.Client, { projectId, runId, classCount: K, goldWatermark, sampleId }: EvaluationTask): Promise<Omit<GoldEvaluation, 'runId'>> {
  const project = sqlInteger(projectId);
  const drawn = sampleId == null ? null : await readMap(client, `select item_code, probability from gold_sample_items where project_id = ${project} and sample_id = ${sqlInteger(sampleId)}`, 'float8');
  const standing = await readMap(client, `select item_code, class_index::int4 from gold_answers where project_id = ${project} and ended_seq is null order by item_code`, 'int4');
  const given = goldWatermark == null ? new Map<number, number>() : await readMap(client, `
    select item_code, class_index::int4 from gold_answers
    where project_id = ${project} and seq <= ${sqlInteger(goldWatermark)} and (ended_seq is null or ended_seq > ${sqlInteger(goldWatermark)})`, 'int4');
  const known = [...standing.keys()].filter((item) => !drawn || drawn.has(item));
  const unseen = known.filter((item) => !given.has(item));

  const posteriors = new Float64Array(unseen.length * K);
  const compared: number[] = [];
  for (let from = 0; from < unseen.length; from += CHUNK) {
    const chunk = unseen.slice(from, from + CHUNK);
    const labels = await readLabels(Prepared.by(client), { projectId, runId }, K, chunk);
    for (const item of chunk) {
      const label = labels.get(item);
      if (label) posteriors.set(label.probabilities, compared.push(item) * K - K);
    }
  }
  const scores = compared.length === 0 ? null : scoresOf({
    posteriors: posteriors.subarray(0, compared.length * K),
    gold: Int32Array.from(compared, (item) => standing.get(item)!),
    probabilities: drawn && Float64Array.from(compared, (item) => drawn.get(item)!),
  }, K);
  return { items: compared.length, clamped: known.length - unseen.length, unlabelled: unseen.length - compared.length, scores };
}

function scoresOf(compared: Compared, K: number): GoldEvaluation['scores'] {
  const { brier, nll, ece, bins } = calibration(compared.posteriors, K, compared.gold);
  const orNull = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    accuracy: accuracyOf(compared, K), brier, logLoss: nll, ece,
    bins: bins.map(({ low, high, items, confidence, accuracy }) => ({ low, high, items, confidence: orNull(confidence), accuracy: orNull(accuracy) })),
  };
}

function accuracyOf({ posteriors, gold, probabilities }: Compared, K: number): ConsensusAccuracy {
  const hits = Float64Array.from(gold, (answer, row) => {
    const best = posteriors[row * K + bestClass(posteriors, row * K, K)]!;
    return posteriors[row * K + answer]! >= best * (1 - TIE) ? 1 / tiedClasses(posteriors, row * K, K) : 0;
  });
  if (probabilities) {
    const { value, low, high } = sampledShare(hits, probabilities);
    return { value, low, high };
  }
  const right = hits.reduce((sum, hit) => sum + hit, 0);
  const wrong = gold.length - right;
  return { value: right / gold.length, low: betaQuantile(0.025, 1 + right, 1 + wrong), high: betaQuantile(0.975, 1 + right, 1 + wrong) };
}

/** By item code. */
async function readMap(client: pg.Client, query: string, type: 'int4' | 'float8'): Promise<Map<number, number>> {
  const values = new Map<number, number>();
  for await (const rows of readCopy(client, query)) {
    while (rows.next()) {
      const item = rows.int4();
      values.set(item, rows[type]());
    }
  }
  return values;
}
