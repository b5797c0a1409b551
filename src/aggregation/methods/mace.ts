import { MaceModel, type MaceStart } from '../kernels/mace-model.js';
import { voteCells, type VoteCells } from '../kernels/vote-cells.js';
import { iterationsOverVotes } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext } from '../method.js';
import { emOptions, runEm } from '../numeric/em.js';
import { fingerprints, mix, uniformOf, type Fingerprints } from '../numeric/fingerprints.js';
import { countTies } from '../numeric/simplex.js';

/**
 * Iterations each restart is given before the best goes on. On 15 of 16 real crowds all restarts end in one optimum; on the
 * other (product) the choice after 10 iterations ends 2e-4 a vote below the best of ten full runs, which took 6 times as long.
 */
const TRIAL_ITERATIONS = 10;
/** A restart replaces the best one only by this much of evidence a vote, so that equal optima do not depend on rounding. */
const BETTER = 1e-6;

/**
 * MACE, variational Bayes: an annotator knows the answer with probability theta and otherwise guesses from a strategy of
 * their own. Beta prior on theta, Dirichlet prior on the strategy, uniform class prior.
 *
 * Several random starts of a few iterations each; the best by the evidence lower bound goes on to convergence. The starts
 * derive from the seed and from what annotators did (`fingerprints`), never from the order of rows, ids or classes.
 *
 * Where crowd-kit 1.4.1 differs: all its restarts are the same start, and its strategies are mixed up between annotators unless
 * ids first appear in sorted order (bluebird .722 instead of .861, trec .585 instead of .708). It always makes 50 M steps, as do
 * `tolerance: 0, maxIterations: 49` here, after the one that belongs to the start.
 */
export const mace: AggregationMethod = {
  id: 'mace',
  version: 1,
  title: 'MACE: who knows and who guesses',
  source: 'Hovy, Berg-Kirkpatrick, Vaswani and Hovy, "Learning Whom to Trust with MACE" (NAACL 2013)',
  reads: ['votes', 'gold'],
  options: [
    ...emOptions(1e-7, 500),
    { name: 'restarts', type: 'integer', default: 10, min: 1, max: 1000, doc: 'Random starts of 10 iterations each; the one with the best evidence lower bound is run to convergence.' },
    { name: 'knowingPrior', type: 'number', default: 0.5, min: 1e-3, max: 1e6, doc: 'Both parameters of the Beta prior on the probability of knowing the answer.' },
    { name: 'strategyPrior', type: 'number', default: 10, min: 1e-3, max: 1e6, doc: "Every class's parameter of the Dirichlet prior on a guesser's strategy." },
  ],
  cost: 'O(votes) an iteration and restart, no division or exponential a vote; memory independent of annotators x classes',
  estimate: (size, options) => iterationsOverVotes(40, 10)(size, { ...options, maxIterations: (options.maxIterations as number) + 10 * (options.restarts as number) }),
  returns: ['posteriors', 'quality'],
  quality: 'competence: the expected probability that the annotator knows the answer instead of guessing, 0 to 1',
  run,
};

function run({ votes, gold }: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const cells = voteCells(votes);
  const prints = fingerprints(votes, context.seed);
  const model = new MaceModel(votes, cells, gold ?? null, { knowing: options.knowingPrior as number, strategy: options.strategyPrior as number });
  const limits = { tolerance: options.tolerance as number, maxIterations: options.maxIterations as number, voteCount: votes.voteCount };
  const restarts = options.restarts as number;
  const best = restarts === 1 ? 0 : bestRestart(restarts, (restart) => {
    model.start(randomStart(prints, cells, votes.classCount, restart));
    runEm(model, { ...limits, maxIterations: TRIAL_ITERATIONS }, context, `restart ${restart + 1}`);
    return model.expect() / votes.voteCount;
  });
  model.start(randomStart(prints, cells, votes.classCount, best));
  const em = runEm(model, limits, context);
  model.expect();
  return {
    posteriors: model.posteriors,
    annotatorQuality: model.competence(),
    diagnostics: { ...em, ties: countTies(model.posteriors, votes.classCount), warnings: [] },
  };
}

function bestRestart(restarts: number, evidenceOf: (restart: number) => number): number {
  let best = 0;
  let evidence = -Infinity;
  for (let restart = 0; restart < restarts; restart++) {
    const reached = evidenceOf(restart);
    if (reached <= evidence + BETTER) continue;
    best = restart;
    evidence = reached;
  }
  return best;
}

/** Uniform numbers in [1, 2.5), normalised, as in the authors' code. A strategy's unused classes enter its sum by their mean, 1.75. */
function randomStart(prints: Fingerprints, cells: VoteCells, K: number, restart: number): MaceStart {
  const M = prints.annotators.length;
  const drawn = (annotator: number, what: number) => 1 + 1.5 * uniformOf(mix(mix(prints.annotators[annotator]!, restart), what));
  const start: MaceStart = { knowing: new Float64Array(M), guessing: new Float64Array(M), strategy: new Float64Array(cells.labels.length) };
  for (let annotator = 0; annotator < M; annotator++) {
    const knowing = drawn(annotator, 0);
    const guessing = drawn(annotator, 1);
    start.knowing[annotator] = knowing / (knowing + guessing);
    start.guessing[annotator] = guessing / (knowing + guessing);
    const first = cells.offsets[annotator]!;
    const end = cells.offsets[annotator + 1]!;
    let sum = 1.75 * (K - (end - first));
    for (let cell = first; cell < end; cell++) sum += start.strategy[cell] = drawn(annotator, mix(prints.classes[cells.labels[cell]!]!, 2));
    for (let cell = first; cell < end; cell++) start.strategy[cell]! /= sum;
  }
  return start;
}
