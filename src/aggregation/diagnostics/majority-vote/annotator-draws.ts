import { checkInput } from '../../check-input.js';
import { confusionRows, type ConfusionRows } from '../../kernels/confusion-rows.js';
import type { AggregationInput } from '../../method.js';
import { ibcc } from '../../methods/ibcc.js';
import { resolveOptions } from '../../options.js';
import { gamma, type Uniform } from '../../numeric/sampling.js';

/** iBCC's pseudo-votes: for the right class, for each wrong one, and for each class share. */
const rightCount = 4;
const wrongCount = 1;
const priorCount = 1;

/** What a crowd may be like, as one draw. Entries of classes an annotator never used are not drawn; they are in the sums. */
export interface AnnotatorDraw {
  /** rows x K: P(vote = label of the row | true class). */
  confusion: Float64Array;
  /** K shares. */
  priors: Float64Array;
}

/** Gamma variates in all draws together: some minutes. */
const mostVariates = 5e9;

/**
 * Fits iBCC and draws crowds from its Dirichlet posteriors. Each call overwrites the draw before.
 * Cost of a draw: (annotator, class used) x K gamma variates.
 * @throws as `checkInput` for gold that fits no item or class; RangeError for more than 5e9 variates in all draws.
 */
export function annotatorDraws(input: AggregationInput, draws: number, random: Uniform): { rows: ConfusionRows; draw: () => AnnotatorDraw } {
  const { votes } = input;
  const { classCount: K, annotatorCount: M } = votes;
  checkInput(ibcc, input);
  const rows = confusionRows(votes);
  const variates = draws * (rows.labels.length + M) * K;
  if (variates > mostVariates) {
    throw new RangeError(`${draws} draws of ${rows.labels.length} x ${K} confusions take ${variates.toPrecision(2)} random numbers, more than ${mostVariates}; make at most ${Math.floor((mostVariates * draws) / variates)} draws`);
  }
  const { posteriors } = ibcc.run(input, resolveOptions(ibcc), { seed: 0 });
  const counts = new Float64Array(rows.labels.length * K).fill(wrongCount);
  for (let row = 0; row < rows.labels.length; row++) counts[row * K + rows.labels[row]!] = rightCount;
  // Pseudo-votes for the classes an annotator never used, together.
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

  const confusion = new Float64Array(counts.length);
  const priors = new Float64Array(K);
  const sums = new Float64Array(K);
  return {
    rows,
    draw() {
      for (let a = 0; a < M; a++) {
        for (let k = 0; k < K; k++) sums[k] = unused[a * K + k]! > 0 ? gamma(random, unused[a * K + k]!) : 0;
        const first = rows.offsets[a]! * K;
        const end = rows.offsets[a + 1]! * K;
        for (let at = first; at < end; at++) sums[at % K]! += confusion[at] = gamma(random, counts[at]!);
        for (let at = first; at < end; at++) confusion[at]! /= sums[at % K]!;
      }
      let total = 0;
      for (let k = 0; k < K; k++) total += priors[k] = gamma(random, priorCounts[k]!);
      for (let k = 0; k < K; k++) priors[k]! /= total;
      return { confusion, priors };
    },
  };
}
