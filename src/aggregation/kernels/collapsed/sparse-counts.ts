import type { PassInput } from '../pass.js';
import { byRow } from '../sparse-pass.js';
import { NearlyEvenRows, NearlyEvenSum, type ClassGroups } from './nearly-even-rows.js';

/** What the items' posteriors add up to. O(differences + (votes + rows + N) x groups). */
export class SparseCounts {
  /** Of each (annotator, class used) the expected votes, by true class. */
  readonly rows: NearlyEvenRows;
  /** Of each annotator the same over all answers. */
  readonly annotators: NearlyEvenRows;
  /** K: expected items, of those with votes or a gold answer. */
  readonly classCounts: Float64Array;
  private readonly offsets: Int32Array;
  private readonly itemsOfRow: { offsets: Int32Array; items: Int32Array };
  private readonly rowSum: NearlyEvenSum;
  private readonly annotatorSum: NearlyEvenSum;

  /** @param known what is known of the annotators from elsewhere, over the same rows. */
  constructor({ votes, rows }: PassInput, private readonly groups: ClassGroups, private readonly known: NearlyEvenRows | null) {
    const K = votes.classCount;
    this.offsets = rows.offsets;
    this.rows = new NearlyEvenRows(groups, rows.labels.length);
    this.annotators = new NearlyEvenRows(groups, votes.annotatorCount);
    this.classCounts = new Float64Array(K);
    this.itemsOfRow = byRow(rows.codes.map((code) => code / K), votes.items, rows.labels.length);
    this.rowSum = new NearlyEvenSum(groups);
    this.annotatorSum = new NearlyEvenSum(groups);
  }

  count(posteriors: NearlyEvenRows): void {
    const { offsets, itemsOfRow, rows, annotators, known, rowSum, annotatorSum } = this;
    rows.begin();
    annotators.begin();
    for (let annotator = 0; annotator + 1 < offsets.length; annotator++) {
      for (let row = offsets[annotator]!; row < offsets[annotator + 1]!; row++) {
        if (known) rowSum.add(known, row);
        for (let i = itemsOfRow.offsets[row]!; i < itemsOfRow.offsets[row + 1]!; i++) rowSum.add(posteriors, itemsOfRow.items[i]!);
        rowSum.end(rows, row);
        annotatorSum.add(rows, row);
      }
      annotatorSum.end(annotators, annotator);
    }
    this.countClasses(posteriors);
  }

  /** The rows of items that are not counted are 0. */
  private countClasses({ even, classes, differences, differenceCount }: NearlyEvenRows): void {
    const { classCounts, groups: { of, sizes } } = this;
    const G = sizes.length;
    const sums = new Float64Array(G);
    for (let at = 0; at < even.length; at += G) for (let group = 0; group < G; group++) sums[group]! += even[at + group]!;
    for (let k = 0; k < of.length; k++) classCounts[k] = sums[of[k]!]!;
    for (let e = 0; e < differenceCount; e++) classCounts[classes[e]!]! += differences[e]!;
    // Where all of a sum was taken away again a rounding error is left.
    for (let k = 0; k < of.length; k++) classCounts[k] = Math.max(0, classCounts[k]!);
  }
}
