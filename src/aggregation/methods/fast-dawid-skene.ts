import { expectedAccuracy } from '../expected-accuracy.js';
import { addCounts, partsOf } from '../kernels/pass.js';
import { confusionRows } from '../kernels/confusion-rows.js';
import { emOverMatrices } from '../numeric/cost.js';
import { withinIteration } from '../numeric/progress.js';
import type { AggregationMethod } from '../method.js';
import { setCertain } from '../numeric/simplex.js';
import { voteShares } from '../vote-shares.js';

/** Expected counts are raised to this, class priors too, so that a class nobody was seen to mean is unlikely, not impossible. */
const LEAST = 1e-10;
/** Log scores this close are a tie. */
const TIE = 1e-9;

/**
 * Dawid-Skene with each posterior replaced by its argmax: an item counts wholly for its best class, and the run ends when no
 * item changes its class, usually within ten passes. Use its labels; its posteriors are 0 or 1 and say nothing of how sure they are.
 *
 * Where we differ from the authors' program (sukrutrao/Fast-Dawid-Skene): it breaks ties at random and lets a count of 0 veto
 * a class; here tied classes share the item, so that a run has no luck in it, and counts are raised to 1e-10.
 */
export const fastDawidSkene: AggregationMethod = {
  id: 'fast-dawid-skene',
  version: 1,
  title: 'Fast Dawid-Skene',
  source: 'Sinha, Rao & Balasubramanian, "Fast Dawid-Skene: A Fast Vote Aggregation Scheme for Sentiment Classification" (2018)',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: [{ name: 'maxIterations', type: 'integer', default: 500, min: 1, max: 1_000_000, doc: 'Most iterations; a run that ends here reports converged: false.' }],
  cost: 'O(votes x K) an iteration; memory of 16 bytes x K for each (annotator, class used)',
  estimate: emOverMatrices(15, { stepsAnEntry: 12 }),
  returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
  quality: "Share of the annotator's votes that name the item's final class, 0 to 1.",
  run({ votes, gold }, options, context) {
    const { itemCount, annotatorCount, classCount: K, itemOffsets } = votes;
    const rows = confusionRows(votes);
    const posteriors = voteShares(votes, gold);
    // Expected votes in the M step; their place is then taken by the logs of the confusion, which at K = 1000 saves gigabytes.
    const counts = new Float64Array(rows.labels.length * K);
    const logConfusion = counts;
    const confusion = new Float64Array(counts.length).fill(1);
    const classPriors = new Float64Array(K);
    const scores = new Float64Array(K);
    const evident = (item: number) => itemOffsets[item]! < itemOffsets[item + 1]! || (gold !== undefined && gold[item]! >= 0);

    let ties = 0;
    let changed = true;
    for (let item = 0; item < itemCount; item++) if (evident(item)) harden(posteriors, item * K, posteriors.subarray(item * K, (item + 1) * K));
    const phase = 'hard em';
    const trace: number[] = [];
    while (changed && trace.length < (options.maxIterations as number)) {
      maximization();
      const tell = withinIteration(context.onProgress, { phase, iteration: trace.length + 1, objective: trace.at(-1) });
      trace.push(expectation(tell));
      context.onProgress?.({ phase, iteration: trace.length, objective: trace.at(-1)! });
    }
    for (let item = 0; item < itemCount; item++) if (!evident(item)) posteriors.set(classPriors, item * K);
    return {
      posteriors,
      annotatorQuality: expectedAccuracy(votes, posteriors),
      confusion: { offsets: rows.offsets, labels: rows.labels, values: confusion },
      classPriors,
      diagnostics: { iterations: trace.length, converged: !changed, trace, ties, warnings: [] },
    };

    function maximization(): void {
      counts.fill(0);
      classPriors.fill(0);
      for (let item = 0; item < itemCount; item++) {
        if (!evident(item)) continue;
        for (let k = 0; k < K; k++) classPriors[k]! += posteriors[item * K + k]!;
        addCounts(rows, confusion, itemOffsets[item]!, itemOffsets[item + 1]!, posteriors, item * K, K, counts);
      }
      const total = classPriors.reduce((sum, n) => sum + n, 0);
      for (let k = 0; k < K; k++) classPriors[k] = total > 0 ? classPriors[k]! / total : 1 / K;
      for (let annotator = 0; annotator < annotatorCount; annotator++) {
        for (let k = 0; k < K; k++) {
          let sum = 0;
          for (let row = rows.offsets[annotator]!; row < rows.offsets[annotator + 1]!; row++) sum += Math.max(LEAST, counts[row * K + k]!);
          for (let row = rows.offsets[annotator]!; row < rows.offsets[annotator + 1]!; row++) {
            confusion[row * K + k] = Math.max(LEAST, counts[row * K + k]!) / sum;
            logConfusion[row * K + k] = Math.log(confusion[row * K + k]!);
          }
        }
      }
    }

    /** Every item to its best class; returns the log-likelihood of the votes together with these classes. */
    function expectation(tell?: (done: number) => void): number {
      const part = partsOf(itemCount, K);
      let objective = 0;
      ties = 0;
      changed = false;
      for (let item = 0; item < itemCount; item++) {
        if (item % part === part - 1) tell?.(item / itemCount);
        if (!evident(item)) continue;
        for (let k = 0; k < K; k++) scores[k] = Math.log(Math.max(LEAST, classPriors[k]!));
        for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
          const code = rows.codes[vote]!;
          if (code >= 0) for (let k = 0; k < K; k++) scores[k]! += logConfusion[code + k]!;
          else for (let k = 0; k < K; k++) scores[k]! += Math.log(setLikelihood(code, k));
        }
        const known = gold ? gold[item]! : -1;
        if (known >= 0) objective += scores[known]!;
        else objective += harden(posteriors, item * K, scores);
      }
      return objective;
    }

    function setLikelihood(code: number, k: number): number {
      let sum = 0;
      for (let m = rows.sets!.offsets[~code]!; m < rows.sets!.offsets[~code + 1]!; m++) sum += confusion[rows.sets!.starts[m]! + k]!;
      return sum;
    }

    /** The row becomes certain of the best score's class, or shared by those tied for it. */
    function harden(matrix: Float64Array, at: number, values: Float64Array): number {
      let best = -Infinity;
      for (let k = 0; k < K; k++) if (values[k]! > best) best = values[k]!;
      let tied = 0;
      let first = -1;
      for (let k = K - 1; k >= 0; k--) {
        if (values[k]! < best - TIE) continue;
        tied++;
        first = k;
      }
      if (tied === 1) {
        if (matrix[at + first] !== 1) {
          changed = true;
          setCertain(matrix, at, K, first);
        }
        return best;
      }
      ties++;
      for (let k = 0; k < K; k++) {
        const share = values[k]! < best - TIE ? 0 : 1 / tied;
        if (matrix[at + k] === share) continue;
        changed = true;
        matrix[at + k] = share;
      }
      return best;
    }
  },
};
