import { checkInput } from '../../check-input.js';
import { confusionRows, type ConfusionRows } from '../../kernels/confusion-rows.js';
import type { AggregationInput, Progress } from '../../method.js';
import { ibcc } from '../../methods/ibcc.js';
import { resolveOptions } from '../../options.js';
import { gamma, type Uniform } from '../../numeric/sampling.js';
import type { VoteTable } from '../../vote-table.js';

/** iBCC's pseudo-votes: for the right class, for each wrong one, and for each class share. */
const rightCount = 4;
const wrongCount = 1;
const priorCount = 1;

/** What a crowd may be like, as one draw. Entries of classes an annotator never used on the items are not drawn; they are in the sums. */
export interface AnnotatorDraw {
  /** rows x K: P(vote = label of the row | true class). */
  confusion: Float64Array;
  /** K shares. */
  priors: Float64Array;
}

/**
 * Fits iBCC to all votes and draws crowds from its Dirichlet posteriors, as far as the votes on `items` need them. Each call
 * overwrites the draw before. What is not needed one by one is drawn as a sum, which Gamma variates allow.
 * Cost of a draw: (annotator, class used on the items) x K gamma variates.
 * @returns rows of what is drawn; votes on other items have a code below 0
 * @throws as `checkInput` for gold that fits no item or class.
 */
export function annotatorDraws(input: AggregationInput, items: readonly number[], random: Uniform, onProgress?: (progress: Progress) => void): { rows: ConfusionRows; draw: () => AnnotatorDraw } {
  const { votes } = input;
  const { classCount: K, annotatorCount: M } = votes;
  checkInput(ibcc, input);
  const all = confusionRows(votes);
  const { rows, from } = rowsOnItems(votes, all, items);
  const { posteriors } = ibcc.run(input, resolveOptions(ibcc), { seed: 0, onProgress });
  const { counts, unused, priorCounts } = pseudoCounts(votes, all, posteriors);
  const drawnCounts = new Float64Array(rows.labels.length * K);
  for (let a = 0; a < M; a++) {
    let next = rows.offsets[a]!;
    for (let row = all.offsets[a]!; row < all.offsets[a + 1]!; row++) {
      if (next < rows.offsets[a + 1]! && from[next] === row) drawnCounts.set(counts.subarray(row * K, row * K + K), next++ * K);
      else for (let k = 0; k < K; k++) unused[a * K + k]! += counts[row * K + k]!;
    }
  }

  const confusion = new Float64Array(drawnCounts.length);
  const priors = new Float64Array(K);
  const sums = new Float64Array(K);
  return {
    rows,
    draw() {
      for (let a = 0; a < M; a++) {
        const first = rows.offsets[a]! * K;
        const end = rows.offsets[a + 1]! * K;
        if (first === end) continue;
        for (let k = 0; k < K; k++) sums[k] = unused[a * K + k]! > 0 ? gamma(random, unused[a * K + k]!) : 0;
        for (let at = first; at < end; at++) sums[at % K]! += confusion[at] = gamma(random, drawnCounts[at]!);
        for (let at = first; at < end; at++) confusion[at]! /= sums[at % K]!;
      }
      let total = 0;
      for (let k = 0; k < K; k++) total += priors[k] = gamma(random, priorCounts[k]!);
      for (let k = 0; k < K; k++) priors[k]! /= total;
      return { confusion, priors };
    },
  };
}

/** The rows that the votes on the items use, and which of all rows each is. */
function rowsOnItems({ itemOffsets, classCount: K, annotatorCount: M }: VoteTable, all: ConfusionRows, items: readonly number[]): { rows: ConfusionRows; from: Int32Array } {
  const place = new Int32Array(all.labels.length).fill(-1);
  for (const item of items) {
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) if (all.codes[v]! >= 0) place[all.codes[v]! / K] = 0;
  }
  const offsets = new Int32Array(M + 1);
  const from: number[] = [];
  for (let a = 0; a < M; a++) {
    for (let row = all.offsets[a]!; row < all.offsets[a + 1]!; row++) if (place[row] === 0) place[row] = from.push(row) - 1;
    offsets[a + 1] = from.length;
  }
  // Votes for candidate sets stay below 0, too.
  const codes = all.codes.map((code) => (code < 0 ? code : place[code / K]! * K));
  return { rows: { offsets, labels: Int32Array.from(from, (row) => all.labels[row]!), codes, sets: all.sets }, from: Int32Array.from(from) };
}

/** What iBCC's Dirichlets are after the votes: rows x K, M x K for the classes an annotator never used together, and K. */
function pseudoCounts(votes: VoteTable, rows: ConfusionRows, posteriors: Float64Array): { counts: Float64Array; unused: Float64Array; priorCounts: Float64Array } {
  const { classCount: K, annotatorCount: M } = votes;
  const counts = new Float64Array(rows.labels.length * K).fill(wrongCount);
  for (let row = 0; row < rows.labels.length; row++) counts[row * K + rows.labels[row]!] = rightCount;
  const unused = new Float64Array(M * K);
  for (let a = 0; a < M; a++) {
    const first = rows.offsets[a]!;
    const end = rows.offsets[a + 1]!;
    unused.fill(wrongCount * (K - (end - first)), a * K, (a + 1) * K);
    const used = new Set(rows.labels.subarray(first, end));
    for (let k = 0; k < K; k++) if (!used.has(k)) unused[a * K + k]! += rightCount - wrongCount;
  }
  const priorCounts = new Float64Array(K).fill(priorCount);
  for (let item = 0; item < votes.itemCount; item++) {
    for (let k = 0; k < K; k++) priorCounts[k]! += posteriors[item * K + k]!;
  }
  for (let vote = 0; vote < votes.voteCount; vote++) {
    const row = rows.codes[vote]!;
    if (row < 0) continue;
    for (let k = 0; k < K; k++) counts[row + k]! += posteriors[votes.items[vote]! * K + k]!;
  }
  return { counts, unused, priorCounts };
}
