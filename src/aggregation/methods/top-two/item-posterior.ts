import { fastExp } from '../../numeric/exp.js';
import type { VoteTable } from '../../vote-table.js';
import { itemClasses, type ItemClasses } from './item-classes.js';

/** Cells of the grid of q over [0.5, 1], and their centres. */
export const CELLS = 20;
export const Q_GRID = Float64Array.from({ length: CELLS }, (_, t) => 0.5 + (t + 0.5) / (2 * CELLS));
/** Reliabilities stay this far inside 0 and 1. */
export const CLIP = 0.001;
/** Bits a product of factors may take before an item is summed by logarithms. */
const SAFE_BITS = 950;

/**
 * The E step of one item of the top-two model. An item has an ordered pair (g, h) of distinct classes and q in [0.5, 1]; an
 * annotator of reliability p votes g with probability p q + (1 - p)/K, h with p (1 - q) + (1 - p)/K, any other class with
 * (1 - p)/K. Relative to the last, a vote multiplies the weight of (g, h, q) by 1 + K q r if it is for g, by 1 + K (1 - q) r if it
 * is for h, where r = p/(1 - p). With A_g(q) and B_h(q) the products over the votes for one class, the weight is w(q) A_g(q) B_h(q):
 * sums over pairs are products of sums over classes, and the classes nobody voted for (A = B = 1) count as one times their number.
 */
export class ItemPosterior {
  readonly classes: ItemClasses;
  /** Times this the numbers below are probabilities. */
  scale = 1;
  /** Of the item last seen, slot by cell: P(g = slot's class, q), P(h = slot's class, q), divided by `scale`. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** The same of each single class nobody voted for. */
  readonly unvotedFirst = new Float64Array(CELLS);
  readonly unvotedSecond = new Float64Array(CELLS);
  /** M x 2 CELLS: the factors of a vote for g in every cell, then of a vote for h. */
  readonly factors: Float64Array;
  /** Their logarithms, kept where some item has too many votes for products. */
  private readonly logFactors: Float64Array | null;
  /** A and B, or their logarithms, slot by cell; in `sumByLogs` two slots more stand for classes nobody voted for. */
  private readonly a: Float64Array;
  private readonly b: Float64Array;
  private readonly weights = new Float64Array(CELLS);
  private readonly logWeights = new Float64Array(CELLS);
  private readonly safeVotes: number;
  private readonly seen: Uint8Array;
  private slots = 0;
  private byLogs = false;
  private logScale = 0;

  constructor(private readonly votes: VoteTable) {
    const { annotatorCount: M, classCount: K, itemCount, itemOffsets } = votes;
    this.classes = itemClasses(votes);
    const cells = (this.classes.most + 2) * CELLS;
    this.first = new Float64Array(cells);
    this.second = new Float64Array(cells);
    this.a = new Float64Array(cells);
    this.b = new Float64Array(cells);
    this.seen = new Uint8Array(this.classes.most);
    this.factors = new Float64Array(M * 2 * CELLS);
    this.safeVotes = Math.floor(SAFE_BITS / Math.log2(1 + K / CLIP));
    let most = 0;
    for (let item = 0; item < itemCount; item++) most = Math.max(most, itemOffsets[item + 1]! - itemOffsets[item]!);
    this.logFactors = most > this.safeVotes ? new Float64Array(M * 2 * CELLS) : null;
  }

  /** Takes the parameters for the items to come: M reliabilities and the weights of the cells. */
  setParameters(reliability: Float64Array, weights: Float64Array): void {
    const K = this.votes.classCount;
    for (let annotator = 0; annotator < reliability.length; annotator++) {
      const odds = (K * reliability[annotator]!) / (1 - reliability[annotator]!);
      const at = annotator * 2 * CELLS;
      for (let t = 0; t < CELLS; t++) {
        this.factors[at + t] = 1 + odds * Q_GRID[t]!;
        this.factors[at + CELLS + t] = 1 + odds * (1 - Q_GRID[t]!);
      }
    }
    if (this.logFactors !== null) for (let i = 0; i < this.factors.length; i++) this.logFactors[i] = Math.log(this.factors[i]!);
    this.weights.set(weights);
    for (let t = 0; t < CELLS; t++) this.logWeights[t] = Math.log(weights[t]!);
  }

  /** @returns the log of the weights' sum over pairs and cells, that of an item without votes being log(K (K - 1)). */
  see(item: number): number {
    const { itemOffsets, classCount: K } = this.votes;
    const slots = this.classes.offsets[item + 1]! - this.classes.offsets[item]!;
    this.slots = slots;
    this.byLogs = itemOffsets[item + 1]! - itemOffsets[item]! > this.safeVotes;
    if (slots === K) {
      this.unvotedFirst.fill(0);
      this.unvotedSecond.fill(0);
    }
    const total = this.byLogs ? this.sumByLogs(item, slots, K - slots) : this.sumByProducts(item, slots, K - slots);
    this.scale = 1 / total;
    return this.logScale + Math.log(total);
  }

  /**
   * P(g = class of slot g, h = class of slot h) of the item last seen, g and h different. Slots after the item's own stand for
   * classes nobody voted for.
   */
  pairProbability(g: number, h: number): number {
    const { a, b } = this;
    let sum = 0;
    for (let t = 0; t < CELLS; t++) {
      sum += this.byLogs
        ? fastExp((g < this.slots ? a[g * CELLS + t]! : 0) + (h < this.slots ? b[h * CELLS + t]! : 0) + this.logWeights[t]! - this.logScale)
        : this.weights[t]! * (g < this.slots ? a[g * CELLS + t]! : 1) * (h < this.slots ? b[h * CELLS + t]! : 1);
    }
    return sum * this.scale;
  }

  /** @returns the sum of all weights. */
  private sumByProducts(item: number, slots: number, unvoted: number): number {
    const { a, b, seen, first, second, factors, weights, unvotedFirst, unvotedSecond } = this;
    const { annotators, itemOffsets } = this.votes;
    const { slotOfVote } = this.classes;
    seen.fill(0, 0, slots);
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const slot = slotOfVote[v]!;
      const at = slot * CELLS;
      const from = annotators[v]! * 2 * CELLS;
      if (seen[slot] === 0) {
        seen[slot] = 1;
        for (let t = 0; t < CELLS; t++) {
          a[at + t] = factors[from + t]!;
          b[at + t] = factors[from + CELLS + t]!;
        }
      } else {
        for (let t = 0; t < CELLS; t++) {
          a[at + t]! *= factors[from + t]!;
          b[at + t]! *= factors[from + CELLS + t]!;
        }
      }
    }
    // Sums over all other classes as those before plus those after: a difference would cancel all digits.
    const end = slots * CELLS;
    let total = 0;
    for (let t = 0; t < CELLS; t++) {
      const weight = weights[t]!;
      let beforeA = unvoted;
      let beforeB = unvoted;
      for (let at = t; at < end; at += CELLS) {
        first[at] = beforeB;
        second[at] = beforeA;
        beforeA += a[at]!;
        beforeB += b[at]!;
      }
      if (unvoted > 0) {
        unvotedFirst[t] = weight * (beforeB - 1);
        unvotedSecond[t] = weight * (beforeA - 1);
        total += unvoted * unvotedFirst[t]!;
      }
      let afterA = 0;
      let afterB = 0;
      for (let at = end - CELLS + t; at >= 0; at -= CELLS) {
        const joint = weight * a[at]! * (first[at]! + afterB);
        first[at] = joint;
        total += joint;
        second[at] = weight * b[at]! * (second[at]! + afterA);
        afterA += a[at]!;
        afterB += b[at]!;
      }
    }
    this.logScale = 0;
    return total;
  }

  /** The same where products would overflow: every pair's weight relative to the largest, O(voted classes squared). */
  private sumByLogs(item: number, slots: number, unvoted: number): number {
    const { a, b, first, second, logWeights, unvotedFirst, unvotedSecond } = this;
    const { annotators, itemOffsets } = this.votes;
    const { slotOfVote } = this.classes;
    const logFactors = this.logFactors!;
    a.fill(0, 0, (slots + 2) * CELLS);
    b.fill(0, 0, (slots + 2) * CELLS);
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const at = slotOfVote[v]! * CELLS;
      const from = annotators[v]! * 2 * CELLS;
      for (let t = 0; t < CELLS; t++) {
        a[at + t]! += logFactors[from + t]!;
        b[at + t]! += logFactors[from + CELLS + t]!;
      }
    }
    // Slots from `slots` on are classes nobody voted for: one where only one is left, two for the pair of such classes.
    const shown = slots + Math.min(2, unvoted);
    let greatest = -Infinity;
    const eachPair = (visit: (g: number, h: number, t: number, logWeight: number) => void) => {
      for (let g = 0; g < shown; g++) {
        for (let h = 0; h < shown; h++) {
          if (g === h) continue;
          for (let t = 0; t < CELLS; t++) visit(g, h, t, a[g * CELLS + t]! + b[h * CELLS + t]! + logWeights[t]!);
        }
      }
    };
    eachPair((g, h, t, logWeight) => (greatest = Math.max(greatest, logWeight)));
    first.fill(0);
    second.fill(0);
    unvotedFirst.fill(0);
    unvotedSecond.fill(0);
    // A pair with an unvoted class stands for as many as there are such classes; of those alike only slot `slots` is summed.
    eachPair((g, h, t, logWeight) => {
      const weight = fastExp(logWeight - greatest);
      if (g < slots) first[g * CELLS + t]! += h < slots ? weight : h === slots ? unvoted * weight : 0;
      else if (g === slots) unvotedFirst[t]! += h < slots ? weight : (unvoted - 1) * weight;
      if (h < slots) second[h * CELLS + t]! += g < slots ? weight : g === slots ? unvoted * weight : 0;
      else if (h === slots) unvotedSecond[t]! += g < slots ? weight : (unvoted - 1) * weight;
    });
    this.logScale = greatest;
    let total = 0;
    for (let at = 0; at < slots * CELLS; at++) total += first[at]!;
    for (let t = 0; t < CELLS; t++) total += unvoted * unvotedFirst[t]!;
    return total;
  }
}
