import { settleScores } from '../kernels/class-scores.js';
import { iterationsOverVotes } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, OptionSpec, RunContext } from '../method.js';
import type { VoteTable } from '../vote-table.js';
import { fastExp } from '../numeric/exp.js';
import { emOptions, runEm, accelerationOption } from '../numeric/em.js';
import { countTies } from '../numeric/simplex.js';

/**
 * GLAD: P(annotator j right on item i) = sigmoid(alpha_j exp(beta_i)), each wrong class an equal share of the rest; uniform
 * class prior; alpha and beta normal around their prior means with standard deviation 1.
 *
 * A generalised EM that never lowers the posterior density of alpha and beta: the softplus of each vote is bounded by a
 * parabola (Jaakkola and Jordan, 2000) that touches it at the present alpha exp(beta), and the bound is raised over every beta
 * and then over every alpha in closed form or one dimension. So an iteration is one pass over the votes with one exponential
 * each, where the conjugate gradients of other implementations need one for every class and trial step. Those also stop
 * after as few as 2 iterations; this runs until the density no longer grows.
 */
export const glad: AggregationMethod = {
  id: 'glad',
  version: 1,
  title: 'GLAD: abilities of annotators, difficulties of items',
  source: 'Whitehill, Ruvolo, Wu, Bergsma and Movellan, "Whose Vote Should Count More" (NIPS 2009)',
  reads: ['votes', 'gold'],
  options: [
    ...emOptions(1e-7, 1000),
    { ...accelerationOption, default: 'squarem' } as OptionSpec,
    { name: 'abilityPriorMean', type: 'number', default: 1, min: -10, max: 10, doc: 'Mean of the normal prior on alpha, an annotator\'s ability; its standard deviation is 1.' },
    { name: 'easePriorMean', type: 'number', default: 1, min: -5, max: 5, doc: 'Mean of the normal prior on beta, the log of an item\'s ease; its standard deviation is 1.' },
  ],
  cost: 'O(votes) an iteration, one exponential a vote',
  estimate: iterationsOverVotes(40, 20),
  returns: ['posteriors', 'quality'],
  finds: [{ name: 'difficulty', per: 'item', type: 'number', min: 0, meaning: 'exp(-beta): at 0 everybody with any ability is right, at 1 an annotator of ability 1 is right as often as sigmoid(1) = 73%, far above it all guess.' }],
  quality: 'alpha, any real number: 0 answers at random, negative is more often wrong than chance, 1 is the prior mean',
  run,
};

function run(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const model = new GladModel(input.votes, input.gold ?? null, options.abilityPriorMean as number, options.easePriorMean as number);
  const em = runEm(
    model,
    {
      tolerance: options.tolerance as number,
      maxIterations: options.maxIterations as number,
      voteCount: input.votes.voteCount,
      acceleration: options.acceleration as 'none' | 'squarem',
    },
    context,
  );
  const K = input.votes.classCount;
  return {
    posteriors: model.posteriors,
    annotatorQuality: model.qualities(),
    diagnostics: { ...em, ties: countTies(model.posteriors, K), warnings: [] },
    findings: { difficulty: model.difficulties() },
  };
}

/** The arrays of one fit; `pass` is an E step and an M step in one sweep over the items. */
class GladModel {
  readonly posteriors: Float64Array;
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  readonly parameters: readonly Float64Array[];
  /** Of each annotator's surrogate, linear and quadratic: A alpha - Q alpha^2 / 2. */
  private readonly linear: Float64Array;
  private readonly quadratic: Float64Array;
  /** Log weight of each class on the item at hand; 0 where nobody voted for it. */
  private readonly scores: Float64Array;
  /** Of each vote on the item at hand: tanh(x/2)/(2x), the curvature of the bound. */
  private readonly curvature: Float64Array;

  constructor(
    private readonly votes: VoteTable,
    private readonly gold: Int32Array | null,
    private readonly alphaMean: number,
    private readonly betaMean: number,
  ) {
    const { itemCount, annotatorCount, classCount, itemOffsets } = votes;
    this.posteriors = new Float64Array(itemCount * classCount);
    this.alpha = new Float64Array(annotatorCount).fill(1);
    this.beta = new Float64Array(itemCount).fill(1);
    this.parameters = [this.alpha, this.beta];
    this.linear = new Float64Array(annotatorCount);
    this.quadratic = new Float64Array(annotatorCount);
    this.scores = new Float64Array(classCount);
    let most = 0;
    for (let item = 0; item < itemCount; item++) most = Math.max(most, itemOffsets[item + 1]! - itemOffsets[item]!);
    this.curvature = new Float64Array(most);
  }

  pass(): number {
    const { alpha, beta, linear, quadratic, alphaMean, betaMean } = this;
    const N = this.votes.itemCount;
    linear.fill(0);
    quadratic.fill(0);
    let objective = 0;
    for (let j = 0; j < alpha.length; j++) objective -= 0.5 * (alpha[j]! - alphaMean) ** 2;
    for (let i = 0; i < N; i++) objective -= 0.5 * (beta[i]! - betaMean) ** 2;
    // Blocks keep each call short enough for the compiler to swap in optimised code early.
    for (let from = 0; from < N; from += 512) objective += this.sweep(from, Math.min(N, from + 512));
    for (let j = 0; j < alpha.length; j++) alpha[j] = (linear[j]! + alphaMean) / (quadratic[j]! + 1);
    return objective;
  }

  /** Extrapolated parameters may lie anywhere; far out, one more pass brings them back, if exp(beta) stays finite. */
  readonly restore = (): void => {
    for (let i = 0; i < this.beta.length; i++) this.beta[i] = Math.max(-20, Math.min(20, this.beta[i]!));
  };

  /** Alpha of the annotators with votes, NaN for the others. */
  qualities(): Float64Array {
    const { offsets } = this.votes.byAnnotator();
    return this.alpha.map((alpha, j) => (offsets[j + 1]! > offsets[j]! ? alpha : NaN));
  }

  /** exp(-beta) of the items with votes, NaN for the others. */
  difficulties(): Float64Array {
    const { itemOffsets } = this.votes;
    return this.beta.map((beta, i) => (itemOffsets[i + 1]! > itemOffsets[i]! ? Math.exp(-beta) : NaN));
  }

  /** @returns the log-likelihood of the votes on items from `from` to before `to`. */
  private sweep(from: number, to: number): number {
    const { posteriors, alpha, beta, linear, quadratic, scores, curvature, gold } = this;
    const { annotators, classes, itemOffsets, classCount: K } = this.votes;
    const logWrong = Math.log(K - 1);
    let logLikelihood = 0;
    for (let item = from; item < to; item++) {
      const first = itemOffsets[item]!;
      const end = itemOffsets[item + 1]!;
      const row = item * K;
      const ease = fastExp(beta[item]!);

      // log P(vote | class) = [vote = class] (x + log(K - 1)) - log(1 + exp x) - log(K - 1), where x = alpha exp(beta).
      let softplus = 0;
      let product = 1;
      for (let v = first; v < end; v++) {
        const x = alpha[annotators[v]!]! * ease;
        const magnitude = Math.abs(x);
        const decay = fastExp(-magnitude);
        scores[classes[v]!]! += x + logWrong;
        softplus += 0.5 * (x + magnitude);
        product *= 1 + decay;
        // Factors are at most 2: one logarithm for some hundred votes.
        if (product > 1e300) {
          softplus += Math.log(product);
          product = 1;
        }
        // tanh(x/2)/(2x) by its series where the quotient would lose digits.
        curvature[v - first] = magnitude > 1e-3 ? (1 - decay) / ((1 + decay) * 2 * magnitude) : 0.25 - (magnitude * magnitude) / 48;
      }
      logLikelihood -= softplus + Math.log(product) + (end - first) * logWrong + Math.log(K);
      logLikelihood += settleScores(scores, posteriors, row, K, gold === null ? -1 : gold[item]!);

      // Raise the bound over beta: right exp(beta) - quad exp(2 beta) - (beta - mean)^2 / 2.
      let right = 0;
      let quad = 0;
      for (let v = first; v < end; v++) {
        const ability = alpha[annotators[v]!]!;
        right += (posteriors[row + classes[v]!]! - 0.5) * ability;
        quad += 0.5 * curvature[v - first]! * ability * ability;
      }
      beta[item] = raisedBeta(beta[item]!, right, quad, this.betaMean);

      const raised = fastExp(beta[item]!);
      for (let v = first; v < end; v++) {
        const annotator = annotators[v]!;
        linear[annotator]! += (posteriors[row + classes[v]!]! - 0.5) * raised;
        quadratic[annotator]! += curvature[v - first]! * raised * raised;
      }
    }
    return logLikelihood;
  }
}

/** A few Newton steps on f(beta) = right e^beta - quad e^(2 beta) - (beta - mean)^2 / 2, none of which lowers f. */
function raisedBeta(start: number, right: number, quad: number, mean: number): number {
  let beta = start;
  let ease = fastExp(beta);
  let value = (right - quad * ease) * ease - 0.5 * (beta - mean) ** 2;
  for (let step = 0; step < 3; step++) {
    const slope = (right - 2 * quad * ease) * ease - (beta - mean);
    // Where f is not concave the prior's curvature alone still points uphill.
    const bend = Math.max(1, (4 * quad * ease - right) * ease + 1);
    let move = Math.max(-1, Math.min(1, slope / bend));
    for (;;) {
      if (Math.abs(move) < 1e-9) return beta;
      const tried = fastExp(beta + move);
      const reached = (right - quad * tried) * tried - 0.5 * (beta + move - mean) ** 2;
      if (reached >= value) {
        beta += move;
        ease = tried;
        value = reached;
        if (Math.abs(move) < 0.05) return beta;
        break;
      }
      move /= 4;
    }
  }
  return beta;
}
