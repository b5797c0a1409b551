import type { Items } from './shard.js';

/**
 * The kernel in plain TypeScript, for any K: what the WebAssembly is checked against, and gives way to above K = 10.
 * Refers to nothing outside itself, since helper threads get it as text.
 * @param negligible posteriors up to this are not counted.
 */
export function plainItems(memory: ArrayBufferLike, K: number, rescaleEvery: number, negligible: number): Items {
  const tiny = 2 ** -60;
  const f64 = new Float64Array(memory);
  const i32 = new Int32Array(memory);
  const weights = new Float64Array(K);
  return (codes, end, posteriors, confusion, counts, priors, tally, votes) => {
    const lastVote = end >>> 2;
    let posterior = posteriors >>> 3;
    let factor = 1;
    let exponent = 0;
    for (let first = codes >>> 2; first < lastVote; first += votes) {
      // E step: the prior times the confusion rows of the item's votes, rescaled before it can underflow.
      for (let k = 0; k < K; k++) weights[k] = f64[(priors >>> 3) + k]!;
      for (let from = first; from < first + votes; from += rescaleEvery) {
        const to = Math.min(from + rescaleEvery, first + votes);
        for (let vote = from; vote < to; vote++) {
          const row = (confusion >>> 3) + i32[vote]!;
          for (let k = 0; k < K; k++) weights[k]! *= f64[row + k]!;
        }
        let sum = 0;
        for (let k = 0; k < K; k++) sum += weights[k]!;
        for (let k = 0; k < K; k++) weights[k]! /= sum;
        // The least factor, 1e-282, times 2^-60 is still a normal number.
        factor *= sum;
        while (factor < tiny) {
          factor /= tiny;
          exponent -= 60;
        }
      }
      // M step: the posterior onto the counts of the same rows.
      for (let k = 0; k < K; k++) {
        const p = weights[k]!;
        f64[posterior + k] = p;
        f64[(tally >>> 3) + k]! += p;
        if (p <= negligible) continue;
        for (let vote = first; vote < first + votes; vote++) f64[(counts >>> 3) + i32[vote]! + k]! += p;
      }
      posterior += K;
    }
    f64[(tally >>> 3) + K] = factor;
    f64[(tally >>> 3) + K + 1] = exponent;
  };
}
