import { LEAST_PRIOR, RESCALE_EVERY, type PassInput } from '../pass.js';
import { isScaled } from './answer-sums.js';
import type { ClassStarts } from './class-starts.js';
import type { ClassGroups, NearlyEvenRows } from './nearly-even-rows.js';
import type { SparseCounts } from './sparse-counts.js';
import type { SparseRowPrior } from './sparse-row-prior.js';

/**
 * Probabilities nearer to their group's than this become the group's. At 1e-6 labels of two-vote items moved by up to 2e-3 more,
 * at 1e-8 no less, for a fifth more differences.
 */
const LEAST_DIFFERENCE = 1e-7;

/** From this probability of a single class on it matters which of a group's classes an annotator met elsewhere, and which start from more than others. */
const COLUMNS_FROM = 1e-5;

/**
 * One item at a time: the weights of the classes it meets, one by one, and of all others of a group together. It meets those in
 * which a row of its votes differs, or the prior of their answers; what an annotator said of other classes is a mean over the
 * group as long as these have no probability worth the name.
 */
export class ItemWeights {
  /** The classes met, the group of each (~group where it joins that), its place among them (-1: none), and numbers of each. */
  private readonly met: Int32Array;
  private readonly groupOf: Int32Array;
  private readonly places: Int32Array;
  private readonly weights: Float64Array;
  private readonly own: Float64Array;
  private readonly tops: Float64Array;
  private readonly bottoms: Float64Array;
  /** G: the weight of the classes not met, together, and how many they are; and one's part of a vote's term. */
  private readonly groupWeights: Float64Array;
  private readonly rest: Float64Array;
  private readonly groupTops: Float64Array;
  private metCount = 0;
  /** Whether all classes are met in which an annotator's terms differ. */
  private hasColumns = false;

  constructor(private readonly input: PassInput, private readonly groups: ClassGroups, private readonly counts: SparseCounts, private readonly prior: SparseRowPrior, private readonly starts: ClassStarts) {
    const [K, G] = [groups.of.length, groups.sizes.length];
    this.met = new Int32Array(K);
    this.groupOf = new Int32Array(K);
    this.places = new Int32Array(K).fill(-1);
    this.weights = new Float64Array(K);
    this.own = new Float64Array(K);
    this.tops = new Float64Array(K);
    this.bottoms = new Float64Array(K);
    this.groupWeights = new Float64Array(G);
    this.rest = new Float64Array(G);
    this.groupTops = new Float64Array(G);
  }

  /** @returns the log of the chance of the item's votes (and its class, where it is known) by all other items. */
  weigh(item: number, known: number, posteriors: NearlyEvenRows): number {
    if (known >= 0) return this.weighKnown(item, known, posteriors);
    this.hasColumns = false;
    this.meetRows(item);
    this.begin(item, posteriors);
    const log = this.multiplyVotes(item, posteriors);
    if (!this.isRestWorthIt()) return log;
    this.hasColumns = true;
    this.meetColumns(item);
    this.begin(item, posteriors);
    return this.multiplyVotes(item, posteriors);
  }

  /** The item's new row. @returns by how much a probability changed at most. */
  write(item: number, before: NearlyEvenRows, after: NearlyEvenRows): number {
    const { met, groupOf, metCount, places, own, weights, groupWeights, rest } = this;
    const G = rest.length;
    const at = item * G;
    this.joinGroups();
    let moved = 0;
    for (let group = 0; group < G; group++) {
      const p = rest[group]! > 0 ? groupWeights[group]! / rest[group]! : 0;
      after.even[at + group] = p;
      if (rest[group]! > 0) moved = Math.max(moved, Math.abs(p - before.even[at + group]!));
    }
    after.reserve(metCount);
    for (let m = 0; m < metCount; m++) {
      const group = groupOf[m]!;
      const joined = group < 0;
      const p = joined ? after.even[at + ~group]! : weights[m]!;
      moved = Math.max(moved, Math.abs(p - own[m]!));
      if (!joined) after.add(met[m]!, p - after.even[at + group]!);
      places[met[m]!] = -1;
    }
    this.metCount = 0;
    after.end(item);
    return moved;
  }

  /** All other classes have no weight. */
  private weighKnown(item: number, known: number, posteriors: NearlyEvenRows): number {
    const { own, weights, groupWeights, rest, starts: { start, share } } = this;
    this.meet(known);
    this.readOwn(item, posteriors);
    weights[0] = Math.max(LEAST_PRIOR, start[known]! - share * own[0]!);
    groupWeights.fill(0);
    rest.fill(0);
    return this.multiplyVotes(item, posteriors);
  }

  private meetRows(item: number): void {
    const { input: { votes: { itemOffsets, classCount: K }, rows: { codes } }, counts: { rows }, prior: { alpha, answerOfRow } } = this;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const row = codes[vote]! / K;
      this.meetAll(alpha, answerOfRow[row]!);
      this.meetAll(rows, row);
    }
  }

  private meetColumns(item: number): void {
    const { itemOffsets, annotators } = this.input.votes;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) this.meetAll(this.counts.annotators, annotators[vote]!);
    for (const k of this.starts.unlike) if (this.places[k]! < 0) this.meet(k);
  }

  private meetAll({ starts, classes }: NearlyEvenRows, row: number): void {
    for (let e = starts[row]!; e < starts[row + 1]!; e++) if (this.places[classes[e]!]! < 0) this.meet(classes[e]!);
  }

  private meet(k: number): void {
    const m = this.metCount++;
    this.places[k] = m;
    this.met[m] = k;
    this.groupOf[m] = this.groups.of[k]!;
  }

  /** The item's own probabilities of the classes met. */
  private readOwn(item: number, posteriors: NearlyEvenRows): void {
    const { own, groupOf, metCount, rest } = this;
    for (let m = 0; m < metCount; m++) own[m] = posteriors.even[item * rest.length + groupOf[m]!]!;
    addDifferences(own, posteriors, item, this.places);
  }

  /** What the classes start from. */
  private begin(item: number, posteriors: NearlyEvenRows): void {
    const { met, groupOf, metCount, own, weights, groupWeights, rest, groups: { sizes }, starts: { start, share, ofGroups } } = this;
    this.readOwn(item, posteriors);
    groupWeights.set(ofGroups);
    rest.set(sizes);
    for (let m = 0; m < metCount; m++) {
      const whole = start[met[m]!]!;
      weights[m] = whole - share * own[m]!;
      groupWeights[groupOf[m]!]! -= whole;
      rest[groupOf[m]!]!--;
    }
    for (let group = 0; group < rest.length; group++) {
      groupWeights[group] = rest[group] === 0 ? 0 : groupWeights[group]! - share * rest[group]! * posteriors.even[item * rest.length + group]!;
    }
  }

  /** @returns the log of the sum of the weights, which is 1 afterwards. */
  private multiplyVotes(item: number, posteriors: NearlyEvenRows): number {
    const { itemOffsets } = this.input.votes;
    const last = itemOffsets[item + 1]!;
    let from = itemOffsets[item]!;
    let log = 0;
    do {
      const to = Math.min(from + RESCALE_EVERY, last);
      for (let vote = from; vote < to; vote++) this.multiply(item, vote, posteriors);
      log += Math.log(this.normalize());
      from = to;
    } while (from < last);
    return log;
  }

  private multiply(item: number, vote: number, posteriors: NearlyEvenRows): void {
    const { met, groupOf, metCount, places, own, weights, tops, bottoms, groupWeights, groupTops, counts: { rows, annotators }, prior: { alpha, answerOfRow, totals, groupTotals, scale }, starts: { means } } = this;
    const { votes: { annotators: annotatorOf, classCount: K }, rows: { codes } } = this.input;
    const G = groupTops.length;
    const row = codes[vote]! / K;
    const answer = answerOfRow[row]!;
    const annotator = annotatorOf[vote]!;
    const { inRow, inAnnotator } = this.timesCounted(item, vote);
    for (let group = 0; group < G; group++) {
      const p = posteriors.even[item * G + group]!;
      const bottom = this.hasColumns ? groupTotals[group]! + annotators.even[annotator * G + group]! : means[annotator * G + group]!;
      groupTops[group] = alpha.even[answer * G + group]! + rows.even[row * G + group]!;
      groupWeights[group]! *= (groupTops[group]! - inRow * p) / (bottom - inAnnotator * p);
    }
    for (let m = 0; m < metCount; m++) {
      const group = groupOf[m]!;
      const k = met[m]!;
      const pseudo = alpha.even[answer * G + group]!;
      tops[m] = groupTops[group]! + (isScaled(pseudo) ? pseudo * (scale[k]! - 1) : 0) - inRow * own[m]!;
      bottoms[m] = totals[k]! + annotators.even[annotator * G + group]! - inAnnotator * own[m]!;
    }
    addDifferences(tops, alpha, answer, places);
    addDifferences(tops, rows, row, places);
    addDifferences(bottoms, annotators, annotator, places);
    for (let m = 0; m < metCount; m++) weights[m]! *= tops[m]! / bottoms[m]!;
  }

  /** How many of the item's votes the row of one of them counts, and its annotator. An item's votes are by annotator. */
  private timesCounted(item: number, vote: number): { inRow: number; inAnnotator: number } {
    const { votes: { itemOffsets, annotators }, rows: { codes } } = this.input;
    let from = vote;
    let to = vote + 1;
    while (from > itemOffsets[item]! && annotators[from - 1] === annotators[vote]) from--;
    while (to < itemOffsets[item + 1]! && annotators[to] === annotators[vote]) to++;
    let inRow = 0;
    for (let other = from; other < to; other++) if (codes[other] === codes[vote]) inRow++;
    return { inRow, inAnnotator: to - from };
  }

  private normalize(): number {
    const { weights, groupWeights, metCount } = this;
    let sum = 0;
    for (let m = 0; m < metCount; m++) sum += weights[m]!;
    for (let group = 0; group < groupWeights.length; group++) sum += groupWeights[group]!;
    for (let m = 0; m < metCount; m++) weights[m]! /= sum;
    for (let group = 0; group < groupWeights.length; group++) groupWeights[group]! /= sum;
    return sum;
  }

  private isRestWorthIt(): boolean {
    return this.groupWeights.some((weight, group) => weight > COLUMNS_FROM * this.rest[group]!);
  }

  /** Classes that hardly differ from the rest of their group become part of it. */
  private joinGroups(): void {
    const { groupOf, metCount, weights, groupWeights, rest, groupTops: means } = this;
    for (let group = 0; group < rest.length; group++) means[group] = rest[group]! > 0 ? groupWeights[group]! / rest[group]! : 0;
    for (let m = 0; m < metCount; m++) {
      const group = groupOf[m]!;
      if (Math.abs(weights[m]! - means[group]!) > LEAST_DIFFERENCE) continue;
      groupWeights[group]! += weights[m]!;
      rest[group]!++;
      groupOf[m] = ~group;
    }
  }
}

/** Adds the row's differences to the numbers of the classes met. */
function addDifferences(numbers: Float64Array, { starts, classes, differences }: NearlyEvenRows, row: number, places: Int32Array): void {
  for (let e = starts[row]!; e < starts[row + 1]!; e++) {
    const m = places[classes[e]!]!;
    if (m >= 0) numbers[m]! += differences[e]!;
  }
}
