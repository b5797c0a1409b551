import { digamma } from '../../numeric/special-functions.js';
import type { ConfusionRows } from '../confusion-rows.js';

/** Pseudo-votes of the starting prior for the right answer; the wrong ones share one. */
export const RIGHT = 3;
export const LEAST = 1e-3;

/**
 * The Dirichlet prior that all annotators' confusion rows share: of each true class k, alpha[l | k] pseudo-votes for answer l.
 * Each step is one of Minka's fixed point ("Estimating a Dirichlet distribution", 2000) on all annotators' expected votes,
 * held towards the starting prior by its weight h:
 *
 *     alpha[l | k] <- (alpha[l | k] S + h g) / (D + h),   S = sum over annotators of psi(alpha[l | k] + c) - psi(alpha[l | k]),
 *                                                          D the same of the sums over all answers l.
 *
 * Answers that nobody gives all follow the same path: they are one entry each class (and one for the right answer), so that
 * memory is 24 bytes x K for each class used, not for each class there is.
 */
export class RowPrior {
  /** Answers in use, ascending. */
  private readonly answers: Int32Array;
  /** Place of each row's answer among them. */
  private readonly answerOfRow: Int32Array;
  /** answers x K. */
  private readonly alpha: Float64Array;
  private readonly sums: Float64Array;
  private readonly digammas: Float64Array;
  /** K: pseudo-votes over all K answers, and of the answers not in use the right one (where it is one) and each wrong one. */
  private readonly totals: Float64Array;
  private readonly unusedRight: Float64Array;
  private readonly unusedWrong: Float64Array;
  private readonly isUsed: Uint8Array;

  constructor(private readonly rows: ConfusionRows, private readonly K: number, private readonly weight: number) {
    this.isUsed = new Uint8Array(K);
    for (const label of rows.labels) this.isUsed[label] = 1;
    this.answers = Int32Array.from(this.isUsed.keys()).filter((label) => this.isUsed[label] === 1);
    const place = new Int32Array(K);
    this.answers.forEach((label, answer) => (place[label] = answer));
    this.answerOfRow = rows.labels.map((label) => place[label]!);
    this.alpha = Float64Array.from({ length: this.answers.length * K }, (_, at) => startingCount(this.answers[Math.floor(at / K)]!, at % K, K));
    this.sums = new Float64Array(this.alpha.length);
    this.digammas = new Float64Array(this.alpha.length);
    this.unusedRight = new Float64Array(K).fill(RIGHT);
    this.unusedWrong = new Float64Array(K).fill(1 / (K - 1));
    this.totals = new Float64Array(K);
    this.addUp();
  }

  /** Terms of the next pass: pseudo-votes and counts, of each row and then of each annotator. */
  writeTerms(counts: Float64Array, terms: Float64Array): void {
    const { rows: { offsets }, K, alpha, totals, answerOfRow } = this;
    let total = answerOfRow.length * K;
    for (let annotator = 0; annotator + 1 < offsets.length; annotator++, total += K) {
      for (let k = 0; k < K; k++) terms[total + k] = totals[k]!;
      for (let row = offsets[annotator]!; row < offsets[annotator + 1]!; row++) {
        const at = row * K;
        const prior = answerOfRow[row]! * K;
        for (let k = 0; k < K; k++) {
          const count = counts[at + k]!;
          terms[at + k] = alpha[prior + k]! + count;
          terms[total + k]! += count;
        }
      }
    }
  }

  /** One step towards what the annotators' counts say. */
  learn(counts: Float64Array): void {
    const { rows: { offsets }, K, alpha, sums, digammas, totals, answerOfRow, weight } = this;
    sums.fill(0);
    for (let at = 0; at < alpha.length; at++) digammas[at] = digamma(alpha[at]!);
    const ofTotals = totals.map(digamma);
    const divisors = new Float64Array(K).fill(weight);
    const given = new Float64Array(K);
    for (let annotator = 0; annotator + 1 < offsets.length; annotator++) {
      given.fill(0);
      for (let row = offsets[annotator]!; row < offsets[annotator + 1]!; row++) {
        const prior = answerOfRow[row]! * K;
        for (let k = 0; k < K; k++) {
          const count = counts[row * K + k]!;
          // Where K is large most counts are 0.
          if (count === 0) continue;
          given[k]! += count;
          sums[prior + k]! += digamma(alpha[prior + k]! + count) - digammas[prior + k]!;
        }
      }
      for (let k = 0; k < K; k++) if (given[k]! > 0) divisors[k]! += digamma(totals[k]! + given[k]!) - ofTotals[k]!;
    }
    for (let answer = 0, at = 0; answer < this.answers.length; answer++) {
      for (let k = 0; k < K; k++, at++) alpha[at] = Math.max(LEAST, (alpha[at]! * sums[at]! + weight * startingCount(this.answers[answer]!, k, K)) / divisors[k]!);
    }
    for (let k = 0; k < K; k++) {
      this.unusedRight[k] = Math.max(LEAST, (weight * RIGHT) / divisors[k]!);
      this.unusedWrong[k] = Math.max(LEAST, weight / (K - 1) / divisors[k]!);
    }
    this.addUp();
  }

  private addUp(): void {
    const { K, alpha, totals, answers, isUsed } = this;
    const unused = K - answers.length;
    for (let k = 0; k < K; k++) totals[k] = isUsed[k] ? unused * this.unusedWrong[k]! : (unused - 1) * this.unusedWrong[k]! + this.unusedRight[k]!;
    for (let at = 0; at < alpha.length; at++) totals[at % K]! += alpha[at]!;
  }
}

export function startingCount(answer: number, trueClass: number, K: number): number {
  return answer === trueClass ? RIGHT : 1 / (K - 1);
}
