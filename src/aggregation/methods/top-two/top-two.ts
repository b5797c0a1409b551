import { components } from '../../kernels/components.js';
import { iterationsOverVotes, softLabelBytes } from '../../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, OptionSpec, RunContext } from '../../method.js';
import { accelerationOption, emOptions, runEm } from '../../numeric/em.js';
import { countTies } from '../../numeric/simplex.js';
import type { VoteTable } from '../../vote-table.js';
import { describeItems, type ItemAnswers } from './describe.js';
import { TopTwoEm } from './em.js';
import { topTwoFindings } from './findings.js';
import { CLIP } from './item-posterior.js';
import { compat, spectral, type SpectralFit } from './spectral.js';

/**
 * Top-two: besides the right answer an item has one plausible wrong answer, and a probability of confusing the two.
 *
 * `em` fits the model by EM (see `TopTwoEm`). `spectral` is a two-stage method in the paper's manner without its preference for
 * the first and last class. `compat` follows the authors' published code for comparison, but estimates the confusion with the
 * estimated answer, where that code reads the true one; of the three it alone depends on the order of the classes.
 */
export const topTwo: AggregationMethod = {
  id: 'top-two',
  version: 1,
  title: 'Top-two answers and confusion probability',
  source: 'Jeong and Chung, "Recovering Top-Two Answers and Confusion Probability in Multi-Choice Crowdsourcing" (ICML 2023)',
  reads: ['votes'],
  options: [
    { name: 'variant', type: 'choice', default: 'em', choices: ['em', 'spectral', 'compat'], doc: 'em: expectation-maximisation; spectral: two stages, faster, for evenly spread votes; compat: the published code, which depends on the order of the classes.' },
    ...emOptions(1e-7, 1000),
    { ...accelerationOption, default: 'squarem' } as OptionSpec,
    { name: 'softLabel', type: 'choice', default: 'predictive', choices: ['predictive', 'top-one'], doc: 'predictive: the answer of a perfectly reliable annotator, split between the two by q; top-one: the probability that a class is the first answer (em only).' },
  ],
  cost: 'em: O((votes + voted classes of all items) x 20) an iteration, O(annotators) x 640 bytes; spectral O(votes), compat O(votes x K) an iteration',
  estimate: (size, options) => ({ ...iterationsOverVotes(60, options.variant === 'spectral' ? 10 : 100)(size, options), bytes: softLabelBytes(size) + 640 * size.annotators + 24 * size.votes }),
  returns: ['posteriors', 'quality'],
  finds: topTwoFindings,
  qualityInterval: ['reliabilityLow', 'reliabilityHigh'],
  quality: 'reliability p, 0 to 1: how often the annotator answers from the top two instead of at random',
  run,
};

function run(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const { votes } = input;
  const { variant } = options;
  if (variant !== 'em' && votes.classCount === 2) {
    throw new RangeError(`top-two's ${variant} variant needs 3 classes or more: with 2 every vote is for one of the top two; use one-coin or dawid-skene`);
  }
  const result = variant === 'em' ? runEmVariant(votes, options, context) : runSpectral(votes, variant === 'compat' ? compat : spectral, options);
  const { offsets } = votes.byAnnotator();
  const { count } = components(votes);
  result.findings!.components = Float64Array.of(count);
  result.annotatorQuality = result.annotatorQuality!.map((p, a) => (offsets[a + 1]! > offsets[a]! ? p : NaN));
  result.diagnostics.warnings.push(...warningsOf(votes, count));
  return result;
}

function runEmVariant(votes: VoteTable, options: MethodOptions, context: RunContext): MethodResult {
  const em = new TopTwoEm(votes);
  const outcome = runEm(
    em,
    {
      tolerance: options.tolerance as number,
      maxIterations: options.maxIterations as number,
      voteCount: votes.voteCount,
      acceleration: options.acceleration as 'none' | 'squarem',
    },
    context,
  );
  const posteriors = new Float64Array(votes.itemCount * votes.classCount);
  const answers = describeItems(votes, em.posterior, posteriors, options.softLabel === 'predictive');
  const clipped = em.reliability.reduce((count, p) => count + (p <= CLIP || p >= 1 - CLIP ? 1 : 0), 0) / em.reliability.length;
  return {
    posteriors,
    annotatorQuality: em.reliability.slice(),
    diagnostics: { ...outcome, ties: countTies(posteriors, votes.classCount), warnings: clippedWarning(clipped) },
    findings: { ...answers, ...intervals(votes, em), belowChance: belowChance(votes, answers), clippedShare: Float64Array.of(clipped) },
  };
}

function runSpectral(votes: VoteTable, fit: (votes: VoteTable, limits: { tolerance: number; maxIterations: number }) => SpectralFit, options: MethodOptions): MethodResult {
  const { itemCount: N, classCount: K } = votes;
  const found = fit(votes, { tolerance: options.tolerance as number, maxIterations: options.maxIterations as number });
  const posteriors = new Float64Array(N * K);
  for (let item = 0; item < N; item++) {
    const { first, second } = found.answers;
    const q = found.q[item]!;
    const [g, h] = [first[item]!, second[item]!];
    // What is withheld is shared by all classes it may be.
    const rest = (1 - (g >= 0 ? q : 0) - (h >= 0 ? 1 - q : 0)) / (K - (g >= 0 ? 1 : 0) - (h >= 0 ? 1 : 0));
    posteriors.fill(Math.max(0, rest), item * K, (item + 1) * K);
    if (g >= 0) posteriors[item * K + g] = q;
    if (h >= 0) posteriors[item * K + h] = 1 - q;
  }
  return {
    posteriors,
    annotatorQuality: found.reliability,
    diagnostics: { iterations: found.iterations, converged: found.converged, trace: [], ties: countTies(posteriors, K), warnings: clippedWarning(found.clipped) },
    findings: { ...found.answers, pairGap: found.pairGap, belowChance: belowChance(votes, found.answers), clippedShare: Float64Array.of(found.clipped) },
  };
}

/** About 95% of the Beta posterior of p given the expected counts; what is unsure in the items' answers is left out. */
function intervals(votes: VoteTable, { followed }: TopTwoEm): { reliabilityLow: Float64Array; reliabilityHigh: Float64Array } {
  const { offsets } = votes.byAnnotator();
  const reliabilityLow = new Float64Array(followed.length).fill(NaN);
  const reliabilityHigh = reliabilityLow.slice();
  for (let a = 0; a < followed.length; a++) {
    const given = offsets[a + 1]! - offsets[a]!;
    if (given === 0) continue;
    const mean = (followed[a]! + 2) / (given + 4);
    const spread = 1.96 * Math.sqrt((mean * (1 - mean)) / (given + 5));
    reliabilityLow[a] = Math.max(0, mean - spread);
    reliabilityHigh[a] = Math.min(1, mean + spread);
  }
  return { reliabilityLow, reliabilityHigh };
}

/** 1 for annotators who name one of the two answers less often than chance, 2/K, would; NaN without a vote on a decided item. */
function belowChance(votes: VoteTable, { first, second }: ItemAnswers): Float64Array {
  const among = new Float64Array(votes.annotatorCount);
  const decided = new Float64Array(votes.annotatorCount);
  for (let v = 0; v < votes.voteCount; v++) {
    const item = votes.items[v]!;
    if (first[item]! < 0 || second[item]! < 0) continue;
    decided[votes.annotators[v]!]!++;
    if (votes.classes[v] === first[item] || votes.classes[v] === second[item]) among[votes.annotators[v]!]!++;
  }
  return among.map((count, a) => (decided[a]! === 0 ? NaN : Number(count / decided[a]! < 2 / votes.classCount)));
}

function clippedWarning(share: number): string[] {
  return share > 0.1 ? [`${(100 * share).toFixed(0)}% of the estimates lie at the end of their range: too few votes to tell`] : [];
}

function warningsOf(votes: VoteTable, parts: number): string[] {
  const warnings: string[] = [];
  if (votes.classCount === 2) warnings.push('with 2 classes every wrong answer is the second answer: one-coin or dawid-skene say as much with less');
  let voted = 0;
  for (let item = 0; item < votes.itemCount; item++) if (votes.itemOffsets[item + 1]! > votes.itemOffsets[item]!) voted++;
  const perItem = votes.voteCount / voted;
  if (perItem < 5) warnings.push(`${perItem.toFixed(1)} votes an item: under 5 the second answer is mostly a guess`);
  if (parts > 1) warnings.push(`the votes fall into ${parts} parts that share no item and no annotator: reliabilities are not comparable across them`);
  return warnings;
}
