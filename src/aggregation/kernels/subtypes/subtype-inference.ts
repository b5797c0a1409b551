import type { AggregationInput, RunContext } from '../../method.js';
import { mix, uniformOf, type Fingerprints } from '../../numeric/fingerprints.js';
import type { VoteTable } from '../../vote-table.js';
import { voteShares } from '../../vote-shares.js';
import type { ConfusionRows } from '../confusion-rows.js';
import { distinctItems, type DistinctItems } from '../distinct-items.js';
import { subtypeParameters, type SubtypeState } from './subtype-parameters.js';
import { SubtypePass } from './subtype-pass.js';

/** All passes but every fifth leave negligible responsibilities out. */
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
  const { classCount: K } = votes;
  const { subtypes: M, tolerance, maxIterations } = limits;
  const W = K * M;
  const groups = distinctItems(input);
  const responsibilities = startingResponsibilities(voteShares(votes, gold), groups, K, M, draws);
  const state: SubtypeState = {
    counts: new Float64Array(rows.labels.length * W),
    subtypeCounts: new Float64Array(W),
    // Even at first, so that the members of a candidate set share a vote evenly.
    likelihoods: new Float64Array(rows.labels.length * W).fill(1),
    start: new Float64Array(W),
  };
  const parameters = subtypeParameters(rows, K, M, state);
  const pass = new SubtypePass(input, rows, groups, M, state, responsibilities);
  const trace: number[] = [];
  let converged = false;
  while (!converged && trace.length < maxIterations) {
    const divergence = parameters.update();
    // Only a full pass can say that nothing moves.
    const full = trace.length % FULL_EVERY === 0 || pass.moved < tolerance;
    trace.push(pass.run(full) - divergence);
    converged = full && pass.moved < tolerance;
    context.onProgress?.({ phase, iteration: trace.length, objective: trace.at(-1)! });
  }
  const means = parameters.means();
  return { posteriors: classPosteriors(means.classPriors), ...means, iterations: trace.length, converged, trace };

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
