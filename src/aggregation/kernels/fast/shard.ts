/**
 * E and M step over items with the same number of votes, `codes` up to `end` (byte addresses into one memory, like all but
 * `votes`): writes the posteriors, adds them to the counts, and to the tally's first K numbers; sets the two numbers after
 * those to the product of the items' likelihoods, as a factor and an exponent of 2.
 */
export type Items = (codes: number, end: number, posteriors: number, confusion: number, counts: number, priors: number, tally: number, votes: number) => void;

/** Where a shard's work lies in the shared memory. All addresses are bytes. */
export interface ShardLayout {
  /** Numbers of a tally that calls add to: K class counts first. */
  tallied: number;
  /** Bytes of a vote's codes. */
  voteBytes: number;
  /** Chunks of four numbers: votes an item, address of the codes, their end, address of the posteriors. */
  chunks: number;
  /** S + 1: shard s has the chunks from shardStarts[s] up to shardStarts[s + 1]. */
  shardStarts: readonly number[];
  confusion: number;
  priors: number;
  /** Shard s counts at counts + s * countBytes. */
  counts: number;
  countBytes: number;
  /** Shard s tallies at tallies + s * tallyBytes: what is tallied, factor, exponent, log-likelihood, then room to work in. */
  tallies: number;
  tallyBytes: number;
}

/**
 * One shard of one pass. Refers to nothing outside itself, since helper threads get it as text (see `helper-thread.ts`).
 * @param items by number of votes: items[0] takes any, items[n] is made for n.
 * @param told called after each chunk, with its number among all.
 */
export function runShard(memory: ArrayBufferLike, items: Items[], layout: ShardLayout, shard: number, told?: (chunk: number) => void): void {
  const f64 = new Float64Array(memory);
  const u32 = new Uint32Array(memory);
  const counts = layout.counts + shard * layout.countBytes;
  const tally = layout.tallies + shard * layout.tallyBytes;
  f64.fill(0, counts / 8, (counts + layout.countBytes) / 8);
  f64.fill(0, tally / 8, tally / 8 + layout.tallied);
  const factor = tally / 8 + layout.tallied;
  let logLikelihood = 0;
  for (let chunk = layout.shardStarts[shard]!; chunk < layout.shardStarts[shard + 1]!; chunk++) {
    const at = layout.chunks / 4 + 4 * chunk;
    const votes = u32[at]!;
    (items[votes] ?? items[0]!)(u32[at + 1]!, u32[at + 2]!, u32[at + 3]!, layout.confusion, counts, layout.priors, tally, votes);
    logLikelihood += Math.log(f64[factor]!) + f64[factor + 1]! * Math.LN2;
    told?.(chunk);
  }
  f64[factor + 2] = logLikelihood;
}
