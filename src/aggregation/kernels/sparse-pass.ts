import { setCertain } from '../numeric/simplex.js';
import { LEAST_COUNT } from './maximization.js';
import { LEAST_PRIOR, NEGLIGIBLE, partsOf, RESCALE_EVERY, type PassInput } from './pass.js';
import { SparseConfusion } from './sparse-confusion.js';
import { writeShares } from '../vote-shares.js';

/** From so many classes on, full rows of counts and probabilities cost more than looking up the few entries that are there. */
export const SPARSE_FROM_CLASSES = 512;

export interface SparsePass {
  confusion: SparseConfusion;
  classPriors: Float64Array;
  /** N x K, of the last pass. */
  posteriors: Float64Array;
  /** E step, then M step. @returns the natural-log likelihood under the parameters it started from. */
  run: (tell?: (done: number) => void) => number;
}

/**
 * Dawid-Skene's pass for many classes: the model and the limits of the readable kernel, to rounding, over the entries of the
 * confusion matrices that are above the least count. All others of a column are equal and are never written down: a class that
 * an annotator never met is 1 over the number of classes they used. Items cost O(K + columns met by their annotators), rows
 * O(posteriors above the negligible), memory O(N x K + entries); full matrices of 20,000 rows over 4,000 classes took 1.3 GB
 * and as long to go through as all else.
 * No candidate sets, no prior counts, no smoothing: these fill every entry.
 */
export function sparsePass({ votes, rows, gold }: PassInput): SparsePass {
  const { itemCount: N, classCount: K, itemOffsets } = votes;
  const rowOfVote = rows.codes.map((code) => code / K);
  const confusion = new SparseConfusion(rows.offsets, K);
  const classPriors = new Float64Array(K);
  const classCounts = new Float64Array(K);
  const posteriors = new Float64Array(N * K);
  const counted = new CountedClasses(N);
  const itemsOfRow = byRow(rowOfVote, votes.items, rows.labels.length);
  // An item none of whose annotators gave the same class elsewhere adds to no count but its own: what is below the least count is lost.
  const alone = Uint8Array.from({ length: N }, (_, item) => {
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const row = rowOfVote[vote]!;
      if (itemsOfRow.offsets[row + 1]! - itemsOfRow.offsets[row]! > 1) return 0;
    }
    return 1;
  });
  const part = partsOf(N, K);

  // The first parameters are those that the shares of the votes imply.
  for (let item = 0; item < N; item++) {
    if (!(itemOffsets[item]! < itemOffsets[item + 1]!) && !(gold && gold[item]! >= 0)) continue;
    writeShares(votes, item, gold, posteriors, item * K);
    count(item);
  }
  maximize();
  return { confusion, classPriors, posteriors, run };

  function run(tell?: (done: number) => void): number {
    let logLikelihood = 0;
    counted.clear();
    classCounts.fill(0);
    for (let k = 0; k < K; k++) classPriors[k] = Math.max(LEAST_PRIOR, classPriors[k]!);
    for (let item = 0; item < N; item++) {
      if (item % part === part - 1) tell?.(item / N);
      const first = itemOffsets[item]!;
      const last = itemOffsets[item + 1]!;
      const known = gold ? gold[item]! : -1;
      if (known >= 0) {
        for (let vote = first; vote < last; vote++) logLikelihood += Math.log(confusion.probability(rowOfVote[vote]!, known));
        logLikelihood += Math.log(classPriors[known]!);
        setCertain(posteriors, item * K, K, known);
      } else {
        const log = weigh(item * K, first, last);
        if (first === last) continue;
        logLikelihood += log;
      }
      count(item);
    }
    maximize();
    return logLikelihood;
  }

  /** The item's posterior, in its row. @returns the log of what it was divided by. */
  function weigh(at: number, first: number, last: number): number {
    let log = 0;
    for (let k = 0; k < K; k++) posteriors[at + k] = classPriors[k]!;
    let from = first;
    do {
      const to = Math.min(from + RESCALE_EVERY, last);
      let unmet = 1;
      for (let vote = from; vote < to; vote++) unmet *= confusion.multiply(rowOfVote[vote]!, posteriors, at);
      let sum = 0;
      for (let k = 0; k < K; k++) sum += posteriors[at + k]!;
      const inverse = 1 / sum;
      for (let k = 0; k < K; k++) posteriors[at + k]! *= inverse;
      log += Math.log(sum) + Math.log(unmet);
      from = to;
    } while (from < last);
    return log;
  }

  /** Notes which classes of the item's posterior are worth counting. */
  function count(item: number): void {
    const at = item * K;
    const least = alone[item] === 1 ? LEAST_COUNT : NEGLIGIBLE;
    counted.begin(item, K);
    for (let k = 0; k < K; k++) {
      const p = posteriors[at + k]!;
      classCounts[k]! += p;
      if (p > least) counted.add(k);
    }
    counted.end(item);
  }

  /** Row by row, so that one row's counts are all that is ever there in full. */
  function maximize(): void {
    confusion.begin();
    for (let row = 0; row < rows.labels.length; row++) {
      for (let i = itemsOfRow.offsets[row]!; i < itemsOfRow.offsets[row + 1]!; i++) {
        const item = itemsOfRow.items[i]!;
        for (let c = counted.starts[item]!; c < counted.ends[item]!; c++) confusion.count(counted.classes[c]!, posteriors[item * K + counted.classes[c]!]!);
      }
      confusion.endRow(row);
    }
    let total = 0;
    for (let k = 0; k < K; k++) total += classCounts[k]!;
    for (let k = 0; k < K; k++) classPriors[k] = total > 0 ? classCounts[k]! / total : 1 / K;
  }
}

/** For each item the classes that its posterior adds to: a list that grows. */
class CountedClasses {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  classes = new Int32Array(1 << 12);
  private used = 0;

  constructor(itemCount: number) {
    this.starts = new Int32Array(itemCount);
    this.ends = new Int32Array(itemCount);
  }

  clear(): void {
    this.used = 0;
    this.starts.fill(0);
    this.ends.fill(0);
  }

  /** Makes room for `most` classes. */
  begin(item: number, most: number): void {
    this.starts[item] = this.used;
    if (this.used + most <= this.classes.length) return;
    const larger = new Int32Array(Math.max(this.used + most, 2 * this.classes.length));
    larger.set(this.classes.subarray(0, this.used));
    this.classes = larger;
  }

  add(k: number): void {
    this.classes[this.used++] = k;
  }

  end(item: number): void {
    this.ends[item] = this.used;
  }
}

/** The item of each vote, by the vote's row: items[offsets[r]] up to items[offsets[r + 1]]. */
export function byRow(rowOfVote: Int32Array, itemOfVote: Int32Array, rowCount: number): { offsets: Int32Array; items: Int32Array } {
  const offsets = new Int32Array(rowCount + 1);
  for (const row of rowOfVote) offsets[row + 1]!++;
  for (let row = 0; row < rowCount; row++) offsets[row + 1]! += offsets[row]!;
  const next = offsets.slice();
  const items = new Int32Array(rowOfVote.length);
  for (let vote = 0; vote < rowOfVote.length; vote++) items[next[rowOfVote[vote]!]!++] = itemOfVote[vote]!;
  return { offsets, items };
}
