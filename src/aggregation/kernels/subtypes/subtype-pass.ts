import type { ConfusionRows } from '../confusion-rows.js';
import { distinctItems, type DistinctItems } from '../distinct-items.js';
import { partsOf, RESCALE_EVERY, type PassInput } from '../pass.js';
import type { SubtypeState } from './subtype-parameters.js';
import { unrolledVotes } from '../unrolled-votes.js';

/** Responsibilities below this are left out of the counts, and of all passes but the full ones: most of the work where K x M is large. */
const NEGLIGIBLE = 1e-10;

/** Writes the W responsibilities that an item begins with, where they are not 0. */
export type SubtypeStart = (item: number, out: Float64Array, at: number) => void;

/** Every item's responsibilities from the parameters, and the counts that follow. A kernel owns its arrays, as in `PassKernel`. */
export interface SubtypeKernel {
  state: SubtypeState;
  /** The greatest change of a responsibility in the last full pass, or a later one that told it. */
  readonly moved: number;
  /**
   * @param full whether all places are looked at again, and `moved` is told.
   * @param tell called now and then within a long pass, with the share that is done.
   * @returns the log evidence.
   */
  run(full: boolean, tell?: (done: number) => void): number;
  /** Adds each item's responsibilities for the subtypes of a class to an N x K array; nothing for an item without votes or gold answer. */
  addPosteriors(posteriors: Float64Array): void;
  warnings: readonly string[];
  close?(): void;
}

/** The readable kernel: any number of subtypes, gold, candidate sets. The fast one is checked against it and leaves it what is rare. */
export function readableSubtypes(input: PassInput, subtypes: number, start: SubtypeStart): SubtypeKernel {
  const { rows, votes: { classCount } } = input;
  const state = subtypeState(rows.labels.length, classCount * subtypes);
  const pass = new SubtypePass(input, distinctItems(input), subtypes, state, start);
  return {
    state,
    warnings: [],
    get moved() { return pass.moved; },
    run(full, tell) {
      state.counts.fill(0);
      state.subtypeCounts.fill(0);
      return pass.run(full, tell);
    },
    addPosteriors: (posteriors) => pass.addPosteriors(posteriors),
  };
}

function subtypeState(rows: number, width: number): SubtypeState {
  return {
    counts: new Float64Array(rows * width),
    subtypeCounts: new Float64Array(width),
    likelihoods: evenLikelihoods(new Float64Array(rows * width)),
    start: new Float64Array(width),
  };
}

/** Even at first, so that the members of a candidate set share a vote evenly. */
export function evenLikelihoods(likelihoods: Float64Array): Float64Array {
  return likelihoods.fill(1);
}

/**
 * The passes over the votes: parameters to responsibilities, and from them counts. A row is [class][subtype], W = K x M wide.
 * A class, since V8 compiles its methods once for all starts; closures made anew for each start took 1.4 to 1.7 times as long
 * from the second start on.
 */
export class SubtypePass {
  /** The greatest change of a responsibility in the last pass. */
  moved = Infinity;
  /** The log of what rescaling took out of the weights of the item weighed last. */
  private logTakenOut = 0;
  private readonly unrolled = unrolledVotes();
  private readonly itemOffsets: Int32Array;
  private readonly gold: Int32Array | null;
  /** Where each vote's row starts; as in the confusion rows, below 0 for a candidate set. */
  private readonly starts: Int32Array;
  /** All places of a row, 0 to W - 1. */
  private readonly everywhere: Int32Array;
  private readonly weights: Float64Array;
  /** The places that count in each group's row: livePlaces[liveOffsets[group]] up to liveOffsets[group + 1]. */
  private readonly liveOffsets: Int32Array;
  private livePlaces: Int32Array;
  private readonly rows: ConfusionRows;
  /** groups x W. */
  private readonly responsibilities: Float64Array;

  /** @param start writes the first responsibilities, from which the counts are first taken. */
  constructor(input: PassInput, private readonly groups: DistinctItems, private readonly subtypes: number, private readonly state: SubtypeState, start: SubtypeStart) {
    const { rows } = input;
    const width = state.start.length;
    const groupCount = groups.size.length;
    this.rows = rows;
    this.responsibilities = new Float64Array(groupCount * width);
    this.itemOffsets = input.votes.itemOffsets;
    this.gold = input.gold ?? null;
    this.starts = rows.codes.map((code) => (code >= 0 ? code * subtypes : code));
    this.everywhere = Int32Array.from({ length: width }, (_, i) => i);
    this.weights = new Float64Array(width);
    this.liveOffsets = new Int32Array(groupCount + 1);
    this.livePlaces = new Int32Array(groupCount);
    for (let group = 0; group < groupCount; group++) {
      start(groups.representative[group]!, this.responsibilities, group * width);
      this.weights.set(this.responsibilities.subarray(group * width, (group + 1) * width));
      this.settle(group, 1, this.everywhere, 0, width, NEGLIGIBLE);
      this.count(group);
    }
  }

  /** New responsibilities and, on top of those there are, their counts; a full pass looks at all places again. @returns the log evidence. */
  run(full: boolean, tell?: (done: number) => void): number {
    const { groups, gold, everywhere, liveOffsets, subtypes } = this;
    const width = everywhere.length;
    let logEvidence = 0;
    const part = partsOf(groups.size.length, width);
    let moved = 0;
    for (let group = 0; group < groups.size.length; group++) {
      if (group % part === part - 1) tell?.(group / groups.size.length);
      const item = groups.representative[group]!;
      const known = gold ? gold[item]! : -1;
      // Bounds, not a subarray: making one took longer than the item's own work.
      const places = full ? everywhere : this.livePlaces;
      const from = !full ? liveOffsets[group]! : known < 0 ? 0 : known * subtypes;
      const to = !full ? liveOffsets[group + 1]! : known < 0 ? width : (known + 1) * subtypes;
      const sum = this.weigh(item, places, from, to);
      logEvidence += groups.size[group]! * (Math.log(sum) + this.logTakenOut);
      moved = Math.max(moved, this.settle(group, sum, places, from, to, full ? NEGLIGIBLE : -1));
      this.count(group);
    }
    this.moved = moved;
    return logEvidence;
  }

  addPosteriors(posteriors: Float64Array): void {
    const { groups: { groupOf }, subtypes, responsibilities, everywhere: { length: width } } = this;
    const classes = width / subtypes;
    groupOf.forEach((group, item) => {
      if (group >= 0) addSubtypes(responsibilities, group * width, subtypes, posteriors, item * classes, classes);
    });
  }

  /** Prior times votes at places[from] up to places[to], from weights[0] on. @returns their sum. */
  private weigh(item: number, places: Int32Array, from: number, to: number): number {
    const { starts, weights, state: { start, likelihoods } } = this;
    const last = this.itemOffsets[item + 1]!;
    let next = this.itemOffsets[item]!;
    this.logTakenOut = 0;
    if (this.isUnrolled(last - next)) return this.unrolled.weigh[last - next]!(starts, next, places, from, to, start, likelihoods, weights);
    for (let j = from; j < to; j++) weights[j - from] = start[places[j]!]!;
    for (;;) {
      const end = Math.min(last, next + RESCALE_EVERY);
      multiplyVotes(weights, likelihoods, starts, next, end, places, from, to);
      if (this.rows.sets) this.multiplySets(next, end, places, from, to);
      const sum = sumOf(weights, to - from);
      if (end === last) return sum;
      this.logTakenOut += Math.log(sum);
      for (let j = 0; j < to - from; j++) weights[j]! /= sum;
      next = end;
    }
  }

  /**
   * The weights, over their sum, become the group's responsibilities. Those above `least` are its live ones, and stay in the
   * weights, times the group's items, to be counted. @returns the greatest change.
   */
  private settle(group: number, sum: number, places: Int32Array, from: number, to: number, least: number): number {
    const { groups, responsibilities, weights, liveOffsets, everywhere: { length: width }, state: { subtypeCounts } } = this;
    const at = group * width;
    const size = groups.size[group]!;
    const start = liveOffsets[group]!;
    const live = this.roomFor(start + to - from);
    let kept = 0;
    let moved = 0;
    for (let j = from; j < to; j++) {
      const i = places[j]!;
      const weight = weights[j - from]! / sum;
      const change = Math.abs(weight - responsibilities[at + i]!);
      if (change > moved) moved = change;
      responsibilities[at + i] = weight;
      if (!(weight > least)) continue;
      live[start + kept] = i;
      weights[kept++] = size * weight;
      subtypeCounts[i]! += size * weight;
    }
    liveOffsets[group + 1] = start + kept;
    return moved;
  }

  private isUnrolled(voteCount: number): boolean {
    return voteCount > 0 && voteCount <= RESCALE_EVERY && this.rows.sets === null;
  }

  private multiplySets(first: number, last: number, places: Int32Array, from: number, to: number): void {
    const { starts, weights } = this;
    for (let vote = first; vote < last; vote++) {
      if (starts[vote]! < 0) for (let j = from; j < to; j++) weights[j - from]! *= this.setLikelihood(starts[vote]!, places[j]!);
    }
  }

  /** Adds the weights of the group's live places to the counts; a set's members share them as the likelihoods say. */
  private count(group: number): void {
    const { groups, starts, weights, itemOffsets, liveOffsets, livePlaces: places, state: { counts } } = this;
    const from = liveOffsets[group]!;
    const to = liveOffsets[group + 1]!;
    const item = groups.representative[group]!;
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    if (this.isUnrolled(last - first)) this.unrolled.count[last - first]!(starts, first, places, from, to, weights, counts);
    else addVotes(counts, starts, first, last, places, from, to, weights);
    if (this.rows.sets) this.countSets(item, this.rows.sets, places, from, to);
  }

  private countSets(item: number, sets: NonNullable<ConfusionRows['sets']>, places: Int32Array, from: number, to: number): void {
    const { starts, weights, itemOffsets, subtypes, state: { counts, likelihoods } } = this;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const code = starts[vote]!;
      if (code >= 0) continue;
      for (let j = from; j < to; j++) {
        const i = places[j]!;
        const share = weights[j - from]! / this.setLikelihood(code, i);
        for (let member = sets.offsets[~code]!; member < sets.offsets[~code + 1]!; member++) {
          const at = sets.starts[member]! * subtypes + i;
          counts[at]! += share * likelihoods[at]!;
        }
      }
    }
  }

  private setLikelihood(code: number, i: number): number {
    const { rows: { sets }, subtypes, state: { likelihoods } } = this;
    let sum = 0;
    for (let m = sets!.offsets[~code]!; m < sets!.offsets[~code + 1]!; m++) sum += likelihoods[sets!.starts[m]! * subtypes + i]!;
    return sum;
  }

  private roomFor(length: number): Int32Array {
    if (length > this.livePlaces.length) {
      const places = new Int32Array(2 * length);
      places.set(this.livePlaces);
      this.livePlaces = places;
    }
    return this.livePlaces;
  }
}

/** Of one item: what the subtypes of each class have together. */
export function addSubtypes(responsibilities: Float64Array, from: number, subtypes: number, posteriors: Float64Array, at: number, classes: number): void {
  for (let k = 0, i = from; k < classes; k++) for (let m = 0; m < subtypes; m++, i++) posteriors[at + k]! += responsibilities[i]!;
}

/** Votes innermost: a weight stays in its register for all of an item's votes. Codes below 0 are sets and left out. */
function multiplyVotes(weights: Float64Array, factors: Float64Array, starts: Int32Array, first: number, last: number, places: Int32Array, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    const i = places[j]!;
    let weight = weights[j - from]!;
    for (let vote = first; vote < last; vote++) {
      const start = starts[vote]!;
      if (start >= 0) weight *= factors[start + i]!;
    }
    weights[j - from] = weight;
  }
}

function addVotes(counts: Float64Array, starts: Int32Array, first: number, last: number, places: Int32Array, from: number, to: number, values: Float64Array): void {
  for (let j = from; j < to; j++) {
    const i = places[j]!;
    const value = values[j - from]!;
    for (let vote = first; vote < last; vote++) {
      const start = starts[vote]!;
      if (start >= 0) counts[start + i]! += value;
    }
  }
}

function sumOf(weights: Float64Array, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += weights[j]!;
  return sum;
}
