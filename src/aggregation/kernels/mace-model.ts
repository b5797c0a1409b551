import { digamma, logGamma } from '../numeric/special-functions.js';
import type { VoteTable } from '../vote-table.js';
import { settleScores } from './class-scores.js';
import type { VoteCells } from './vote-cells.js';

/** P(knowing) and P(guessing) of each annotator, and P(class | guessing) of each cell. */
export interface MaceStart {
  knowing: Float64Array;
  guessing: Float64Array;
  strategy: Float64Array;
}

export interface MacePriors {
  /** Beta(a, a) on the probability of knowing. */
  knowing: number;
  /** Dirichlet(a, ..., a) on the strategy. */
  strategy: number;
}

/**
 * The arrays of MACE's variational Bayes, used again by each restart. A vote for class l has weight
 * guessing x strategy(l) + [l is true] x knowing, so relative to the classes nobody voted for it multiplies the weight of l by
 * 1 + ratio, with ratio = knowing / (guessing x strategy(l)). All that depends on the annotator and class alone is worked out
 * once a cell: what is left a vote is an addition in the E step and one in the M step.
 */
export class MaceModel {
  /** N x K. */
  readonly posteriors: Float64Array;
  /** M: exp(E ln P(knowing)), and the same of guessing; they add up to less than 1. */
  readonly knowing: Float64Array;
  readonly guessing: Float64Array;
  /** exp(E ln P(class | guessing)), one a cell. */
  readonly strategy: Float64Array;
  private readonly logRatio: Float64Array;
  /** Expected votes of a cell that name the true class. */
  private readonly right: Float64Array;
  private readonly knowingCounts: Float64Array;
  private readonly scores: Float64Array;
  /** -KL(variational distribution of the parameters || prior), summed over annotators. */
  private penalty = 0;

  constructor(
    private readonly votes: VoteTable,
    private readonly cells: VoteCells,
    private readonly gold: Int32Array | null,
    private readonly priors: MacePriors,
  ) {
    const { itemCount, annotatorCount, classCount } = votes;
    const cellCount = cells.labels.length;
    this.posteriors = new Float64Array(itemCount * classCount);
    this.knowing = new Float64Array(annotatorCount);
    this.guessing = new Float64Array(annotatorCount);
    this.knowingCounts = new Float64Array(annotatorCount);
    this.strategy = new Float64Array(cellCount);
    this.logRatio = new Float64Array(cellCount);
    this.right = new Float64Array(cellCount);
    this.scores = new Float64Array(classCount);
  }

  /** Takes the start and makes the first E and M step, after which the parameters have a distribution and the bound is defined. */
  start({ knowing, guessing, strategy }: MaceStart): void {
    this.knowing.set(knowing);
    this.guessing.set(guessing);
    this.strategy.set(strategy);
    this.penalty = 0;
    this.pass();
  }

  /** E step, then M step. @returns the evidence lower bound of the parameters it started from; it never falls. */
  pass(): number {
    const bound = this.expect();
    this.maximize();
    return bound;
  }

  /** The E step: posteriors and `right` from the parameters. @returns the evidence lower bound. */
  expect(): number {
    const { votes, cells, knowing, guessing, strategy, logRatio, right } = this;
    let bound = this.penalty - votes.itemCount * Math.log(votes.classCount);
    for (let annotator = 0; annotator < knowing.length; annotator++) {
      for (let cell = cells.offsets[annotator]!; cell < cells.offsets[annotator + 1]!; cell++) {
        const guessed = guessing[annotator]! * strategy[cell]!;
        logRatio[cell] = Math.log1p(knowing[annotator]! / guessed);
        bound += cells.counts[cell]! * Math.log(guessed);
      }
    }
    right.fill(0);
    // Blocks keep each call short enough for the compiler to swap in optimised code early.
    for (let from = 0; from < votes.itemCount; from += 512) bound += this.sweep(from, Math.min(votes.itemCount, from + 512));
    return bound;
  }

  /** Mean of the posterior of P(knowing); NaN for annotators without votes. */
  competence(): Float64Array {
    const { offsets } = this.cells;
    const { counts } = this.cells;
    return this.knowingCounts.map((known, annotator) => {
      let given = 0;
      for (let cell = offsets[annotator]!; cell < offsets[annotator + 1]!; cell++) given += counts[cell]!;
      return given === 0 ? NaN : (known + this.priors.knowing) / (given + 2 * this.priors.knowing);
    });
  }

  private sweep(from: number, to: number): number {
    const { posteriors, logRatio, right, scores, gold } = this;
    const { classes, itemOffsets, classCount: K } = this.votes;
    const { cellOfVote } = this.cells;
    let logEvidence = 0;
    for (let item = from; item < to; item++) {
      const first = itemOffsets[item]!;
      const end = itemOffsets[item + 1]!;
      const row = item * K;
      for (let v = first; v < end; v++) scores[classes[v]!]! += logRatio[cellOfVote[v]!]!;
      logEvidence += settleScores(scores, posteriors, row, K, gold === null ? -1 : gold[item]!);
      for (let v = first; v < end; v++) right[cellOfVote[v]!]! += posteriors[row + classes[v]!]!;
    }
    return logEvidence;
  }

  /** Parameters from expected counts: x becomes exp(digamma(x_i) - digamma(sum x)). */
  private maximize(): void {
    const { cells, priors, knowing, guessing, strategy, right, knowingCounts } = this;
    const K = this.votes.classCount;
    this.penalty = 0;
    for (let annotator = 0; annotator < knowing.length; annotator++) {
      const first = cells.offsets[annotator]!;
      const end = cells.offsets[annotator + 1]!;
      let known = 0;
      let guessed = 0;
      // `right` is overwritten by each cell's expected guesses.
      for (let cell = first; cell < end; cell++) {
        const ratio = knowing[annotator]! / (guessing[annotator]! * strategy[cell]!);
        const knew = (right[cell]! * ratio) / (1 + ratio);
        right[cell] = cells.counts[cell]! - knew;
        known += knew;
        guessed += right[cell]!;
      }
      knowingCounts[annotator] = known;
      const a = known + priors.knowing;
      const b = guessed + priors.knowing;
      const total = digamma(a + b);
      const logKnowing = digamma(a) - total;
      const logGuessing = digamma(b) - total;
      knowing[annotator] = Math.exp(logKnowing);
      guessing[annotator] = Math.exp(logGuessing);
      this.penalty += logGamma(a) + logGamma(b) - logGamma(a + b) - 2 * logGamma(priors.knowing) + logGamma(2 * priors.knowing);
      this.penalty -= known * logKnowing + guessed * logGuessing;

      const mass = guessed + K * priors.strategy;
      const logMass = digamma(mass);
      this.penalty += logGamma(K * priors.strategy) - logGamma(mass);
      for (let cell = first; cell < end; cell++) {
        const count = right[cell]! + priors.strategy;
        const logShare = digamma(count) - logMass;
        strategy[cell] = Math.exp(logShare);
        this.penalty += logGamma(count) - logGamma(priors.strategy) - right[cell]! * logShare;
      }
    }
  }
}
