import type { AggregationInput, RunContext } from '../method.js';
import { mix, uniformOf, type Fingerprints } from '../numeric/fingerprints.js';
import type { VoteTable } from '../vote-table.js';
import { voteShares } from '../vote-shares.js';
import type { ConfusionRows } from './confusion-rows.js';
import { distinctItems, type DistinctItems } from './distinct-items.js';
import { RESCALE_EVERY } from './pass.js';
import { subtypeParameters, type SubtypeState } from './subtype-parameters.js';

/** Responsibilities below this are left out of the counts, and of all passes but the full ones: most of the work where K x M is large. */
const NEGLIGIBLE = 1e-10;
const FULL_EVERY = 5;

/** The arrays of a run (responsibilities, counts, likelihoods) may take this much. */
const LIMIT_BYTES = 4 * 2 ** 30;

export interface SubtypeLimits {
  /** M: every class is a mixture of so many subtypes. */
  subtypes: number;
  /** Stop when no responsibility moves by more. */
  tolerance: number;
  maxIterations: number;
}

export interface SubtypeInference {
  posteriors: Float64Array;
  classPriors: Float64Array;
  /** rows x K; an annotator's columns sum to 1 over the classes used. */
  confusion: Float64Array;
  iterations: number;
  converged: boolean;
  /** The evidence lower bound after each iteration, natural log. */
  trace: number[];
}

/** Of a run with so many subtypes. */
export function subtypeBytes(votes: VoteTable, rows: ConfusionRows, subtypes: number): number {
  return 8 * subtypes * votes.classCount * (votes.itemCount + 2 * rows.labels.length);
}

/** @throws RangeError with the memory a run would take, above 4 GiB. */
export function checkSubtypeMemory(votes: VoteTable, rows: ConfusionRows, subtypes: number): void {
  const bytes = subtypeBytes(votes, rows, subtypes);
  if (bytes <= LIMIT_BYTES) return;
  throw new RangeError(
    `${votes.itemCount} items, ${votes.classCount} classes of ${subtypes} subtypes and ${rows.labels.length} pairs of annotator and class used ` +
      `would take about ${(bytes / 2 ** 30).toFixed(1)} GiB, more than ${LIMIT_BYTES / 2 ** 30}: use fewer subtypes, or dawid-skene or one-coin`,
  );
}

/**
 * Mean-field inference of the model behind iBCC (one subtype) and EBCC (several): an item of class k is of one of M subtypes,
 * and annotators answer independently given class and subtype, so that a subtype is a way in which annotators err together.
 *
 * `draws` makes the random start: an item's share of votes for a class, spread over its subtypes by a flat Dirichlet draw that
 * hangs on the fingerprints alone. Left out, the start is even, which is right for M = 1 only (even subtypes never part).
 */
export function inferSubtypes(
  input: Pick<AggregationInput, 'votes' | 'gold'>, rows: ConfusionRows, limits: SubtypeLimits, draws: Fingerprints | null, context: RunContext, phase: string,
): SubtypeInference {
  const { votes, gold } = input;
  const { itemOffsets, classCount: K } = votes;
  const { subtypes: M, tolerance, maxIterations } = limits;
  const W = K * M;
  const groups = distinctItems(input);
  const groupCount = groups.size.length;
  const responsibilities = startingResponsibilities(voteShares(votes, gold), groups, K, M, draws);
  const state: SubtypeState = {
    counts: new Float64Array(rows.labels.length * W),
    subtypeCounts: new Float64Array(W),
    // Even at first, so that the members of a candidate set share a vote evenly.
    likelihoods: new Float64Array(rows.labels.length * W).fill(1),
    start: new Float64Array(W),
  };
  const parameters = subtypeParameters(rows, K, M, state);
  // Where each vote's row starts; as in `rows`, below 0 for a candidate set.
  const starts = rows.codes.map((code) => (code >= 0 ? code * M : code));
  const everywhere = Int32Array.from({ length: W }, (_, i) => i);
  const weights = new Float64Array(W);
  // The places of each group's row that count: live.places[live.offsets[group]] up to live.offsets[group + 1].
  let live = { offsets: new Int32Array(groupCount + 1), places: new Int32Array(groupCount) };

  for (let group = 0; group < groupCount; group++) keepLive(group);
  for (let group = 0; group < groupCount; group++) addCounts(group);
  const trace: number[] = [];
  let converged = false;
  let moved = Infinity;
  while (!converged && trace.length < maxIterations) {
    const divergence = parameters.update();
    // Only a full pass can say that nothing moves.
    const full = trace.length % FULL_EVERY === 0 || moved < tolerance;
    trace.push(expectation(full) - divergence);
    converged = full && moved < tolerance;
    context.onProgress?.({ phase, iteration: trace.length, objective: trace.at(-1)! });
  }
  const means = parameters.means();
  return { posteriors: classPosteriors(means.classPriors), ...means, iterations: trace.length, converged, trace };

  /** New responsibilities and, from them, counts; sets `moved`, the greatest change; returns the log evidence. */
  function expectation(full: boolean): number {
    let logEvidence = 0;
    moved = 0;
    state.counts.fill(0);
    state.subtypeCounts.fill(0);
    for (let group = 0; group < groupCount; group++) {
      // Bounds, not a subarray: making one took longer than the item's own work.
      const places = full ? everywhere : live.places;
      const from = full ? 0 : live.offsets[group]!;
      const to = full ? W : live.offsets[group + 1]!;
      logEvidence += groups.size[group]! * weigh(groups.representative[group]!, places, from, to);
      moved = Math.max(moved, replace(responsibilities, group * W, places, from, to, weights));
      if (full) keepLive(group);
      addCounts(group);
    }
    return logEvidence;
  }

  /** The item's weights at places[from] up to places[to], from weights[0] on, summing to 1; returns the log of what they summed to before. */
  function weigh(item: number, places: Int32Array, from: number, to: number): number {
    const { start, likelihoods } = state;
    const known = gold ? gold[item]! : -1;
    for (let j = from; j < to; j++) weights[j - from] = known < 0 || Math.floor(places[j]! / M) === known ? start[places[j]!]! : 0;
    const last = itemOffsets[item + 1]!;
    let log = 0;
    let next = itemOffsets[item]!;
    do {
      const end = Math.min(last, next + RESCALE_EVERY);
      multiplyVotes(weights, likelihoods, starts, next, end, places, from, to);
      if (rows.sets) multiplySets(next, end, places, from, to);
      log += normalize(weights, to - from);
      next = end;
    } while (next < last);
    return log;
  }

  function multiplySets(first: number, last: number, places: Int32Array, from: number, to: number): void {
    for (let vote = first; vote < last; vote++) {
      if (starts[vote]! < 0) for (let j = from; j < to; j++) weights[j - from]! *= setLikelihood(starts[vote]!, places[j]!);
    }
  }

  function keepLive(group: number): void {
    let end = live.offsets[group]!;
    if (end + W > live.places.length) {
      const places = new Int32Array(2 * live.places.length + W);
      places.set(live.places);
      live = { offsets: live.offsets, places };
    }
    for (let i = 0; i < W; i++) if (responsibilities[group * W + i]! > NEGLIGIBLE) live.places[end++] = i;
    live.offsets[group + 1] = end;
  }

  /** Adds the group's responsibilities to the counts; a set's members share them as the likelihoods say. */
  function addCounts(group: number): void {
    const { counts, subtypeCounts } = state;
    const { places } = live;
    const from = live.offsets[group]!;
    const to = live.offsets[group + 1]!;
    const item = groups.representative[group]!;
    for (let j = from; j < to; j++) {
      weights[j - from] = groups.size[group]! * responsibilities[group * W + places[j]!]!;
      subtypeCounts[places[j]!]! += weights[j - from]!;
    }
    addVotes(counts, starts, itemOffsets[item]!, itemOffsets[item + 1]!, places, from, to, weights);
    if (rows.sets) addSets(item, rows.sets, places, from, to);
  }

  function addSets(item: number, sets: NonNullable<ConfusionRows['sets']>, places: Int32Array, from: number, to: number): void {
    const { counts, likelihoods } = state;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const code = starts[vote]!;
      if (code >= 0) continue;
      for (let j = from; j < to; j++) {
        const i = places[j]!;
        const share = weights[j - from]! / setLikelihood(code, i);
        for (let member = sets.offsets[~code]!; member < sets.offsets[~code + 1]!; member++) {
          const at = sets.starts[member]! * M + i;
          counts[at]! += share * likelihoods[at]!;
        }
      }
    }
  }

  function setLikelihood(code: number, i: number): number {
    let sum = 0;
    for (let m = rows.sets!.offsets[~code]!; m < rows.sets!.offsets[~code + 1]!; m++) sum += state.likelihoods[rows.sets!.starts[m]! * M + i]!;
    return sum;
  }

  /** Items without votes or gold answer have the class shares. */
  function classPosteriors(classPriors: Float64Array): Float64Array {
    const posteriors = new Float64Array(votes.itemCount * K);
    for (let item = 0; item < votes.itemCount; item++) {
      const group = groups.groupOf[item]!;
      if (group < 0) posteriors.set(classPriors, item * K);
      else for (let k = 0, i = group * W; k < K; k++) for (let m = 0; m < M; m++, i++) posteriors[item * K + k]! += responsibilities[i]!;
    }
    return posteriors;
  }
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

/** Makes the weights sum to 1; returns the log of their sum before. */
function normalize(weights: Float64Array, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += weights[j]!;
  for (let j = 0; j < width; j++) weights[j]! /= sum;
  return Math.log(sum);
}

/** Puts the weights at these places of the row at `at`; returns the greatest change. */
function replace(matrix: Float64Array, at: number, places: Int32Array, from: number, to: number, weights: Float64Array): number {
  let moved = 0;
  for (let j = from; j < to; j++) {
    const change = Math.abs(weights[j - from]! - matrix[at + places[j]!]!);
    if (change > moved) moved = change;
    matrix[at + places[j]!] = weights[j - from]!;
  }
  return moved;
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

function startingResponsibilities(shares: Float64Array, { representative }: DistinctItems, K: number, M: number, draws: Fingerprints | null): Float64Array {
  const responsibilities = new Float64Array(representative.length * K * M);
  representative.forEach((item, group) => {
    for (let k = 0; k < K; k++) {
      const share = shares[item * K + k]!;
      if (share === 0) continue;
      const at = (group * K + k) * M;
      const seed = draws ? mix(draws.items[item]!, draws.classes[k]!) : 0;
      let sum = 0;
      // A flat Dirichlet draw: exponential numbers over their sum.
      for (let m = 0; m < M; m++) sum += responsibilities[at + m] = draws ? -Math.log(uniformOf(mix(seed, m))) : 1;
      for (let m = 0; m < M; m++) responsibilities[at + m]! *= share / sum;
    }
  });
  return responsibilities;
}
