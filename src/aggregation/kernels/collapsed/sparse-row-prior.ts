import { digamma } from '../../numeric/special-functions.js';
import type { ConfusionRows } from '../confusion-rows.js';
import { byRow } from '../sparse-pass.js';
import { AnswerSums, isScaled, NOTHING, scaled } from './answer-sums.js';
import { NearlyEvenRows, type ClassGroups } from './nearly-even-rows.js';
import { LEAST, RIGHT, startingCount } from './row-prior.js';
import type { SparseCounts } from './sparse-counts.js';

/**
 * `RowPrior` for many classes. The pseudo-votes of an answer l are its own where the counts of one of l's rows differ from even,
 * and for k = l; elsewhere they are those of k's group, times what makes up for the divisor D + h of k itself:
 *
 *     alpha[l | k] = alpha[l | group of k] x scale[k], or the least there is.
 *
 * Where we differ from `RowPrior`: rows that are even at k enter S[l | k] by what they amount to in k's group, as so many rows
 * of one count, since a digamma for each of them and k would be O(rows x K).
 */
export class SparseRowPrior {
  /** answers x K; what is even is still to be scaled. */
  alpha: NearlyEvenRows;
  readonly scale: Float64Array;
  /** K: pseudo-votes over all K answers; and the means over each group. */
  readonly totals: Float64Array;
  readonly groupTotals: Float64Array;
  /** Place of each row's answer among those in use. */
  readonly answerOfRow: Int32Array;
  private readonly answers: Int32Array;
  private readonly isUsed: Uint8Array;
  private readonly rowsOfAnswer: { offsets: Int32Array; items: Int32Array };
  private readonly sums: AnswerSums;
  private spare: NearlyEvenRows;
  /** K: of the answers not in use the right one (where it is one) and each wrong one. */
  private readonly unusedRight: Float64Array;
  private readonly unusedWrong: Float64Array;

  constructor({ labels }: ConfusionRows, private readonly groups: ClassGroups, private readonly weight: number) {
    const K = groups.of.length;
    this.isUsed = new Uint8Array(K);
    for (const label of labels) this.isUsed[label] = 1;
    this.answers = Int32Array.from(this.isUsed.keys()).filter((label) => this.isUsed[label] === 1);
    const place = new Int32Array(K);
    this.answers.forEach((label, answer) => (place[label] = answer));
    this.answerOfRow = labels.map((label) => place[label]!);
    this.rowsOfAnswer = byRow(this.answerOfRow, Int32Array.from(labels.keys()), this.answers.length);
    this.alpha = new NearlyEvenRows(groups, this.answers.length);
    this.spare = new NearlyEvenRows(groups, this.answers.length);
    this.alpha.even.fill(1 / (K - 1));
    this.alpha.reserve(this.answers.length);
    this.answers.forEach((label, answer) => {
      this.alpha.add(label, RIGHT - 1 / (K - 1));
      this.alpha.end(answer);
    });
    this.scale = new Float64Array(K).fill(1);
    this.unusedRight = new Float64Array(K).fill(RIGHT);
    this.unusedWrong = new Float64Array(K).fill(1 / (K - 1));
    this.totals = new Float64Array(K);
    this.groupTotals = new Float64Array(groups.sizes.length);
    this.sums = new AnswerSums(groups);
    this.addUp();
  }

  /** One step towards what the annotators' counts say. O(differences + (rows + M) x groups + K). */
  learn(counts: SparseCounts): void {
    const { groups: { of, sizes }, alpha: old, spare: next, scale, sums, answers, rowsOfAnswer: { offsets, items }, weight } = this;
    const K = of.length;
    const divisors = this.divisors(counts.annotators);
    const inverses = new Float64Array(sizes.length);
    for (let k = 0; k < K; k++) inverses[of[k]!]! += 1 / divisors[k]! / sizes[of[k]!]!;
    const nextScale = divisors.map((divisor, k) => 1 / divisor / inverses[of[k]!]!);
    next.begin();
    for (let answer = 0; answer < answers.length; answer++) {
      const label = answers[answer]!;
      sums.begin(old, scale, answer, label);
      for (let r = offsets[answer]!; r < offsets[answer + 1]!; r++) sums.add(counts.rows, items[r]!, old, scale);
      const at = answer * sizes.length;
      for (let group = 0; group < sizes.length; group++) next.even[at + group] = Math.max(LEAST, (sums.endGroup(group, old.even[at + group]!) + weight / (K - 1)) * inverses[group]!);
      next.reserve(sums.touchedCount);
      for (let t = 0; t < sums.touchedCount; t++) {
        const k = sums.touched[t]!;
        const alpha = Math.max(LEAST, (sums.endClass(k) + weight * startingCount(label, k, K)) / divisors[k]!);
        next.add(k, alpha - scaled(next.even[at + of[k]!]!, nextScale[k]!));
      }
      next.end(answer);
      sums.end(old);
    }
    [this.alpha, this.spare] = [next, old];
    scale.set(nextScale);
    for (let k = 0; k < K; k++) {
      this.unusedRight[k] = Math.max(LEAST, (weight * RIGHT) / divisors[k]!);
      this.unusedWrong[k] = Math.max(LEAST, weight / (K - 1) / divisors[k]!);
    }
    this.addUp();
  }

  /** Adds an answer's pseudo-votes to the K numbers at `at`. */
  addTo(out: Float64Array, at: number, answer: number): void {
    const { groups: { of, sizes }, scale, alpha: { even, starts, classes, differences } } = this;
    const first = answer * sizes.length;
    for (let k = 0; k < of.length; k++) out[at + k]! += scaled(even[first + of[k]!]!, scale[k]!);
    for (let e = starts[answer]!; e < starts[answer + 1]!; e++) out[at + classes[e]!]! += differences[e]!;
  }

  /** D + h of each class: that of its group, put right by the annotators who differ. */
  private divisors({ even, starts, classes, differences }: NearlyEvenRows): Float64Array {
    const { groups: { of, sizes }, totals, groupTotals, weight } = this;
    const G = sizes.length;
    const ofGroups = new Float64Array(G).fill(weight);
    const before = groupTotals.map(digamma);
    for (let at = 0; at < even.length; at += G) {
      for (let group = 0; group < G; group++) if (even[at + group]! > NOTHING) ofGroups[group]! += digamma(groupTotals[group]! + even[at + group]!) - before[group]!;
    }
    const divisors = Float64Array.from(of, (group) => ofGroups[group]!);
    for (let annotator = 0; annotator + 1 < starts.length; annotator++) {
      for (let e = starts[annotator]!; e < starts[annotator + 1]!; e++) {
        const k = classes[e]!;
        const count = even[annotator * G + of[k]!]!;
        divisors[k]! += digamma(totals[k]! + Math.max(0, count + differences[e]!)) - digamma(totals[k]! + count);
      }
    }
    return divisors;
  }

  private addUp(): void {
    const { groups: { of, sizes }, alpha: { even, classes, differences, differenceCount }, scale, totals, groupTotals, answers, isUsed, unusedRight, unusedWrong } = this;
    const G = sizes.length;
    const scaling = new Float64Array(G);
    const fixed = new Float64Array(G);
    for (let at = 0; at < even.length; at++) (isScaled(even[at]!) ? scaling : fixed)[at % G]! += even[at]!;
    const unused = of.length - answers.length;
    for (let k = 0; k < of.length; k++) {
      const ofUnused = isUsed[k] ? unused * unusedWrong[k]! : (unused - 1) * unusedWrong[k]! + unusedRight[k]!;
      totals[k] = fixed[of[k]!]! + scaling[of[k]!]! * scale[k]! + ofUnused;
    }
    for (let e = 0; e < differenceCount; e++) totals[classes[e]!]! += differences[e]!;
    groupTotals.fill(0);
    for (let k = 0; k < of.length; k++) groupTotals[of[k]!]! += totals[k]! / sizes[of[k]!]!;
  }
}
