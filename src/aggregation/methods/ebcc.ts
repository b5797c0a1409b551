import { expectedAccuracy } from '../expected-accuracy.js';
import { confusionRows } from '../kernels/confusion-rows.js';
import { subtypeKernel } from '../kernels/fast/subtype-kernel.js';
import { readableSubtypes, type SubtypeKernel } from '../kernels/subtypes/subtype-pass.js';
import { checkSubtypeMemory, inferSubtypes } from '../kernels/subtypes/subtype-inference.js';
import { confusionEntries, softLabelBytes, usualIterations } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { fingerprints, mix } from '../numeric/fingerprints.js';
import { countTies } from '../numeric/simplex.js';

/**
 * Enhanced Bayesian classifier combination: iBCC whose classes are mixtures of subtypes, so that annotators may err together
 * (everyone takes the same bad picture for the same wrong class). The posterior is the mean over several random starts, which
 * does better than the start of the best evidence bound.
 *
 * Where we differ from the authors' program: starts are drawn from how an item's votes hang together, not from its number, so
 * that shuffled or renamed input gives the same result; the readable kernel leaves responsibilities below 1e-10 out of the counts.
 */
const record: Omit<AggregationMethod, 'version' | 'run'> = {
  id: 'ebcc',
  title: 'Enhanced Bayesian classifier combination (EBCC)',
  source: 'Li, Rubinstein & Cohn, "Exploiting Worker Correlation for Label Aggregation in Crowdsourcing" (ICML 2019)',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: [
    { name: 'seeds', type: 'integer', default: 3, min: 1, max: 100, doc: 'Random starts whose posteriors are averaged.' },
    { name: 'subtypes', type: 'integer', default: 10, min: 2, max: 100, doc: 'Subtypes of each class.' },
    { name: 'tolerance', type: 'number', default: 1e-3, min: 0, max: 1, doc: 'Stop when no probability of a class and subtype moves by this much; 0 runs exactly maxIterations.' },
    { name: 'maxIterations', type: 'integer', default: 300, min: 1, max: 1_000_000, doc: 'Most iterations of a start; if one ends here the run reports converged: false.' },
  ],
  cost: 'O(seeds x votes x K x subtypes) an iteration; memory of 16 bytes x K x subtypes for each item and 16 for each (annotator, class used)',
  estimate: (size, options) => {
    const { seeds, subtypes } = options as { seeds: number; subtypes: number };
    // Responsibilities, and those of the pass before; likelihoods and counts.
    const entries = subtypes * (2 * size.classes * size.items + 2 * confusionEntries(size));
    return { operations: seeds * usualIterations(50, options) * (subtypes * size.classes * size.votes + 3 * entries), bytes: 8 * entries + softLabelBytes(size) };
  },
  returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
  quality: "Expected share of the annotator's votes that name the true class, 0 to 1.",
};

/** Compiling the fast kernel takes a few milliseconds, starting threads some twenty: both wait for enough votes. */
const FAST_FROM = 10_000;
const THREADS_FROM = 200_000;

export const ebcc: AggregationMethod = {
  ...record,
  // From 10,000 votes on the sums are taken in another order since 2, up to 20 subtypes over all classes.
  version: 2,
  run: runWith((input, subtypes, start, threads) => {
    // Which kernel runs depends on the votes alone, so that the bits do too.
    const { voteCount } = input.votes;
    const fast = voteCount >= FAST_FROM ? subtypeKernel(input, subtypes, start, { threads: voteCount >= THREADS_FROM ? threads : 1 }) : null;
    return fast ?? readableSubtypes(input, subtypes, start);
  }),
  earlier: [{ ...record, version: 1, run: runWith(readableSubtypes) }],
};

type KernelMaker = (...given: [...Parameters<typeof readableSubtypes>, threads: number]) => SubtypeKernel;

function runWith(kernelOf: KernelMaker): AggregationMethod['run'] {
  return (input, options, context) => {
    const { votes } = input;
    const rows = confusionRows(votes);
    const seeds = options.seeds as number;
    const limits = { subtypes: options.subtypes as number, tolerance: options.tolerance as number, maxIterations: options.maxIterations as number };
    checkSubtypeMemory(votes, rows, limits.subtypes);
    const posteriors = new Float64Array(votes.itemCount * votes.classCount);
    const confusion = new Float64Array(rows.labels.length * votes.classCount);
    const classPriors = new Float64Array(votes.classCount);
    const diagnostics = { iterations: 0, converged: true, trace: [] as number[], ties: 0, warnings: [] as string[] };
    const marks = fingerprints(votes, context.seed);
    for (let start = 0; start < seeds; start++) {
      const draws = { ...marks, items: marks.items.map((mark) => mix(mark, start)) };
      const found = inferSubtypes(input, rows, limits, draws, context, `start ${start + 1} of ${seeds}`, (...given) => kernelOf(...given, context.threads ?? 1));
      addMean(posteriors, found.posteriors, seeds);
      addMean(confusion, found.confusion, seeds);
      addMean(classPriors, found.classPriors, seeds);
      diagnostics.iterations += found.iterations;
      diagnostics.converged &&= found.converged;
      diagnostics.warnings.push(...found.warnings);
      // The trace is of the first start alone: bounds of different starts are no sequence.
      if (start === 0) diagnostics.trace = found.trace;
    }
    diagnostics.ties = countTies(posteriors, votes.classCount);
    return {
      posteriors,
      annotatorQuality: expectedAccuracy(votes, posteriors),
      confusion: { offsets: rows.offsets, labels: rows.labels, values: confusion },
      classPriors,
      diagnostics,
    };
  };
}

function addMean(sum: Float64Array, values: Float64Array, count: number): void {
  for (let at = 0; at < sum.length; at++) sum[at]! += values[at]! / count;
}
