import type { AggregationInput, RunContext } from '../../method.js';
import { mix, uniformOf, type Fingerprints } from '../../numeric/fingerprints.js';
import { withinIteration } from '../../numeric/progress.js';
import type { VoteTable } from '../../vote-table.js';
import { writeShares } from '../../vote-shares.js';
import type { ConfusionRows } from '../confusion-rows.js';
import { subtypeParameters } from './subtype-parameters.js';
import { readableSubtypes, type SubtypeKernel, type SubtypeStart } from './subtype-pass.js';

/** All passes of the readable kernel but every fifth leave negligible responsibilities out. */
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
  warnings: readonly string[];
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
 * @param kernelOf makes the kernel; the readable one where left out
 */
export function inferSubtypes(
  input: Pick<AggregationInput, 'votes' | 'gold'>, rows: ConfusionRows, limits: SubtypeLimits, draws: Fingerprints | null, context: RunContext, phase: string,
  kernelOf: typeof readableSubtypes = readableSubtypes,
): SubtypeInference {
  const { votes, gold } = input;
  const { classCount: K, itemOffsets } = votes;
  const { subtypes: M, tolerance, maxIterations } = limits;
  const kernel: SubtypeKernel = kernelOf({ votes, rows, gold }, M, startOf(input, M, draws));
  try {
    const parameters = subtypeParameters(rows, K, M, kernel.state);
    const trace: number[] = [];
    let converged = false;
    while (!converged && trace.length < maxIterations) {
      const divergence = parameters.update();
      // Only a full pass can say that nothing moves.
      const full = trace.length % FULL_EVERY === 0 || kernel.moved < tolerance;
      const tell = withinIteration(context.onProgress, { phase, iteration: trace.length + 1, objective: trace.at(-1) });
      trace.push(kernel.run(full, tell) - divergence);
      converged = full && kernel.moved < tolerance;
      context.onProgress?.({ phase, iteration: trace.length, objective: trace.at(-1)! });
    }
    const means = parameters.means();
    const posteriors = new Float64Array(votes.itemCount * K);
    kernel.addPosteriors(posteriors);
    // Items without votes or gold answer have the class shares.
    for (let item = 0; item < votes.itemCount; item++) if (itemOffsets[item] === itemOffsets[item + 1] && !(gold && gold[item]! >= 0)) posteriors.set(means.classPriors, item * K);
    return { posteriors, ...means, iterations: trace.length, converged, trace, warnings: [...kernel.warnings] };
  } finally {
    kernel.close?.();
  }
}

function startOf({ votes, gold }: Pick<AggregationInput, 'votes' | 'gold'>, M: number, draws: Fingerprints | null): SubtypeStart {
  const { classCount: K } = votes;
  const shares = new Float64Array(K);
  return (item, out, from) => {
    writeShares(votes, item, gold, shares, 0);
    for (let k = 0; k < K; k++) {
      const share = shares[k]!;
      if (share === 0) continue;
      const at = from + k * M;
      const seed = draws ? mix(draws.items[item]!, draws.classes[k]!) : 0;
      let sum = 0;
      // A flat Dirichlet draw: exponential numbers over their sum.
      for (let m = 0; m < M; m++) sum += out[at + m] = draws ? -Math.log(uniformOf(mix(seed, m))) : 1;
      for (let m = 0; m < M; m++) out[at + m]! *= share / sum;
    }
  };
}
