import type { Items } from './shard.js';

/**
 * Items of a collapsed pass (see `CollapsedState`) in plain TypeScript, for any K: what the WebAssembly is checked against and
 * gives way to where it cannot be trusted. Of `Items`, `confusion` are the terms and `priors` the start; of the posteriors the
 * old ones are read first; the tally has the greatest change after the K class counts. A vote's codes are the
 * addresses of its row and of its annotator's totals. Refers to nothing outside itself, since helper threads get it as text.
 * @param negligible posteriors up to this are not counted.
 */
export function plainCollapsedItems(memory: ArrayBufferLike, K: number, rescaleEvery: number, negligible: number): Items {
  const tiny = 2 ** -60;
  const f64 = new Float64Array(memory);
  const u32 = new Uint32Array(memory);
  const weights = new Float64Array(K);
  return (codes, end, posteriors, terms, counts, start, tally, votes) => {
    const lastVote = end >>> 3;
    const own = f64[(start >>> 3) + K]!;
    let posterior = posteriors >>> 3;
    let factor = 1;
    let exponent = 0;
    let moved = f64[(tally >>> 3) + K]!;
    for (let first = codes >>> 3; first < lastVote; first += votes) {
      // What all other items say: the start and each term without the item's own part.
      for (let k = 0; k < K; k++) weights[k] = f64[(start >>> 3) + k]! - own * f64[posterior + k]!;
      for (let from = first; from < first + votes; from += rescaleEvery) {
        const to = Math.min(from + rescaleEvery, first + votes);
        for (let vote = from; vote < to; vote++) {
          const row = u32[2 * vote]! >>> 3;
          const total = u32[2 * vote + 1]! >>> 3;
          for (let k = 0; k < K; k++) weights[k]! *= (f64[row + k]! - f64[posterior + k]!) / (f64[total + k]! - f64[posterior + k]!);
        }
        let sum = 0;
        for (let k = 0; k < K; k++) sum += weights[k]!;
        for (let k = 0; k < K; k++) weights[k]! /= sum;
        factor *= sum;
        while (factor < tiny) {
          factor /= tiny;
          exponent -= 60;
        }
      }
      for (let k = 0; k < K; k++) {
        const p = weights[k]!;
        moved = Math.max(moved, Math.abs(p - f64[posterior + k]!));
        f64[posterior + k] = p;
        f64[(tally >>> 3) + k]! += p;
        if (p <= negligible) continue;
        for (let vote = first; vote < first + votes; vote++) f64[((counts - terms + u32[2 * vote]!) >>> 3) + k]! += p;
      }
      posterior += K;
    }
    f64[(tally >>> 3) + K] = moved;
    f64[(tally >>> 3) + K + 1] = factor;
    f64[(tally >>> 3) + K + 2] = exponent;
  };
}
