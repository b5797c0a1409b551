import { digamma, digammaAndLogGamma, logGamma } from '../../numeric/special-functions.js';
import type { ConfusionRows } from '../confusion-rows.js';

/** Pseudo-counts: of the subtypes of a class together, of a class, of a wrong and of the right answer to it. */
const SUBTYPES = 0.1;
const CLASS = 1;
const WRONG = 1;
const RIGHT = 4;
const EXP_DIGAMMA = { [WRONG]: Math.exp(digamma(WRONG)), [RIGHT]: Math.exp(digamma(RIGHT)) };
const LOG_GAMMA = { [WRONG]: logGamma(WRONG), [RIGHT]: logGamma(RIGHT) };

/** What is known of the parameters; a row is [class][subtype], W = K x M wide. */
export interface SubtypeState {
  /** rows x W: expected votes of this annotator for this class on items of that class and subtype. */
  counts: Float64Array;
  /** W: expected items. */
  subtypeCounts: Float64Array;
  /** rows x W: exp(E log P(answer | class, subtype)). */
  likelihoods: Float64Array;
  /** W: exp(E log P(class, subtype)), relative to the greatest. */
  start: Float64Array;
}

/** The Dirichlet posteriors of class shares, subtype shares and answers: counts to expected log probabilities, and their means. */
export function subtypeParameters({ offsets, labels }: ConfusionRows, K: number, M: number, { counts, subtypeCounts, likelihoods, start }: SubtypeState) {
  const W = K * M;
  const annotatorCount = offsets.length - 1;
  const priorTotal = (K - 1) * WRONG + RIGHT;
  const digammaPrior = digamma(priorTotal);
  const scalePrior = Math.exp(digammaPrior);
  const logGammaPrior = logGamma(priorTotal);
  const totals = new Float64Array(W);
  const digammaTotals = new Float64Array(W);
  const scales = new Float64Array(W);
  /** Likelihoods of answers never given, wrong ones. */
  const unseen = new Float64Array(W);
  const gamma = { digamma: 0, logGamma: 0 };
  return { update, means };

  /** Overwrites likelihoods and start; returns how far the posteriors are from their priors, less the log scale taken out of start. */
  function update(): number {
    const { divergence, greatest, items } = shares();
    let sum = divergence - greatest * items;
    for (let annotator = 0; annotator < annotatorCount; annotator++) sum += answers(offsets[annotator]!, offsets[annotator + 1]!);
    return sum;
  }

  function shares() {
    const classCounts = classTotals();
    const items = sumOf(classCounts);
    let divergence = logGamma(K * CLASS + items) - logGamma(K * CLASS);
    let greatest = -Infinity;
    for (let k = 0; k < K; k++) {
      const n = classCounts[k]!;
      const log = digamma(CLASS + n) - digamma(K * CLASS + items);
      divergence += n * log + logGamma(CLASS) - logGamma(CLASS + n) + logGamma(SUBTYPES + n) - logGamma(SUBTYPES);
      for (let i = k * M; i < (k + 1) * M; i++) {
        const count = subtypeCounts[i]!;
        const logSubtype = digamma(SUBTYPES / M + count) - digamma(SUBTYPES + n);
        divergence += count * logSubtype + logGamma(SUBTYPES / M) - logGamma(SUBTYPES / M + count);
        start[i] = log + logSubtype;
        greatest = Math.max(greatest, start[i]!);
      }
    }
    for (let i = 0; i < W; i++) start[i] = Math.exp(start[i]! - greatest);
    return { divergence, greatest, items };
  }

  /** One annotator's rows. */
  function answers(first: number, last: number): number {
    let divergence = 0;
    totals.fill(0);
    for (let at = first * W; at < last * W; at += W) for (let i = 0; i < W; i++) totals[i]! += counts[at + i]!;
    for (let i = 0; i < W; i++) {
      const total = totals[i]!;
      digammaTotals[i] = digammaPrior;
      scales[i] = scalePrior;
      if (total > 0) {
        digammaAndLogGamma(priorTotal + total, gamma);
        digammaTotals[i] = gamma.digamma;
        scales[i] = Math.exp(gamma.digamma);
        divergence += gamma.logGamma - logGammaPrior;
      }
      unseen[i] = EXP_DIGAMMA[WRONG] / scales[i]!;
    }
    for (let row = first; row < last; row++) {
      const at = row * W;
      const right = labels[row]! * M;
      // Where K is large most counts are 0: no special function and no exponential for them.
      likelihoods.set(unseen, at);
      for (let i = right; i < right + M; i++) likelihoods[at + i] = EXP_DIGAMMA[RIGHT] / scales[i]!;
      for (let i = 0; i < W; i++) {
        const count = counts[at + i]!;
        if (count === 0) continue;
        const before = i >= right && i < right + M ? RIGHT : WRONG;
        digammaAndLogGamma(before + count, gamma);
        likelihoods[at + i] = Math.exp(gamma.digamma) / scales[i]!;
        divergence += count * (gamma.digamma - digammaTotals[i]!) + LOG_GAMMA[before] - gamma.logGamma;
      }
    }
    return divergence;
  }

  /** Posterior means, averaged over the subtypes as they share their class; an annotator's columns sum to 1 over the classes used. */
  function means(): { classPriors: Float64Array; confusion: Float64Array } {
    const classCounts = classTotals();
    const confusion = new Float64Array(labels.length * K);
    for (let annotator = 0; annotator < annotatorCount; annotator++) {
      const first = offsets[annotator]!;
      const last = offsets[annotator + 1]!;
      totals.fill(priorTotal);
      for (let at = first * W; at < last * W; at += W) for (let i = 0; i < W; i++) totals[i]! += counts[at + i]!;
      for (let k = 0; k < K; k++) {
        let column = 0;
        for (let row = first; row < last; row++) {
          let mean = 0;
          for (let i = k * M; i < (k + 1) * M; i++) {
            const share = (SUBTYPES / M + subtypeCounts[i]!) / (SUBTYPES + classCounts[k]!);
            mean += (share * ((labels[row] === k ? RIGHT : WRONG) + counts[row * W + i]!)) / totals[i]!;
          }
          column += confusion[row * K + k] = mean;
        }
        for (let row = first; row < last; row++) confusion[row * K + k]! /= column;
      }
    }
    const items = sumOf(classCounts);
    return { classPriors: classCounts.map((n) => (CLASS + n) / (K * CLASS + items)), confusion };
  }

  function classTotals(): Float64Array {
    return Float64Array.from({ length: K }, (_, k) => sumOf(subtypeCounts.subarray(k * M, (k + 1) * M)));
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
