import type { PassInput } from '../pass.js';

/** Classes that have about as many items by the shares of their votes, and which are alike to the crowd unless it says otherwise. */
export interface ClassGroups {
  /** K: the group of each class. */
  of: Int32Array;
  /** The number of classes in each. */
  sizes: Float64Array;
}

/**
 * Steps from a number of items to twice as many. With four, a one-vote item's label was up to twice as far from that of full
 * rows; with sixteen no nearer, for a fifth more time.
 */
const STEPS_AN_OCTAVE = 8;

export function groupClasses({ votes: { classes, items, itemOffsets, classCount: K }, gold }: PassInput): ClassGroups {
  const shares = new Float64Array(K).fill(1);
  for (let vote = 0; vote < classes.length; vote++) {
    const item = items[vote]!;
    if (!(gold && gold[item]! >= 0)) shares[classes[vote]!]! += 1 / (itemOffsets[item + 1]! - itemOffsets[item]!);
  }
  gold?.forEach((answer) => answer >= 0 && shares[answer]!++);
  // A little above the edges, on which many classes lie: no rounding decides where they belong.
  const steps = Int32Array.from(shares, (share) => Math.floor(STEPS_AN_OCTAVE * Math.log2(share) + 1e-6));
  const groups = new Map([...new Set(steps)].sort((a, b) => a - b).map((step, group) => [step, group]));
  const of = steps.map((step) => groups.get(step)!);
  const sizes = new Float64Array(groups.size);
  for (const group of of) sizes[group]!++;
  return { of, sizes };
}

/** Rounds in which `append` tells what stands out from the others. */
const ROUNDS = 6;
/** What is even is taken for small by the prior; groups above this have nothing in common. */
const MOST_EVEN = 0.1;

/**
 * Rows of K numbers that are even within each group of classes but for a few: one number for each group, and of single classes
 * by how much they differ from it. Sums of such rows are such rows, and nothing is lost in them. Rows are written in order.
 */
export class NearlyEvenRows {
  /** rows x groups. */
  readonly even: Float64Array;
  /** Row r's differences lie from starts[r] up to starts[r + 1]. */
  readonly starts: Int32Array;
  classes = new Int32Array(1 << 10);
  differences = new Float64Array(1 << 10);
  private used = 0;

  constructor(readonly groups: ClassGroups, rowCount: number) {
    this.even = new Float64Array(rowCount * groups.sizes.length);
    this.starts = new Int32Array(rowCount + 1);
  }

  get differenceCount(): number {
    return this.used;
  }

  /** Forgets all differences; then, for each row: room, its differences, its end. */
  begin(): void {
    this.used = 0;
  }

  /** Makes room for `most` more differences; the arrays may be others afterwards. */
  reserve(most: number): void {
    const least = this.used + most;
    if (least <= this.classes.length) return;
    const { classes, differences } = this;
    this.classes = new Int32Array(Math.max(least, 2 * classes.length));
    this.differences = new Float64Array(this.classes.length);
    this.classes.set(classes);
    this.differences.set(differences);
  }

  add(k: number, difference: number): void {
    this.classes[this.used] = k;
    this.differences[this.used++] = difference;
  }

  end(row: number): void {
    this.starts[row + 1] = this.used;
  }

  /** The next row, from its K numbers at `at`. Those that are not from half to twice the mean of their group's others differ. */
  append(row: number, values: Float64Array, at: number): void {
    const { groups: { of, sizes }, even } = this;
    const G = sizes.length;
    const means = even.subarray(row * G, (row + 1) * G);
    const low = new Float64Array(G);
    const high = new Float64Array(G).fill(Infinity);
    const numbers = new Float64Array(G);
    // Each round knows the others better, without what stood out from them in the last; only then what lies below is told, too.
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) for (let group = 0; group < G; group++) high[group] = 2 * means[group]!;
      if (round + 1 === ROUNDS) for (let group = 0; group < G; group++) low[group] = means[group]! / 2;
      means.fill(0);
      numbers.fill(0);
      for (let k = 0; k < of.length; k++) {
        const group = of[k]!;
        if (values[at + k]! < low[group]! || values[at + k]! > high[group]!) continue;
        means[group]! += values[at + k]!;
        numbers[group]!++;
      }
      for (let group = 0; group < G; group++) means[group]! /= Math.max(1, numbers[group]!);
    }
    for (let group = 0; group < G; group++) {
      if (means[group]! <= MOST_EVEN) continue;
      means[group] = 0;
      high[group] = -1;
    }
    this.reserve(of.length);
    for (let k = 0; k < of.length; k++) {
      const group = of[k]!;
      if (values[at + k]! < low[group]! || values[at + k]! > high[group]!) this.add(k, values[at + k]! - means[group]!);
    }
    this.end(row);
  }

  /** The row's K numbers, which are not below 0, to `out` at `at`. */
  write(row: number, out: Float64Array, at: number): void {
    const { groups: { of, sizes }, even, starts, classes, differences } = this;
    const first = row * sizes.length;
    for (let k = 0; k < of.length; k++) out[at + k] = even[first + of[k]!]!;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) out[at + classes[e]!] = Math.max(0, out[at + classes[e]!]! + differences[e]!);
  }
}

/** Adds up nearly even rows, one sum at a time. */
export class NearlyEvenSum {
  private readonly even: Float64Array;
  private readonly differences: Float64Array;
  private readonly touched: Int32Array;
  private readonly isTouched: Uint8Array;
  private touchedCount = 0;

  constructor({ of, sizes }: ClassGroups) {
    this.even = new Float64Array(sizes.length);
    this.differences = new Float64Array(of.length);
    this.touched = new Int32Array(of.length);
    this.isTouched = new Uint8Array(of.length);
  }

  add(rows: NearlyEvenRows, row: number): void {
    const { even } = this;
    const first = row * even.length;
    for (let group = 0; group < even.length; group++) even[group]! += rows.even[first + group]!;
    for (let e = rows.starts[row]!; e < rows.starts[row + 1]!; e++) this.addClass(rows.classes[e]!, rows.differences[e]!);
  }

  addClass(k: number, difference: number): void {
    if (this.isTouched[k] === 0) {
      this.isTouched[k] = 1;
      this.touched[this.touchedCount++] = k;
    }
    this.differences[k]! += difference;
  }

  /** Appends the sum and begins the next. */
  end(into: NearlyEvenRows, row: number): void {
    const { even, differences, touched, isTouched, touchedCount } = this;
    into.even.set(even, row * even.length);
    even.fill(0);
    into.reserve(touchedCount);
    for (let t = 0; t < touchedCount; t++) {
      const k = touched[t]!;
      into.add(k, differences[k]!);
      differences[k] = 0;
      isTouched[k] = 0;
    }
    this.touchedCount = 0;
    into.end(row);
  }
}
