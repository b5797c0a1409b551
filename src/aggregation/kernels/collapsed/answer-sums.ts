import { digamma } from '../../numeric/special-functions.js';
import type { ClassGroups, NearlyEvenRows } from './nearly-even-rows.js';
import { LEAST } from './row-prior.js';

/** The slope of psi(1 + x) at 0. */
const TRIGAMMA_OF_1 = Math.PI ** 2 / 6;

/** Even counts up to this are nothing to a digamma. */
export const NOTHING = 1e-9;

/** Pseudo-votes of a class from those of its group: the least there is stays the least. */
export function scaled(alpha: number, scale: number): number {
  return isScaled(alpha) ? alpha * scale : alpha;
}

export function isScaled(alpha: number): boolean {
  return alpha > LEAST;
}

/**
 * alpha S of one answer at a time, S the sum over its rows of psi(alpha + c) - psi(alpha): for each group of classes, and for each
 * class in which a row differs. First all rows, then the groups, then the classes that were touched.
 */
export class AnswerSums {
  /** The classes in which a row differed, and the answer itself. */
  readonly touched: Int32Array;
  touchedCount = 0;
  private readonly isTouched: Uint8Array;
  /** G: of the rows with a count what these sum to, what their digammas sum to, and how many they are. */
  private readonly counts: Float64Array;
  private readonly digammas: Float64Array;
  private readonly numbers: Float64Array;
  /** G: the count of rows all alike that amount to the same. */
  private readonly alikeCounts: Float64Array;
  /** K: alpha and its digamma, and S of the rows that differ, less what they would be if they did not. */
  private readonly alphas: Float64Array;
  private readonly digammasOfAlphas: Float64Array;
  private readonly rises: Float64Array;
  /** K: by how much alpha differs from even. */
  private readonly differences: Float64Array;
  private answer = -1;

  constructor(private readonly groups: ClassGroups) {
    const [K, G] = [groups.of.length, groups.sizes.length];
    this.touched = new Int32Array(K);
    this.isTouched = new Uint8Array(K);
    this.counts = new Float64Array(G);
    this.digammas = new Float64Array(G);
    this.numbers = new Float64Array(G);
    this.alikeCounts = new Float64Array(G);
    this.alphas = new Float64Array(K);
    this.digammasOfAlphas = new Float64Array(K);
    this.rises = new Float64Array(K);
    this.differences = new Float64Array(K);
  }

  begin(alpha: NearlyEvenRows, scale: Float64Array, answer: number, label: number): void {
    this.counts.fill(0);
    this.digammas.fill(0);
    this.numbers.fill(0);
    this.answer = answer;
    this.touchedCount = 0;
    for (let e = alpha.starts[answer]!; e < alpha.starts[answer + 1]!; e++) this.differences[alpha.classes[e]!] = alpha.differences[e]!;
    this.touch(label, alpha, scale);
  }

  add(rows: NearlyEvenRows, row: number, alpha: NearlyEvenRows, scale: Float64Array): void {
    const { groups: { of }, counts, digammas, numbers, isTouched, alphas, digammasOfAlphas, rises, answer } = this;
    const G = counts.length;
    for (let group = 0; group < G; group++) {
      const count = rows.even[row * G + group]!;
      if (count <= NOTHING) continue;
      counts[group]! += count;
      digammas[group]! += digamma(alpha.even[answer * G + group]! + count);
      numbers[group]!++;
    }
    for (let e = rows.starts[row]!; e < rows.starts[row + 1]!; e++) {
      const k = rows.classes[e]!;
      if (isTouched[k] === 0) this.touch(k, alpha, scale);
      const even = rows.even[row * G + of[k]!]!;
      rises[k]! += digamma(alphas[k]! + Math.max(0, even + rows.differences[e]!)) - (even > NOTHING ? digamma(alphas[k]! + even) : digammasOfAlphas[k]!);
    }
  }

  /**
   * alpha S of the group. Its rows amount to as many of one count as have the same sum of counts and the same S, by
   * psi(a + c) - psi(a) = c/(a (a + c)) + about c pi^2/6.
   */
  endGroup(group: number, alpha: number): number {
    const { counts, digammas, numbers, alikeCounts } = this;
    if (numbers[group] === 0) return 0;
    const S = digammas[group]! - numbers[group]! * digamma(alpha);
    const fraction = alpha * (S - TRIGAMMA_OF_1 * counts[group]!);
    alikeCounts[group] = fraction > 0 ? Math.max(NOTHING, counts[group]! / fraction - alpha) : 1;
    return alpha * S;
  }

  /** alpha S of a class that was touched, which it is no longer. */
  endClass(k: number): number {
    const { groups: { of }, counts, numbers, alikeCounts, alphas, digammasOfAlphas, rises, isTouched } = this;
    const group = of[k]!;
    isTouched[k] = 0;
    const even = numbers[group] === 0 ? 0 : (counts[group]! / alikeCounts[group]!) * (digamma(alphas[k]! + alikeCounts[group]!) - digammasOfAlphas[k]!);
    return alphas[k]! * Math.max(0, rises[k]! + even);
  }

  /** Forgets what differs of the answer's alpha. */
  end(alpha: NearlyEvenRows): void {
    for (let e = alpha.starts[this.answer]!; e < alpha.starts[this.answer + 1]!; e++) this.differences[alpha.classes[e]!] = 0;
  }

  private touch(k: number, alpha: NearlyEvenRows, scale: Float64Array): void {
    const { groups: { of, sizes }, alphas, digammasOfAlphas, rises, isTouched, touched } = this;
    alphas[k] = scaled(alpha.even[this.answer * sizes.length + of[k]!]!, scale[k]!) + this.differences[k]!;
    digammasOfAlphas[k] = digamma(alphas[k]);
    rises[k] = 0;
    isTouched[k] = 1;
    touched[this.touchedCount++] = k;
  }
}
