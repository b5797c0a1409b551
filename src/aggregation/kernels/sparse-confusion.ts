import { LEAST_COUNT } from './maximization.js';

/**
 * Confusion matrices of many classes, as products: P(vote = the row's class | true class k) is 1 / (classes the annotator used),
 * times a factor for each class k the annotator met (a column with a count above the least), times a factor for each entry above
 * the least count. Rows as in `ConfusionRows`.
 */
export class SparseConfusion {
  private readonly annotatorOfRow: Int32Array;
  /** Annotator a's columns lie from columnStarts[a] up to columnStarts[a + 1]. */
  private readonly columnStarts: Int32Array;
  private columnClasses = new Int32Array(1 << 10);
  private columnFactors = new Float64Array(1 << 10);
  private columnsUsed = 0;
  /** Row r's entries lie from entryStarts[r] up to entryStarts[r + 1]. */
  private readonly entryStarts: Int32Array;
  private entryClasses = new Int32Array(1 << 12);
  private entryFactors = new Float64Array(1 << 12);
  private entriesUsed = 0;

  /** One row's counts in full, and which of them are not 0. */
  private readonly counts: Float64Array;
  private readonly touched: Int32Array;
  private touchedCount = 0;
  /** One annotator's columns: the sum of the entries and how many they are. */
  private readonly sums: Float64Array;
  private readonly numbers: Int32Array;

  /** @param offsets M + 1: the rows of annotator a are offsets[a] up to offsets[a + 1]. */
  constructor(private readonly offsets: Int32Array, private readonly classCount: number) {
    const rowCount = offsets[offsets.length - 1]!;
    this.annotatorOfRow = new Int32Array(rowCount);
    for (let annotator = 0; annotator + 1 < offsets.length; annotator++) this.annotatorOfRow.fill(annotator, offsets[annotator], offsets[annotator + 1]);
    this.columnStarts = new Int32Array(offsets.length);
    this.entryStarts = new Int32Array(rowCount + 1);
    this.counts = new Float64Array(classCount);
    this.touched = new Int32Array(classCount);
    this.sums = new Float64Array(classCount);
    this.numbers = new Int32Array(classCount);
  }

  /** Entries above the least count. */
  get entryCount(): number {
    return this.entriesUsed;
  }

  /** Multiplies the row's factors onto the K weights at `at`. @returns the factor that all of them have in common. */
  multiply(row: number, weights: Float64Array, at: number): number {
    const annotator = this.annotatorOfRow[row]!;
    const { columnClasses, columnFactors, entryClasses, entryFactors } = this;
    for (let c = this.columnStarts[annotator]!; c < this.columnStarts[annotator + 1]!; c++) weights[at + columnClasses[c]!]! *= columnFactors[c]!;
    for (let e = this.entryStarts[row]!; e < this.entryStarts[row + 1]!; e++) weights[at + entryClasses[e]!]! *= entryFactors[e]!;
    return 1 / this.rowsOf(annotator);
  }

  probability(row: number, k: number): number {
    const annotator = this.annotatorOfRow[row]!;
    let p = 1 / this.rowsOf(annotator);
    for (let c = this.columnStarts[annotator]!; c < this.columnStarts[annotator + 1]!; c++) if (this.columnClasses[c] === k) p *= this.columnFactors[c]!;
    for (let e = this.entryStarts[row]!; e < this.entryStarts[row + 1]!; e++) if (this.entryClasses[e] === k) p *= this.entryFactors[e]!;
    return p;
  }

  /** Forgets all; then, for each row in order: its counts, and its end. */
  begin(): void {
    this.columnsUsed = 0;
    this.entriesUsed = 0;
  }

  count(k: number, p: number): void {
    if (this.counts[k] === 0) this.touched[this.touchedCount++] = k;
    this.counts[k]! += p;
  }

  endRow(row: number): void {
    this.reserve();
    const { counts, touched, sums, numbers, entryClasses, entryFactors } = this;
    for (let t = 0; t < this.touchedCount; t++) {
      const k = touched[t]!;
      const count = counts[k]!;
      counts[k] = 0;
      if (count <= LEAST_COUNT) continue;
      entryClasses[this.entriesUsed] = k;
      entryFactors[this.entriesUsed++] = count / LEAST_COUNT;
      sums[k]! += count;
      if (numbers[k]!++ === 0) this.columnClasses[this.columnsUsed++] = k;
    }
    this.touchedCount = 0;
    this.entryStarts[row + 1] = this.entriesUsed;
    const annotator = this.annotatorOfRow[row]!;
    if (row + 1 === this.offsets[annotator + 1]) this.endAnnotator(annotator);
  }

  /** rows x K, row-major. */
  inFull(): Float64Array {
    const K = this.classCount;
    const values = new Float64Array((this.entryStarts.length - 1) * K);
    for (let row = 0; row + 1 < this.entryStarts.length; row++) {
      const at = row * K;
      values.fill(1, at, at + K);
      const common = this.multiply(row, values, at);
      for (let k = 0; k < K; k++) values[at + k]! *= common;
    }
    return values;
  }

  private endAnnotator(annotator: number): void {
    const rows = this.rowsOf(annotator);
    const first = this.columnStarts[annotator]!;
    for (let c = first; c < this.columnsUsed; c++) {
      const k = this.columnClasses[c]!;
      const total = this.sums[k]! + (rows - this.numbers[k]!) * LEAST_COUNT;
      this.columnFactors[c] = (LEAST_COUNT / total) * rows;
      this.sums[k] = 0;
      this.numbers[k] = 0;
    }
    // Annotators without rows between this one and the next have no columns either.
    this.columnStarts.fill(this.columnsUsed, annotator + 1);
  }

  private rowsOf(annotator: number): number {
    return this.offsets[annotator + 1]! - this.offsets[annotator]!;
  }

  /** Room for one more row that has an entry for every class, and for as many columns. */
  private reserve(): void {
    const K = this.classCount;
    if (this.entriesUsed + K > this.entryClasses.length) {
      this.entryClasses = grown(this.entryClasses, this.entriesUsed + K, Int32Array);
      this.entryFactors = grown(this.entryFactors, this.entriesUsed + K, Float64Array);
    }
    if (this.columnsUsed + K > this.columnClasses.length) {
      this.columnClasses = grown(this.columnClasses, this.columnsUsed + K, Int32Array);
      this.columnFactors = grown(this.columnFactors, this.columnsUsed + K, Float64Array);
    }
  }
}

function grown<A extends Int32Array | Float64Array>(array: A, least: number, Kind: new (length: number) => A): A {
  const larger = new Kind(Math.max(least, 2 * array.length));
  larger.set(array);
  return larger;
}
