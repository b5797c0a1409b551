import { normalizeRow, setCertain } from '../numeric/simplex.js';
import type { VoteTable } from '../vote-table.js';
import type { ConfusionRows } from './confusion-rows.js';

/** The votes as a Dawid-Skene pass reads them. */
export interface PassInput {
  votes: VoteTable;
  rows: ConfusionRows;
  gold?: Int32Array;
}

/** The arrays of a pass: it reads the parameters and overwrites the counts. */
export interface PassState {
  /** rows x K: P(vote = the row's class | true class), or any positive weights in its place. */
  confusion: Float64Array;
  /** K positive numbers. */
  classPriors: Float64Array;
  /** rows x K: expected number of votes of this annotator for this class where the truth is that class. */
  counts: Float64Array;
  /** K: expected number of items, of those with votes or a gold answer. */
  classCounts: Float64Array;
}

/** The E step and the sums of the M step over all votes. A kernel owns its arrays: some live in memory shared by threads. */
export interface PassKernel {
  state: PassState;
  /**
   * One pass. @returns the natural-log likelihood of the votes (and gold answers) under the parameters it read.
   * @param tell called now and then within a long pass, with the share that is done.
   */
  run(tell?: (done: number) => void): number;
  /** N x K, of the last pass. */
  posteriors(): Float64Array;
  /** What the reader of the results should know of how they came about. */
  warnings: readonly string[];
  /** Ends threads, where there are any. */
  close?(): void;
}

/** A product of this many factors cannot underflow: entries are at least 1e-17 even after 10 million votes. */
export const RESCALE_EVERY = 16;

/**
 * Above K = 10 the M step leaves out posteriors up to this, and with them most of its work. Cutting at 1e-9 already leads EM to
 * another optimum on a real crowd of 12 classes (log-likelihood 3e-4 lower); at 1e-15 it is the same to 5e-11.
 */
export const NEGLIGIBLE = 1e-15;
export const SPARSE_ABOVE = 10;

/** Priors are raised to this, so that a class that died out can return. */
export const LEAST_PRIOR = 1e-10;

/** How many times a long pass tells how far it is, and from how many posteriors on it is long. */
const PARTS = 32;
const LONG_FROM = 2 ** 22;

/** After how many items a pass tells how far it is. */
export function partsOf(itemCount: number, K: number): number {
  return itemCount * K >= LONG_FROM ? Math.ceil(itemCount / PARTS) : Infinity;
}

/** The readable kernel: any K, candidate sets, gold. The fast ones are checked against it. */
export function referenceKernel(input: PassInput): PassKernel {
  const { itemCount: N, classCount: K } = input.votes;
  const entries = input.rows.labels.length * K;
  const state = { confusion: new Float64Array(entries), classPriors: new Float64Array(K), counts: new Float64Array(entries), classCounts: new Float64Array(K) };
  const posteriors = new Float64Array(N * K);
  const items = Int32Array.from({ length: N }, (_, item) => item);
  return {
    state,
    warnings: [],
    posteriors: () => posteriors,
    run(tell) {
      state.counts.fill(0);
      state.classCounts.fill(0);
      return referencePass(input, state, items, posteriors, tell);
    },
  };
}

/** E and M step over some items: posteriors of items[i] to row i, counts added to those of the state. */
export function referencePass({ votes, rows, gold }: PassInput, state: PassState, items: Int32Array, posteriors: Float64Array, tell?: (done: number) => void): number {
  const { classCount: K, itemOffsets } = votes;
  const { confusion, classPriors, counts, classCounts } = state;
  const least = K > SPARSE_ABOVE ? NEGLIGIBLE : 0;
  const part = partsOf(items.length, K);
  let logLikelihood = 0;
  for (let place = 0; place < items.length; place++) {
    if (place % part === part - 1) tell?.(place / items.length);
    const item = items[place]!;
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    const at = place * K;
    const known = gold ? gold[item]! : -1;
    if (known >= 0) {
      logLikelihood += knownLogLikelihood(rows, confusion, first, last, known) + Math.log(Math.max(LEAST_PRIOR, classPriors[known]!));
      setCertain(posteriors, at, K, known);
    } else {
      for (let k = 0; k < K; k++) posteriors[at + k] = Math.max(LEAST_PRIOR, classPriors[k]!);
      // Without votes the posterior is the prior, and says nothing new about it.
      const log = multiplyVotes(rows, confusion, first, last, posteriors, at, K) + Math.log(normalizeRow(posteriors, at, K));
      if (first === last) continue;
      logLikelihood += log;
    }
    for (let k = 0; k < K; k++) classCounts[k]! += posteriors[at + k]!;
    addCounts(rows, confusion, first, last, posteriors, at, K, counts, least);
  }
  return logLikelihood;
}

/** Multiplies the votes' confusion rows onto the K weights at `at`; returns the log of what rescaling took out. */
function multiplyVotes(rows: ConfusionRows, confusion: Float64Array, first: number, last: number, weights: Float64Array, at: number, K: number): number {
  const { codes } = rows;
  let log = 0;
  for (let from = first; from < last; from += RESCALE_EVERY) {
    if (from > first) log += Math.log(normalizeRow(weights, at, K));
    const to = Math.min(from + RESCALE_EVERY, last);
    for (let vote = from; vote < to; vote++) {
      const code = codes[vote]!;
      if (code >= 0) for (let k = 0; k < K; k++) weights[at + k]! *= confusion[code + k]!;
      else for (let k = 0; k < K; k++) weights[at + k]! *= setLikelihood(rows, confusion, code, k);
    }
  }
  return log;
}

function knownLogLikelihood(rows: ConfusionRows, confusion: Float64Array, first: number, last: number, known: number): number {
  let log = 0;
  for (let vote = first; vote < last; vote++) {
    const code = rows.codes[vote]!;
    log += Math.log(code >= 0 ? confusion[code + known]! : setLikelihood(rows, confusion, code, known));
  }
  return log;
}

/** P(the annotator's class is in the set | true class k): the sum over the set. */
function setLikelihood({ sets }: ConfusionRows, confusion: Float64Array, code: number, k: number): number {
  let sum = 0;
  for (let m = sets!.offsets[~code]!; m < sets!.offsets[~code + 1]!; m++) sum += confusion[sets!.starts[m]! + k]!;
  return sum;
}

/** Adds the item's posterior to the counts of its votes' rows; a set's members share it as the parameters say. */
export function addCounts(
  rows: ConfusionRows, confusion: Float64Array, first: number, last: number,
  posteriors: Float64Array, at: number, K: number, counts: Float64Array, least = 0,
): void {
  const { codes } = rows;
  for (let k = 0; k < K; k++) {
    const p = posteriors[at + k]!;
    if (p <= least) continue;
    for (let vote = first; vote < last; vote++) {
      const code = codes[vote]!;
      if (code >= 0) counts[code + k]! += p;
      else addToSet(rows, confusion, code, k, p, counts);
    }
  }
}

function addToSet(rows: ConfusionRows, confusion: Float64Array, code: number, k: number, p: number, counts: Float64Array): void {
  const share = p / setLikelihood(rows, confusion, code, k);
  for (let m = rows.sets!.offsets[~code]!; m < rows.sets!.offsets[~code + 1]!; m++) {
    const start = rows.sets!.starts[m]! + k;
    counts[start]! += share * confusion[start]!;
  }
}
