import type { PassInput } from '../pass.js';
import type { ShardLayout } from './shard.js';

/** A call over all items left the JIT four times slower on some runs; calls of 512 items do not. */
export const CHUNK_ITEMS = 512;
/** Each shard adds up counts of its own, so that the sums do not depend on who computes which shard. */
const MOST_SHARDS = 8;

export interface FastLayout {
  /** Where everything lies in the memory. */
  shards: ShardLayout;
  bytes: number;
  posteriors: number;
  /** Items in the memory's order: by number of votes, then by index. */
  items: Int32Array;
  /** Items the fast kernel leaves to the reference: with gold, with candidate sets, or without votes. */
  others: Int32Array;
  /** Writes the codes and the table of chunks. */
  fill(memory: ArrayBufferLike): void;
}

/** What a kernel's functions need beyond what all do. */
export interface LayoutNeeds {
  /**
   * A vote's codes are the addresses of its row and of its annotator's totals, which follow those of the rows: 8 bytes a vote, and
   * no arithmetic. Items that an annotator answered more than once are left to the others.
   */
  annotators?: boolean;
  /** Numbers that a shard's calls add to, before factor and exponent: those of a row, class counts, where left out. */
  tallied?: number;
  /** Numbers of a row, and of an item's posteriors, where they are more than K: a multiple of it. */
  width?: number;
  /** Bytes of working memory for each number of a row at a tally's end. */
  scratchBytes?: number;
}

/** Plans the memory: items in buckets of equal vote count, cut into chunks, dealt to shards of equal numbers of votes. */
export function fastLayout({ votes, rows, gold }: PassInput, needs: LayoutNeeds = {}): FastLayout {
  const { annotators = false, width: W = votes.classCount, tallied = W, scratchBytes = 4 } = needs;
  const { itemCount: N, classCount: K, itemOffsets } = votes;
  const scale = W / K;
  const { codes } = rows;
  const countOf = (item: number) => itemOffsets[item + 1]! - itemOffsets[item]!;
  const isPlain = (item: number) => {
    if (gold && gold[item]! >= 0) return false;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      if (codes[vote]! < 0) return false;
      // The votes of an item are by annotator: an item that somebody answered again and again is taken out of a row more than once.
      if (annotators && vote > itemOffsets[item]! && votes.annotators[vote] === votes.annotators[vote - 1]) return false;
    }
    return countOf(item) > 0;
  };

  // Counting sort by number of votes.
  let most = 0;
  for (let item = 0; item < N; item++) most = Math.max(most, countOf(item));
  const starts = new Int32Array(most + 2);
  const plain = new Uint8Array(N);
  let others = 0;
  for (let item = 0; item < N; item++) {
    if (isPlain(item)) {
      plain[item] = 1;
      starts[countOf(item) + 1]!++;
    } else others++;
  }
  for (let n = 0; n <= most; n++) starts[n + 1]! += starts[n]!;
  const next = starts.slice();
  const items = new Int32Array(N - others);
  const otherItems = new Int32Array(others);
  let other = 0;
  for (let item = 0; item < N; item++) {
    if (plain[item]) items[next[countOf(item)]!++] = item;
    else otherItems[other++] = item;
  }

  const chunks: { votes: number; first: number; items: number; firstVote: number }[] = [];
  let plainVotes = 0;
  for (let n = 1; n <= most; n++) {
    for (let first = starts[n]!; first < starts[n + 1]!; first += CHUNK_ITEMS) {
      const count = Math.min(CHUNK_ITEMS, starts[n + 1]! - first);
      chunks.push({ votes: n, first, items: count, firstVote: plainVotes });
      plainVotes += n * count;
    }
  }

  const entries = rows.labels.length * W;
  const shardCount = shardsFor(plainVotes / rows.labels.length);
  const shardStarts = [0];
  chunks.forEach((chunk, index) => {
    if (chunk.firstVote >= (plainVotes * shardStarts.length) / shardCount) shardStarts.push(index);
  });
  while (shardStarts.length <= shardCount) shardStarts.push(chunks.length);

  let bytes = 64;
  const reserve = (size: number) => {
    const at = bytes;
    // Rows of one array must not share a cache line with another thread's.
    bytes += Math.ceil(size / 64) * 64 + 64;
    return at;
  };
  const tallyBytes = Math.ceil((8 * tallied + 24 + scratchBytes * (W + 1)) / 64) * 64 + 64;
  const countBytes = 8 * entries;
  const voteBytes = annotators ? 8 : 4;
  const codesAt = reserve(voteBytes * plainVotes);
  const posteriors = reserve(8 * W * items.length);
  const shards: ShardLayout = {
    tallied,
    voteBytes,
    chunks: reserve(16 * chunks.length),
    shardStarts,
    confusion: reserve(countBytes + (annotators ? 8 * votes.annotatorCount * W : 0)),
    priors: reserve(8 * W + 8),
    counts: reserve(countBytes * shardCount),
    countBytes,
    tallies: reserve(tallyBytes * shardCount),
    tallyBytes,
  };

  function fill(memory: ArrayBufferLike): void {
    const u32 = new Uint32Array(memory);
    let at = codesAt / 4;
    for (const item of items) {
      for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
        if (annotators) {
          u32[at++] = shards.confusion + 8 * scale * codes[vote]!;
          u32[at++] = shards.confusion + 8 * (entries + votes.annotators[vote]! * W);
        } else u32[at++] = scale * codes[vote]!;
      }
    }
    chunks.forEach(({ votes, first, items: count, firstVote }, index) => {
      const start = codesAt + voteBytes * firstVote;
      u32.set([votes, start, start + voteBytes * votes * count, posteriors + 8 * W * first], shards.chunks / 4 + 4 * index);
    });
  }
  return { shards, bytes, posteriors, items, others: otherItems, fill };
}

/**
 * Zeroing and adding up a shard's counts costs about as much as twice as many votes as it has rows: two shards where two threads
 * gain more than that, up to eight where it stays below 5%. An even number, to share out between two threads.
 */
function shardsFor(votesPerRow: number): number {
  if (votesPerRow < 20) return 1;
  return Math.max(2, Math.min(MOST_SHARDS, 2 * Math.floor(votesPerRow / 80)));
}
