import type { ClassGroups } from './nearly-even-rows.js';
import type { SparseCounts } from './sparse-counts.js';
import type { SparseRowPrior } from './sparse-row-prior.js';

/** A class that starts from so much more or less than the mean of its group is not like it. */
const UNLIKE = 0.1;

/** What the items of a pass have in common: where classes start from, and what annotators' totals are on average over a group. */
export class ClassStarts {
  /** K: what each class starts from; how much of that an item's own probability of it is, for 1; and the sums over each group. */
  readonly start: Float64Array;
  share = 0;
  readonly ofGroups: Float64Array;
  /** Classes that have come to start from something else than their group. */
  unlike = new Int32Array(0);
  /** M x G: the harmonic mean of an annotator's terms of a group's classes. */
  readonly means: Float64Array;

  constructor(private readonly groups: ClassGroups, annotatorCount: number) {
    this.start = new Float64Array(groups.of.length);
    this.ofGroups = new Float64Array(groups.sizes.length);
    this.means = new Float64Array(annotatorCount * groups.sizes.length);
  }

  /** By the counts and the prior as they are now. */
  prepare({ classCounts, annotators }: SparseCounts, { totals, groupTotals }: SparseRowPrior, even: boolean): void {
    const { start, ofGroups, means, groups: { of, sizes } } = this;
    const [K, G] = [of.length, sizes.length];
    const others = classCounts.reduce((sum, count) => sum + count, K - 1);
    for (let k = 0; k < K; k++) start[k] = even ? 1 / K : (1 + classCounts[k]!) / others;
    this.share = even ? 0 : 1 / others;
    ofGroups.fill(0);
    for (let k = 0; k < K; k++) ofGroups[of[k]!]! += start[k]!;
    this.unlike = Int32Array.from(start.keys()).filter((k) => Math.abs((start[k]! * sizes[of[k]!]!) / ofGroups[of[k]!]! - 1) > UNLIKE);
    for (let annotator = 0, at = 0; at < means.length; annotator++, at += G) {
      for (let group = 0; group < G; group++) means[at + group] = 1 / (groupTotals[group]! + annotators.even[at + group]!);
      for (let e = annotators.starts[annotator]!; e < annotators.starts[annotator + 1]!; e++) {
        const k = annotators.classes[e]!;
        const term = totals[k]! + annotators.even[at + of[k]!]!;
        means[at + of[k]!]! += (1 / (term + annotators.differences[e]!) - 1 / term) / sizes[of[k]!]!;
      }
      for (let group = 0; group < G; group++) means[at + group] = 1 / means[at + group]!;
    }
  }
}
