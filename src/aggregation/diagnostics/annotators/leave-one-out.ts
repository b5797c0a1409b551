import { LEAST_PRIOR } from '../../kernels/pass.js';
import type { ConfusionMatrices } from '../../method.js';
import { checkParameters, type RunParameters } from '../../run-parameters.js';
import { annotatorOfVotes, byItem, type VoteSequence } from './vote-sequence.js';

/** exp of less adds nothing to a sum that has 1 in it. */
const NEGLIGIBLE_LOG = -38;

/**
 * Visits every vote with what all other annotators say of its item: K probabilities that sum to 1, p(k) proportional to
 * prior(k) x the chance of each of their votes under true class k (one E step of Dawid-Skene without the annotator). Where
 * nobody else voted this is the class prior; on an item with a known answer it is that answer. Annotators that the
 * run did not know, and first votes for a class, are read through the pooled confusion, as in `livePosteriors`.
 * O(V x K), 16 bytes a vote.
 * @param gold N classes, -1 where unknown
 * @param visit gets the vote's place in the sequence and the probabilities, which hold until the next call
 */
export function leaveOneOut(votes: VoteSequence, parameters: RunParameters, gold: Int32Array | undefined, visit: (vote: number, others: Float64Array) => void): void {
  const { itemCount, classCount: K } = votes;
  checkParameters(parameters, K);
  if (gold && gold.length !== itemCount) throw new TypeError(`gold has ${gold.length} entries; it must have one an item, ${itemCount}`);
  const { itemOffsets, places } = byItem(votes);
  const logs = voteLogs(votes, parameters);
  const logPriors = parameters.classPriors.map((prior) => Math.log(Math.max(LEAST_PRIOR, prior)));
  const annotatorOf = annotatorOfVotes(votes);
  const sums = new Float64Array(K);
  const others = new Float64Array(K);
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    const known = gold ? gold[item]! : -1;
    if (known >= 0) {
      others.fill(0);
      others[known] = 1;
      for (let at = first; at < last; at++) visit(places[at]!, others);
      continue;
    }
    sums.set(logPriors);
    for (let at = first; at < last; at++) {
      const start = logs.starts[places[at]!]!;
      if (start >= 0) for (let k = 0; k < K; k++) sums[k]! += logs.values[start + k]!;
    }
    // An item's votes lie in the order of annotators, so that repeats of one lie together.
    for (let at = first, next = first; at < last; at = next) {
      const annotator = annotatorOf[places[at]!]!;
      others.set(sums);
      for (; next < last && annotatorOf[places[next]!] === annotator; next++) {
        const start = logs.starts[places[next]!]!;
        if (start >= 0) for (let k = 0; k < K; k++) others[k]! -= logs.values[start + k]!;
      }
      softmax(others);
      for (let own = at; own < next; own++) visit(places[own]!, others);
    }
  }
}

/** In place, from logs to probabilities. */
function softmax(logs: Float64Array): void {
  const K = logs.length;
  let most = -Infinity;
  for (let k = 0; k < K; k++) if (logs[k]! > most) most = logs[k]!;
  let total = 0;
  for (let k = 0; k < K; k++) {
    const log = logs[k]! - most;
    total += logs[k] = log > NEGLIGIBLE_LOG ? Math.exp(log) : 0;
  }
  for (let k = 0; k < K; k++) logs[k]! /= total;
}

/** For each vote, where K logs of its chance under each true class begin; -1 where nothing is known of such a vote. */
function voteLogs({ annotatorCount, classCount: K, offsets, classes }: VoteSequence, { confusion, pooled }: RunParameters): { values: Float64Array; starts: Int32Array } {
  const own = confusion.values.length;
  const values = new Float64Array(own + pooled.values.length);
  for (let i = 0; i < own; i++) values[i] = logOf(confusion.values[i]!);
  for (let i = 0; i < pooled.values.length; i++) values[own + i] = logOf(pooled.values[i]!);
  const pooledStart = new Int32Array(K).fill(-1);
  pooled.labels.forEach((label, row) => (pooledStart[label] = own + row * K));

  const starts = new Int32Array(classes.length);
  const start = pooledStart.slice();
  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    const [first, last] = rowsOf(confusion, annotator);
    for (let row = first; row < last; row++) start[confusion.labels[row]!] = row * K;
    for (let vote = offsets[annotator]!; vote < offsets[annotator + 1]!; vote++) starts[vote] = start[classes[vote]!]!;
    for (let row = first; row < last; row++) start[confusion.labels[row]!] = pooledStart[confusion.labels[row]!]!;
  }
  return { values, starts };
}

function rowsOf({ offsets }: ConfusionMatrices, annotator: number): [first: number, last: number] {
  return annotator + 1 < offsets.length ? [offsets[annotator]!, offsets[annotator + 1]!] : [0, 0];
}

/** Impossible votes happen; no log may be -Infinity, since it is taken away again. */
function logOf(chance: number): number {
  return Math.log(Math.max(1e-300, chance));
}
