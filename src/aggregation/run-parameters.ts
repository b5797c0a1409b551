import { confusionRows } from './kernels/confusion-rows.js';
import { addCounts, SPARSE_ABOVE, NEGLIGIBLE } from './kernels/pass.js';
import type { ConfusionMatrices, MethodResult } from './method.js';
import type { VoteTable } from './vote-table.js';

/** Expected counts are raised to this, as in Dawid-Skene. */
const LEAST_COUNT = 1e-10;

/** What a run learnt that outlives it: enough to score items and to move posteriors as votes come in. */
export interface RunParameters {
  /** K numbers that sum to 1. */
  classPriors: Float64Array;
  confusion: ConfusionMatrices;
  /** One matrix over all votes, as if one annotator had given them: stands in for annotators the run did not know. */
  pooled: ConfusionMatrices;
}

/**
 * The parameters of a finished run. A method without confusion matrices or class priors gets the ones its posteriors
 * imply (one M step of Dawid-Skene). O(votes x K); memory of 8 bytes x K for each (annotator, class used).
 */
export function runParameters(votes: VoteTable, result: Pick<MethodResult, 'posteriors' | 'confusion' | 'classPriors'>): RunParameters {
  const K = votes.classCount;
  const counts = expectedCounts(votes, result.posteriors);
  const pooled = pool(counts, K);
  columnsToProbabilities(pooled, K);
  if (!result.confusion) columnsToProbabilities(counts, K);
  return { classPriors: result.classPriors ?? meanOfVoted(votes, result.posteriors), confusion: result.confusion ?? counts, pooled };
}

/**
 * The shapes that scoring and live posteriors take for granted.
 * @throws TypeError naming the part, its length and what it must be
 */
export function checkParameters({ classPriors, confusion, pooled }: RunParameters, K: number): void {
  if (classPriors.length !== K) throw new TypeError(`classPriors has ${classPriors.length} numbers; it must have one a class, ${K}`);
  if (pooled.offsets.length !== 2) throw new TypeError(`the pooled confusion covers ${pooled.offsets.length - 1} annotators; it must cover 1`);
  for (const [name, { offsets, labels, values }] of Object.entries({ confusion, pooled })) {
    if (offsets[0] !== 0 || offsets[offsets.length - 1] !== labels.length) throw new TypeError(`${name}: offsets must run from 0 to ${labels.length}, the number of rows`);
    if (values.length !== labels.length * K) throw new TypeError(`${name} has ${values.length} values; it must have ${labels.length} x ${K} = ${labels.length * K}`);
  }
}

/** For each annotator, class used and true class, the expected number of votes. */
function expectedCounts(votes: VoteTable, posteriors: Float64Array): ConfusionMatrices {
  const { itemCount, classCount: K, itemOffsets } = votes;
  const rows = confusionRows(votes);
  const values = new Float64Array(rows.labels.length * K);
  // Members of a candidate set share its votes evenly.
  const evenly = rows.sets ? new Float64Array(values.length).fill(1) : values;
  const least = K > SPARSE_ABOVE ? NEGLIGIBLE : 0;
  for (let item = 0; item < itemCount; item++) {
    addCounts(rows, evenly, itemOffsets[item]!, itemOffsets[item + 1]!, posteriors, item * K, K, values, least);
  }
  return { offsets: rows.offsets, labels: rows.labels, values };
}

/** The matrices of all annotators added up, over the classes any of them used. */
function pool({ labels, values }: ConfusionMatrices, K: number): ConfusionMatrices {
  const used = new Int32Array(K);
  for (let row = 0; row < labels.length; row++) used[labels[row]!] = 1;
  const pooledLabels = Int32Array.from(Array.from(used.keys()).filter((k) => used[k]));
  pooledLabels.forEach((k, row) => (used[k] = row));
  const sums = new Float64Array(pooledLabels.length * K);
  for (let row = 0; row < labels.length; row++) {
    const into = used[labels[row]!]! * K;
    for (let k = 0; k < K; k++) sums[into + k]! += values[row * K + k]!;
  }
  return { offsets: Int32Array.of(0, pooledLabels.length), labels: pooledLabels, values: sums };
}

/** Each annotator's counts are divided by their sum for each true class; a class never met is uniform over those used. */
function columnsToProbabilities({ offsets, values }: ConfusionMatrices, K: number): void {
  const totals = new Float64Array(K);
  for (let annotator = 0; annotator + 1 < offsets.length; annotator++) {
    const first = offsets[annotator]! * K;
    const last = offsets[annotator + 1]! * K;
    totals.fill(0);
    for (let row = first; row < last; row += K) {
      for (let k = 0; k < K; k++) totals[k]! += values[row + k] = Math.max(LEAST_COUNT, values[row + k]!);
    }
    for (let row = first; row < last; row += K) for (let k = 0; k < K; k++) values[row + k]! /= totals[k]!;
  }
}

/** Mean posterior of the items with votes; uniform without any. */
function meanOfVoted({ itemCount, classCount: K, itemOffsets }: VoteTable, posteriors: Float64Array): Float64Array {
  const sums = new Float64Array(K);
  let voted = 0;
  for (let item = 0; item < itemCount; item++) {
    if (itemOffsets[item] === itemOffsets[item + 1]) continue;
    voted++;
    for (let k = 0; k < K; k++) sums[k]! += posteriors[item * K + k]!;
  }
  return voted > 0 ? sums.map((sum) => sum / voted) : sums.fill(1 / K);
}
