import { conflation, disagreement, fitTemperatures, jensenShannonCentroid, meanSoftLabel, temper, temperByVotes } from '../../combination.js';
import type { Bounded } from '../../numeric/bounded-mean.js';
import { calibration } from '../../numeric/calibration.js';
import { expectedAccuracy } from '../../expected-accuracy.js';
import { confusionEntries, softLabelBytes, type CostEstimate, type CostSize } from '../../numeric/cost.js';
import type { AggregationInput, AggregationMethod, FindingSpec, MethodOptions, MethodResult, OptionSpec, RunContext } from '../../method.js';
import { fingerprints } from '../../numeric/fingerprints.js';
import { countTies, setCertain } from '../../numeric/simplex.js';
import { runParameters } from '../../run-parameters.js';
import { leastGoldToTune, type Tuning, tuneByGold } from './tuning.js';
import { tuningFindings, tuningFound, untunedFound } from './tuning-findings.js';
import { evenSets, evenSetsOfVersion1, five, hasTooManyEntries, isTooLarge, runMembers, withoutMatrices, type Member, type MemberResult } from './members.js';

/** Items the temperatures of `combine: temperature` are fitted on. */
const FITTED_ITEMS = 1000;

/** What softens the mean of version 1, and of methods that are not tempered by their votes. */
const TEMPERATURE_OF_VERSION_1 = 1.4;

const combineOption: OptionSpec = {
  name: 'combine', type: 'choice', default: 'mean', choices: ['mean', 'weighted', 'conflation', 'jensen-shannon', 'temperature'],
  doc: 'mean; weighted by 1/log loss on the gold items (needs gold); conflation, the normalised product; the Jensen-Shannon centroid; or the mean after each method got a temperature of its own, at which they agree best.',
};
const floorOption: OptionSpec = { name: 'floor', type: 'number', default: 0.02, min: 0, max: 0.5, doc: 'Share of the uniform distribution mixed in at the end; 0 leaves the label.' };

const weightOption = (name: string, value: number, what: string): OptionSpec => ({ name, type: 'number', default: value, min: 0, max: 1e6, doc: `Weight in five of ${what}; 0 leaves it out.` });

const disagreementFinding: FindingSpec = { name: 'disagreement', per: 'item', type: 'number', min: 0, max: Math.LN2, meaning: 'How far the methods are apart: the mean Jensen-Shannon divergence of all pairs of them, in nats.' };

/** What a run averages, and what it does to it. */
interface Mixture {
  members: readonly Member[];
  /** Members that were to take part and do not, for the warnings. */
  missing: readonly Member[];
  /** How far n votes fall short of n independent ones: they are worth n/(1 + rho (n - 1)). */
  rho: number;
  temperature: number;
  floor: number;
  combine: string;
  /** Whether gold chooses weights, rho and temperature instead of being told to the members. */
  tunes: boolean;
}

/**
 * The soft labels of several methods in one. Single methods are too sure of themselves, each in its own way; their mean is
 * about as accurate as the best of them and far better calibrated.
 *
 * Since 2, by default of five: label-aggregation, which trusts annotators by their agreement with the rest;
 * hierarchical-dawid-skene in two forms and dawid-skene, which learn how each of them errs; and, of two classes, ebcc, for
 * crowds in which annotators err together. Annotators err together everywhere, if less: n votes of which any two correlate by rho
 * are worth n/(1 + rho (n - 1)) independent ones (Kish's design effect), so that the label of a method that multiplies the
 * chances of votes is raised to the power 1/(1 + rho (n - 1)). Shares of votes need none of that. A little of the uniform
 * distribution is mixed in at the end, for what all methods missed together. Weights, rho and floor: bench/accuracy/README.md.
 *
 * Confusion matrices, class priors and annotators' quality are those the combined soft label implies (one M step).
 *
 * Where we differ from the paper: more methods to choose from, weights, and tempering.
 */
export const softLabelMean: AggregationMethod = {
  ...recordOf({
    version: 2,
    options: [
      {
        name: 'methods', type: 'choice', default: 'five', choices: ['five', ...Object.keys(evenSets)],
        doc: 'five: label-aggregation, hierarchical-dawid-skene with learned and with even class shares, dawid-skene, and of two classes ebcc, by the weights below. Alike: six, zero-based-skill, label-aggregation, dawid-skene, fast-dawid-skene, ibcc, glad; paper, vote-share, softmax, wawa, zero-based-skill, dawid-skene, glad, mace; nine, those and ibcc, ebcc. Left out with a warning: methods that cannot read the votes at hand, and those with confusion matrices where these would have over 20 entries a vote; for five then stand zero-based-skill, label-aggregation and glad.',
      },
      weightOption('labelAggregation', 0.3, 'label-aggregation'),
      weightOption('hierarchical', 0.5, 'hierarchical-dawid-skene'),
      weightOption('hierarchicalEven', 0.1, 'hierarchical-dawid-skene with even class shares and priorWeight 5'),
      weightOption('dawidSkene', 0.1, 'dawid-skene'),
      { name: 'ebcc', type: 'number', default: 0.35, min: 0, max: 1e6, doc: 'Weight in five of ebcc where there are two classes, taken from that of hierarchical; 0 leaves it out.' },
      {
        name: 'memberIterations', type: 'integer', default: 0, min: 0, max: 1_000_000,
        doc: 'Most iterations of hierarchical-dawid-skene and of ebcc in five. 0: as many as go through 60 million votes, from 60 to 500; up to 120,000 votes, 500.',
      },
      { name: 'memberTolerance', type: 'number', default: 1e-4, min: 0, max: 1, doc: 'At which hierarchical-dawid-skene stops in five.' },
      {
        name: 'rho', type: 'number', default: 0.3, min: 0, max: 1,
        doc: 'How alike annotators err: an item of n votes counts as n/(1 + rho (n - 1)) in dawid-skene, its kin, glad and mace, whose labels are raised to the power 1/(1 + rho (n - 1)). 0 leaves them.',
      },
      combineOption,
      { name: 'temperature', type: 'number', default: 1, min: 0.05, max: 20, doc: 'Softens the combined label by p^(1/T); 1 leaves it.' },
      floorOption,
      {
        name: 'tuneByGold', type: 'boolean', default: false,
        doc: `true lets gold choose weights, rho and temperature of five, if ${leastGoldToTune} voted items or more have an answer and what is chosen is worth it (less log loss on answers that had no part in the choice); as without it where not. The methods do not see the answers then. Needs combine mean.`,
      },
    ],
    finds: [disagreementFinding, ...tuningFindings],
    mixtureOf: (options, size) => {
      const { rho, temperature, floor, combine, tuneByGold: tunes } = options as { rho: number; temperature: number; floor: number; combine: string; tuneByGold: boolean };
      if (tunes && (options.methods !== 'five' || combine !== 'mean')) throw new RangeError('soft-label-mean: tuneByGold chooses weights of methods five under combine mean; leave both as they are by default');
      const members = options.methods === 'five' ? five(options, size) : evenSets[options.methods as string]!;
      if (members.length === 0) throw new RangeError('soft-label-mean: all weights of five are 0; give one of them more, or choose other methods');
      const missing = members.filter((member) => hasTooManyEntries(member, size));
      if (options.methods !== 'five' || missing.length === 0) return { members, missing: [], rho, temperature, floor, combine, tunes };
      return { members: withoutMatrices, missing, rho: 0, temperature: temperature * TEMPERATURE_OF_VERSION_1, floor, combine, tunes };
    },
  }),
  earlier: [
    recordOf({
      version: 1,
      options: [
        { name: 'methods', type: 'choice', default: 'six', choices: Object.keys(evenSetsOfVersion1), doc: 'As those of version 2.' },
        combineOption,
        { name: 'temperature', type: 'number', default: TEMPERATURE_OF_VERSION_1, min: 0.05, max: 20, doc: 'Softens the combined label by p^(1/T); 1 leaves it.' },
        floorOption,
      ],
      finds: [disagreementFinding],
      mixtureOf: ({ methods, combine, temperature, floor }) =>
        ({ members: evenSetsOfVersion1[methods as string]!, missing: [], rho: 0, temperature: temperature as number, floor: floor as number, combine: combine as string, tunes: false }),
    }),
  ],
};

function recordOf({ version, options, finds, mixtureOf }: { version: number; options: readonly OptionSpec[]; finds: readonly FindingSpec[]; mixtureOf: (options: MethodOptions, size: CostSize) => Mixture }): AggregationMethod {
  return {
    id: 'soft-label-mean',
    version,
    title: 'Mean of several methods',
    source: 'Wright & Augenstein, "Aggregating Soft Labels from Crowd Annotations Improves Uncertainty Estimation Under Distribution Shift" (2022); design effect as Kish, "Survey Sampling" (1965)',
    reads: ['votes', 'gold', 'candidate-sets'],
    options,
    cost: 'the sum of its methods; memory of 8 bytes x items x K for each',
    estimate: (size, given) => estimateOf(mixtureOf(given, size), size),
    returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
    finds,
    quality: "Expected share of the annotator's votes that name the true class, 0 to 1.",
    run: (input, given, context) => {
      const { votes } = input;
      return runMixture(input, mixtureOf(given, { items: votes.itemCount, annotators: votes.annotatorCount, classes: votes.classCount, votes: votes.voteCount, models: 0 }), context);
    },
  };
}

function estimateOf({ members, tunes }: Mixture, size: CostSize): ReturnType<CostEstimate> {
  const costs = members.filter((member) => !hasTooManyEntries(member, size) && !isTooLarge(member, size)).map(({ method, options }) => method.estimate(size, options));
  return {
    // Where tuning is not worth it the methods run once more, and read gold.
    operations: (tunes ? 2 : 1) * costs.reduce((sum, { operations }) => sum + operations, 3 * size.items * size.classes),
    bytes: Math.max(...costs.map(({ bytes }) => bytes)) + (costs.length + 2) * softLabelBytes(size) + 8 * confusionEntries(size),
  };
}

function runMixture(input: AggregationInput, mixture: Mixture, context: RunContext): MethodResult {
  const { votes, gold } = input;
  const K = votes.classCount;
  const answers = mixture.tunes ? answeredItems(input) : 0;
  if (mixture.tunes && mixture.missing.length > 0) return untuned({ answers, why: 'without confusion matrices its methods are others', gain: null }, input, mixture, context);
  if (mixture.tunes && answers < leastGoldToTune) return untuned({ answers, why: `the run reads gold answers of ${answers} voted items, and ${leastGoldToTune} are needed`, gain: null }, input, mixture, context);
  const weighted = mixture.combine === 'weighted';
  if (weighted && !gold?.some((answer) => answer >= 0)) throw new RangeError('soft-label-mean: combine weighted needs gold answers to weigh the methods by; there are none');
  const warnings: string[] = [];
  // Weights are learnt on the gold items, so the methods must not have seen their answers.
  const found = runMembers([...mixture.missing, ...mixture.members], weighted || mixture.tunes ? { votes } : input, context, warnings);
  const tuning = mixture.tunes ? tune(found, input, mixture, context) : null;
  if (tuning && !tuning.isTuned) {
    const { gain } = tuning;
    const why = `what four fifths of ${tuning.answers} gold answers chose lowered the log loss of the rest by ${gain.value.toFixed(4)} (${gain.low.toFixed(4)} to ${gain.high.toFixed(4)}), which is not above its standard error`;
    return untuned({ answers: tuning.answers, why, gain }, input, mixture, context);
  }
  const { rho, temperature, weights } = tuning ?? { rho: mixture.rho, temperature: mixture.temperature, weights: found.map(({ member }) => member.weight) };
  const parts = found.map(({ member, result: { posteriors } }) => (member.multiplies && rho > 0 ? temperByVotes(posteriors, K, votes.itemOffsets, rho) : posteriors));
  const combined = combine(parts, weights, mixture.combine, input, context);
  const posteriors = softened(combined, K, temperature, mixture.floor);
  gold?.forEach((answer, item) => answer >= 0 && setCertain(posteriors, item * K, K, answer));
  const { confusion, classPriors } = runParameters(votes, { posteriors });
  return {
    posteriors,
    annotatorQuality: expectedAccuracy(votes, posteriors),
    confusion,
    classPriors,
    findings: { disagreement: disagreement(parts, K), ...(tuning && tuningFound(tuning, found.map(({ member }) => member))) },
    diagnostics: {
      iterations: found.reduce((sum, { result }) => sum + result.diagnostics.iterations, 0),
      converged: found.every(({ result }) => result.diagnostics.converged),
      trace: [],
      ties: countTies(posteriors, K),
      warnings,
    },
  };
}

function tune(found: readonly MemberResult[], { votes, gold }: AggregationInput, { rho, temperature, floor }: Mixture, { seed }: RunContext): Tuning {
  const members = found.map(({ member }) => member);
  return tuneByGold({
    votes, gold: gold!, parts: found.map(({ result }) => result.posteriors), weights: members.map(({ weight }) => weight), multiplies: members.map(({ multiplies }) => multiplies),
    rho, temperature, floor, seed,
  });
}

function answeredItems({ votes: { itemOffsets }, gold }: AggregationInput): number {
  return gold ? gold.reduce((count, answer, item) => count + Number(answer >= 0 && itemOffsets[item + 1]! > itemOffsets[item]!), 0) : 0;
}

/** The run as it is without tuning, whose methods may see the gold answers; it says why. */
function untuned({ answers, why, gain }: { answers: number; why: string; gain: Bounded | null }, input: AggregationInput, mixture: Mixture, context: RunContext): MethodResult {
  const result = runMixture(input, { ...mixture, tunes: false }, context);
  const { diagnostics, findings } = result;
  return {
    ...result, findings: { ...findings, ...untunedFound(answers, gain) },
    diagnostics: { ...diagnostics, warnings: [...diagnostics.warnings, `tuneByGold left weights, rho and temperature as they are: ${why}`] },
  };
}

function combine(parts: Float64Array[], weights: readonly number[], rule: string, { votes, gold }: AggregationInput, context: RunContext): Float64Array {
  const K = votes.classCount;
  switch (rule) {
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
      return meanSoftLabel(parts, weights);
  }
}

function softened(posteriors: Float64Array, K: number, temperature: number, floor: number): Float64Array {
  const soft = new Float64Array(posteriors.length);
  temper(posteriors, K, temperature, soft);
  for (let at = 0; at < soft.length; at++) soft[at] = (1 - floor) * soft[at]! + floor / K;
  return soft;
}
