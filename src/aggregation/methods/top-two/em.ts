import type { VoteTable } from '../../vote-table.js';
import { CELLS, CLIP, ItemPosterior } from './item-posterior.js';

/** EM for reliabilities and the weights of q: Beta(2, 2) on each p, Dirichlet(2) on the weights, uniform on pairs. */
export class TopTwoEm {
  /** M: p. Starts at 0.5. */
  readonly reliability: Float64Array;
  /** CELLS, sum to 1. Start equal. */
  readonly weights: Float64Array;
  readonly parameters: readonly Float64Array[];
  readonly posterior: ItemPosterior;
  /** M: votes expected to have followed p rather than chance. */
  readonly followed: Float64Array;
  /** M x 2 CELLS: the chance that a vote for g (for h) followed p, 1 - 1/factor. */
  private readonly pull: Float64Array;
  private readonly cellCounts = new Float64Array(CELLS);

  constructor(private readonly votes: VoteTable) {
    this.reliability = new Float64Array(votes.annotatorCount).fill(0.5);
    this.weights = new Float64Array(CELLS).fill(1 / CELLS);
    this.parameters = [this.reliability, this.weights];
    this.posterior = new ItemPosterior(votes);
    this.followed = new Float64Array(votes.annotatorCount);
    this.pull = new Float64Array(votes.annotatorCount * 2 * CELLS);
  }

  /** @returns the log-likelihood of the votes plus the log prior densities (without constants) of the parameters it started from. */
  pass(): number {
    const { votes, reliability, weights, posterior, pull } = this;
    const { itemCount, classCount: K } = votes;
    const { offsets } = votes.byAnnotator();
    posterior.setParameters(reliability, weights);
    for (let i = 0; i < pull.length; i++) pull[i] = 1 - 1 / posterior.factors[i]!;
    let objective = 0;
    for (const weight of weights) objective += Math.log(weight);
    for (let a = 0; a < reliability.length; a++) {
      const p = reliability[a]!;
      objective += Math.log(p) + Math.log1p(-p) + (offsets[a + 1]! - offsets[a]!) * Math.log((1 - p) / K);
    }
    this.followed.fill(0);
    this.cellCounts.fill(0);
    // Blocks keep each call short enough for the compiler to swap in optimised code early.
    for (let from = 0; from < itemCount; from += 256) objective += this.expect(from, Math.min(itemCount, from + 256));
    this.maximize();
    return objective;
  }

  /** After an extrapolation: back into the range. */
  readonly restore = (): void => {
    this.clip();
    for (let t = 0; t < CELLS; t++) this.weights[t] = Math.max(1e-12, this.weights[t]!);
    this.normalizeWeights();
  };

  private expect(from: number, to: number): number {
    const { posterior, pull, followed, cellCounts } = this;
    const { first, second, unvotedFirst } = posterior;
    const { annotators, itemOffsets, classCount: K } = this.votes;
    const { offsets, slotOfVote } = posterior.classes;
    let logLikelihood = 0;
    for (let item = from; item < to; item++) {
      const slots = offsets[item + 1]! - offsets[item]!;
      if (slots === 0) continue;
      logLikelihood += posterior.see(item) - Math.log(K * (K - 1));
      for (let t = 0; t < CELLS; t++) {
        let count = (K - slots) * unvotedFirst[t]!;
        for (let at = t; at < slots * CELLS; at += CELLS) count += first[at]!;
        cellCounts[t]! += count * posterior.scale;
      }
      for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
        const at = slotOfVote[v]! * CELLS;
        const annotator = annotators[v]!;
        const table = annotator * 2 * CELLS;
        let expected = 0;
        for (let t = 0; t < CELLS; t++) expected += first[at + t]! * pull[table + t]! + second[at + t]! * pull[table + CELLS + t]!;
        followed[annotator]! += expected * posterior.scale;
      }
    }
    return logLikelihood;
  }

  private maximize(): void {
    const { offsets } = this.votes.byAnnotator();
    for (let a = 0; a < this.reliability.length; a++) this.reliability[a] = (this.followed[a]! + 1) / (offsets[a + 1]! - offsets[a]! + 2);
    this.clip();
    for (let t = 0; t < CELLS; t++) this.weights[t] = this.cellCounts[t]! + 1;
    this.normalizeWeights();
  }

  private clip(): void {
    for (let a = 0; a < this.reliability.length; a++) this.reliability[a] = Math.max(CLIP, Math.min(1 - CLIP, this.reliability[a]!));
  }

  private normalizeWeights(): void {
    const total = this.weights.reduce((sum, weight) => sum + weight);
    for (let t = 0; t < CELLS; t++) this.weights[t]! /= total;
  }
}
