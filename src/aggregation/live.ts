import { LEAST_PRIOR, RESCALE_EVERY } from './kernels/pass.js';
import type { ConfusionMatrices } from './method.js';
import { normalizeRow, setCertain } from './numeric/simplex.js';
import { checkParameters, type RunParameters } from './run-parameters.js';
import type { VoteTable } from './vote-table.js';

/** Votes of the touched items only, grouped by item as in a `VoteTable`, which is one; items are 0 to T - 1 of their own. */
export type TouchedVotes = Pick<VoteTable, 'itemCount' | 'classCount' | 'itemOffsets' | 'annotators' | 'classes' | 'candidateSets'>;

/**
 * Posteriors of some items between runs: one E step of Dawid-Skene with the parameters of the last run, over all votes these
 * items have now. With the votes in the run's order (by annotator, then class) these are the bits
 * of the readable kernel's next E step.
 *
 * Annotators are codes of the project, and may be ones the run did not know: those, and a known annotator's first vote for
 * some class, are read through the pooled confusion. A class nobody had used in the run says nothing until the next one.
 * O(touched votes x (K + log K)), whatever the size of the project.
 * @param gold T known answers, -1 where unknown
 * @returns T x K; rows sum to 1, that of an item without votes is the class prior
 * @throws TypeError or RangeError when votes, gold and parameters do not fit together
 */
export function livePosteriors(votes: TouchedVotes, parameters: RunParameters, gold?: Int32Array): Float64Array {
  const { itemCount, classCount: K } = votes;
  checkParameters(parameters, K);
  if (gold && gold.length !== itemCount) throw new TypeError(`gold has ${gold.length} entries; it must have one a touched item, ${itemCount}`);
  const priors = parameters.classPriors.map((prior) => Math.max(LEAST_PRIOR, prior));
  const from = new Float64Array(itemCount * K);
  for (let item = 0; item < itemCount; item++) from.set(priors, item * K);
  const posteriors = likelihoods(votes, parameters, from);
  gold?.forEach((known, item) => {
    if (known >= K) throw new RangeError(`gold of touched item ${item} is ${known}; it must be a class from 0 to ${K - 1}, or -1 where unknown`);
    if (known >= 0) setCertain(posteriors, item * K, K, known);
  });
  return posteriors;
}

/**
 * Posteriors moved on from earlier ones by the votes that came and went since: each class's probability is multiplied by the
 * chance of every vote that came and divided by that of every vote that went. With a Dawid-Skene posterior to start from this
 * is `livePosteriors`; with another method's it keeps what that method found, calibration included, and adds the news.
 * @param start T x K; rows sum to 1. No class should be at 0, or votes cannot bring it back
 * @returns T x K; rows sum to 1
 */
export function movePosteriors(start: Float64Array, came: TouchedVotes, went: TouchedVotes, parameters: RunParameters): Float64Array {
  const K = came.classCount;
  checkParameters(parameters, K);
  const flat = new Float64Array(start.length).fill(1 / K);
  const then = likelihoods(went, parameters, flat);
  const posteriors = start.map((p, at) => p / Math.max(LEAST_CHANCE, then[at]!));
  for (let at = 0; at < posteriors.length; at += K) normalizeRow(posteriors, at, K);
  return likelihoods(came, parameters, posteriors);
}

/** Against division by 0 only: votes that went may have been all but impossible under a class. */
const LEAST_CHANCE = 1e-300;

/** `from` times the chances of each item's votes, normalised. */
function likelihoods(votes: TouchedVotes, parameters: RunParameters, from: Float64Array): Float64Array {
  const { itemCount, classCount: K, itemOffsets, annotators, classes } = votes;
  const likelihood = voteLikelihood(votes, parameters);
  const posteriors = from.slice();
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    for (let vote = first; vote < itemOffsets[item + 1]!; vote++) {
      const factors = likelihood(annotators[vote]!, classes[vote]!);
      if (factors) for (let k = 0; k < K; k++) posteriors[item * K + k]! *= factors.values[factors.start + k]!;
      // As in a run: products of more factors could underflow.
      if ((vote - first + 1) % RESCALE_EVERY === 0) normalizeRow(posteriors, item * K, K);
    }
    normalizeRow(posteriors, item * K, K);
  }
  return posteriors;
}

/** K numbers at `start`: the chance of a vote for each true class. */
interface Factors {
  values: Float64Array;
  start: number;
}

/** A reader of P(this annotator's vote | true class); null where nothing is known. What it returns holds until the next call. */
function voteLikelihood({ classCount: K, candidateSets }: TouchedVotes, { confusion, pooled }: RunParameters) {
  const setSums: Factors = { values: new Float64Array(K), start: 0 };
  const found: Factors = { values: confusion.values, start: 0 };
  return (annotator: number, code: number): Factors | null => {
    if (code < K) return rowOf(annotator, code);
    const sets = candidateSets!;
    setSums.values.fill(0);
    let any = false;
    for (let m = sets.offsets[code - K]!; m < sets.offsets[code - K + 1]!; m++) {
      const member = rowOf(annotator, sets.classes[m]!);
      if (!member) continue;
      any = true;
      for (let k = 0; k < K; k++) setSums.values[k]! += member.values[member.start + k]!;
    }
    return any ? setSums : null;
  };

  function rowOf(annotator: number, label: number): Factors | null {
    let row = annotator + 1 < confusion.offsets.length ? findRow(confusion, annotator, label) : -1;
    found.values = confusion.values;
    if (row < 0) {
      row = findRow(pooled, 0, label);
      found.values = pooled.values;
    }
    if (row < 0) return null;
    found.start = row * K;
    return found;
  }
}

/** The row of an annotator's class, by bisection; -1 where the annotator has not used it. */
function findRow({ offsets, labels }: ConfusionMatrices, annotator: number, label: number): number {
  let low = offsets[annotator]!;
  let high = offsets[annotator + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = labels[middle]!;
    if (found === label) return middle;
    if (found < label) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
