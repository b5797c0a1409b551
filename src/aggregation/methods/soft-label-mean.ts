import { conflation, disagreement, fitTemperatures, jensenShannonCentroid, meanSoftLabel, temper } from '../combination.js';
import { calibration } from '../numeric/calibration.js';
import { expectedAccuracy } from '../expected-accuracy.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext } from '../method.js';
import { fingerprints } from '../numeric/fingerprints.js';
import { countTies, setCertain } from '../numeric/simplex.js';
import { resolveOptions } from '../options.js';
import { runParameters } from '../run-parameters.js';
import type { VoteTable } from '../vote-table.js';
import { dawidSkene } from './dawid-skene.js';
import { ebcc } from './ebcc.js';
import { fastDawidSkene } from './fast-dawid-skene.js';
import { glad } from './glad.js';
import { ibcc } from './ibcc.js';
import { labelAggregation } from './label-aggregation.js';
import { mace } from './mace.js';
import { softmax } from './softmax.js';
import { voteShare } from './vote-share.js';
import { wawa } from './wawa.js';
import { zeroBasedSkill } from './zero-based-skill.js';

const paper = [voteShare, softmax, wawa, zeroBasedSkill, dawidSkene, glad, mace];

/** `six`: chosen on 18 real crowds without looking at the one scored, see bench/accuracy/README.md. */
const partsByName: Record<string, readonly AggregationMethod[]> = {
  six: [zeroBasedSkill, labelAggregation, dawidSkene, fastDawidSkene, ibcc, glad],
  paper,
  nine: [...paper, ibcc, ebcc],
};

/**
 * Confusion matrices of more entries a vote than this are not worth having: 20,000 items of 1,000 classes with 5 votes each gave
 * Dawid-Skene 28% right after 20 iterations of .8 s, and zero-based-skill 98% in .5 s. At K <= 20 it never comes to that.
 */
const MOST_ENTRIES_A_VOTE = 20;

/** Items the temperatures of `combine: temperature` are fitted on. */
const FITTED_ITEMS = 1000;

/**
 * The soft labels of several methods in one. Single methods are too sure of themselves, each in its own way; their mean is
 * about as accurate as the best of them and far better calibrated. It is then softened by a temperature, p^(1/T), and mixed
 * with a little of the uniform distribution, for what all methods missed together. Neither changes the order of the classes.
 *
 * Confusion matrices, class priors and annotators' quality are those the combined soft label implies (one M step).
 *
 * Where we differ from the paper: more methods to choose from, and the temperature and floor after the mean.
 */
export const softLabelMean: AggregationMethod = {
  id: 'soft-label-mean',
  version: 1,
  title: 'Mean of several methods',
  source: 'Wright & Augenstein, "Aggregating Soft Labels from Crowd Annotations Improves Uncertainty Estimation Under Distribution Shift" (2022)',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: [
    {
      name: 'methods', type: 'choice', default: 'six', choices: Object.keys(partsByName),
      doc: 'six: zero-based-skill, label-aggregation, dawid-skene, fast-dawid-skene, ibcc, glad. paper: vote-share, softmax, wawa, zero-based-skill, dawid-skene, glad, mace. nine: those and ibcc, ebcc. Left out with a warning: methods that cannot read the votes at hand, and those with confusion matrices where these would have over 20 entries a vote.',
    },
    {
      name: 'combine', type: 'choice', default: 'mean', choices: ['mean', 'weighted', 'conflation', 'jensen-shannon', 'temperature'],
      doc: 'mean; weighted by 1/log loss on the gold items (needs gold); conflation, the normalised product; the Jensen-Shannon centroid; or the mean after each method got a temperature of its own, at which they agree best.',
    },
    { name: 'temperature', type: 'number', default: 1.4, min: 0.05, max: 20, doc: 'Softens the combined label by p^(1/T); 1 leaves it.' },
    { name: 'floor', type: 'number', default: 0.02, min: 0, max: 0.5, doc: 'Share of the uniform distribution mixed in at the end; 0 leaves the label.' },
  ],
  cost: 'the sum of its methods; memory of 8 bytes x items x K for each',
  returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
  finds: [{ name: 'disagreement', per: 'item', type: 'number', min: 0, max: Math.LN2, meaning: 'How far the methods are apart: the mean Jensen-Shannon divergence of all pairs of them, in nats.' }],
  quality: "Expected share of the annotator's votes that name the true class, 0 to 1.",
  run(input, options, context) {
    const { votes, gold } = input;
    const K = votes.classCount;
    const weighted = options.combine === 'weighted';
    if (weighted && !gold?.some((answer) => answer >= 0)) throw new RangeError('soft-label-mean: combine weighted needs gold answers to weigh the methods by; there are none');
    const warnings: string[] = [];
    // Weights are learnt on the gold items, so the methods must not have seen their answers.
    const results = runAll(weighted ? { votes } : input, options, context, warnings);
    const parts = results.map(({ posteriors }) => posteriors);
    const combined = combine(parts, input, options, context);
    const posteriors = softened(combined, K, options.temperature as number, options.floor as number);
    gold?.forEach((answer, item) => answer >= 0 && setCertain(posteriors, item * K, K, answer));
    const { confusion, classPriors } = runParameters(votes, { posteriors });
    return {
      posteriors,
      annotatorQuality: expectedAccuracy(votes, posteriors),
      confusion,
      classPriors,
      findings: { disagreement: disagreement(parts, K) },
      diagnostics: {
        iterations: results.reduce((sum, { diagnostics }) => sum + diagnostics.iterations, 0),
        converged: results.every(({ diagnostics }) => diagnostics.converged),
        trace: [],
        ties: countTies(posteriors, K),
        warnings,
      },
    };
  },
};

function runAll(input: Pick<AggregationInput, 'votes' | 'gold'>, options: MethodOptions, context: RunContext, warnings: string[]): MethodResult[] {
  const results: MethodResult[] = [];
  let iteration = 0;
  for (const method of partsByName[options.methods as string]!) {
    const reason = unfit(method, input.votes);
    if (reason) {
      warnings.push(`${method.id} is left out: ${reason}`);
      continue;
    }
    const onProgress: RunContext['onProgress'] = context.onProgress && ((progress) => context.onProgress!({ ...progress, phase: `${method.id}: ${progress.phase}`, iteration: ++iteration }));
    const part = { votes: input.votes, ...(method.reads.includes('gold') && { gold: input.gold }) };
    const result = method.run(part, resolveOptions(method), { ...context, onProgress });
    if (!result.diagnostics.converged) warnings.push(`${method.id} ended at its cap of iterations`);
    warnings.push(...result.diagnostics.warnings.map((warning) => `${method.id}: ${warning}`));
    results.push(result);
  }
  return results;
}

/** Why a method cannot take part, or null. */
function unfit({ reads, returns }: AggregationMethod, { candidateSets, voteCount, annotatorCount, classCount: K }: VoteTable): string | null {
  if (candidateSets && !reads.includes('candidate-sets')) return 'it does not read candidate sets';
  const entries = (Math.min(voteCount, annotatorCount * K) * K) / voteCount;
  if (returns.includes('confusion') && entries > MOST_ENTRIES_A_VOTE) return `its confusion matrices would have up to ${Math.round(entries)} entries a vote`;
  return null;
}

function combine(parts: Float64Array[], { votes, gold }: AggregationInput, options: MethodOptions, context: RunContext): Float64Array {
  const K = votes.classCount;
  switch (options.combine) {
    case 'conflation':
      return conflation(parts, K);
    case 'jensen-shannon':
      return jensenShannonCentroid(parts, K);
    case 'weighted':
      return meanSoftLabel(parts, parts.map((part) => 1 / calibration(part, K, gold!).nll));
    case 'temperature': {
      // A sample that does not hang on how items are numbered.
      const marks = fingerprints(votes, context.seed).items;
      const sample = Int32Array.from(marks, (_, item) => item).sort((a, b) => marks[a]! - marks[b]!).subarray(0, FITTED_ITEMS);
      const temperatures = fitTemperatures(parts, K, sample);
      return meanSoftLabel(parts.map((part, p) => {
        const tempered = new Float64Array(part.length);
        temper(part, K, temperatures[p]!, tempered);
        return tempered;
      }));
    }
    default:
      return meanSoftLabel(parts);
  }
}

function softened(posteriors: Float64Array, K: number, temperature: number, floor: number): Float64Array {
  const soft = new Float64Array(posteriors.length);
  temper(posteriors, K, temperature, soft);
  for (let at = 0; at < soft.length; at++) soft[at] = (1 - floor) * soft[at]! + floor / K;
  return soft;
}
