import { expectedAccuracy } from '../expected-accuracy.js';
import { addMatrices, confusionRows, type ConfusionRows } from '../kernels/confusion-rows.js';
import { fastKernel } from '../kernels/fast/fast-kernel.js';
import { maximization } from '../kernels/maximization.js';
import { addCounts, referenceKernel, type PassKernel } from '../kernels/pass.js';
import { warmParameters } from '../kernels/warm-start.js';
import { SPARSE_FROM_CLASSES, sparsePass } from '../kernels/sparse-pass.js';
import { confusionEntries, emOverMatrices, softLabelBytes, usualIterations, type CostEstimate } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext } from '../method.js';
import { accelerationOption, emOptions, runEm, type EmLimits } from '../numeric/em.js';
import { countTies } from '../numeric/simplex.js';
import { writeShares } from '../vote-shares.js';
import type { VoteTable } from '../vote-table.js';

export const dawidSkene: AggregationMethod = {
  id: 'dawid-skene',
  // Above 512 classes the sums are taken in another order since 2.
  version: 2,
  title: 'Dawid-Skene',
  source: 'Dawid & Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied Statistics 28(1), 1979',
  reads: ['votes', 'gold', 'warm-start', 'prior-counts', 'candidate-sets'],
  options: [
    // At 1e-7 some real crowds end up to 2e-6 (relative) below the log-likelihood they reach, at 1e-9 all are within 1e-7.
    ...emOptions(1e-9, 2000),
    { name: 'smoothing', type: 'number', default: 0, min: 0, max: 1e6, doc: 'Added to every expected count of an annotator and a class the annotator used; 0 is maximum likelihood.' },
    accelerationOption,
  ],
  cost: 'O(votes x K) an iteration; memory of 16 bytes x K for each (annotator, class used). From 512 classes on O(items x K + entries that are not negligible), 8 bytes x K',
  estimate: (size, options) => estimateOf(size, options),
  returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
  quality: "expected share of the annotator's votes that name the true class, 0 to 1",
  run(input, options, context) {
    const { votes } = input;
    if (isSparse(input, options)) return runSparse(input, options, context);
    const { kernel, mStep, offsets, labels } = prepare(input, options.smoothing as number, context.threads);
    try {
      const outcome = runEm(
        {
          pass: (tell) => {
            const logLikelihood = kernel.run(tell);
            mStep.update();
            return logLikelihood;
          },
          parameters: [kernel.state.confusion, kernel.state.classPriors],
          restore: mStep.restore,
        },
        { ...limitsOf(votes, options), acceleration: options.acceleration as 'none' | 'squarem' },
        context,
      );
      const { confusion, classPriors } = kernel.state;
      const posteriors = kernel.posteriors();
      return {
        posteriors,
        annotatorQuality: expectedAccuracy(votes, posteriors),
        confusion: { offsets, labels, values: confusion.slice() },
        classPriors: classPriors.slice(),
        diagnostics: { ...outcome, ties: countTies(posteriors, votes.classCount), warnings: [...kernel.warnings] },
      };
    } finally {
      kernel.close?.();
    }
  },
};

/** Whether the counts stay sparse: nothing fills every entry of them, and nothing needs them all. */
function isSparse({ votes, warmStart, priorCounts }: AggregationInput, { smoothing, acceleration }: MethodOptions): boolean {
  return votes.classCount >= SPARSE_FROM_CLASSES && !votes.candidateSets && !warmStart && !priorCounts && smoothing === 0 && acceleration === 'none';
}

function runSparse({ votes, gold }: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const rows = confusionRows(votes);
  const pass = sparsePass({ votes, rows, gold });
  const outcome = runEm({ pass: pass.run }, limitsOf(votes, options), context);
  const { posteriors, classPriors } = pass;
  return {
    posteriors,
    annotatorQuality: expectedAccuracy(votes, posteriors),
    confusion: { offsets: rows.offsets, labels: rows.labels, values: pass.confusion.inFull() },
    classPriors,
    diagnostics: { ...outcome, ties: countTies(posteriors, votes.classCount), warnings: [] },
  };
}

function limitsOf({ voteCount }: VoteTable, { tolerance, maxIterations }: MethodOptions): EmLimits {
  return { tolerance: tolerance as number, maxIterations: maxIterations as number, voteCount };
}

/** Above 512 classes an eighth of what full matrices cost, or less; a run that fills every entry costs all of it. */
const estimateOf: CostEstimate = (size, options) => {
  const full = emOverMatrices(150)(size, options);
  if (size.classes < SPARSE_FROM_CLASSES || size.priors || options.smoothing !== 0 || options.acceleration !== 'none') return full;
  const operations = usualIterations(150, options) * (6 * size.items * size.classes + (size.votes * size.classes) / 8);
  return { operations, bytes: 8 * confusionEntries(size) + softLabelBytes(size) };
};

/** Compiling the fast kernel takes a few milliseconds, starting threads some twenty: both wait for enough votes. */
const FAST_FROM = 10_000;
const THREADS_FROM = 200_000;

/** A kernel with the parameters of the first pass. Of the rows only what the result needs is kept: the codes are 4 bytes a vote. */
function prepare(input: AggregationInput, smoothing: number, threads = 1) {
  const { votes, gold, priorCounts } = input;
  const rows = confusionRows(votes, priorCounts);
  // Which kernel runs depends on the votes alone, so that the bits do too.
  const fast = votes.voteCount >= FAST_FROM ? fastKernel({ votes, rows, gold }, { threads: votes.voteCount >= THREADS_FROM ? threads : 1 }) : null;
  const kernel = fast ?? referenceKernel({ votes, rows, gold });
  const mStep = maximization(kernel.state, rows, votes.classCount, extraCounts(input, rows, smoothing));
  start(input, rows, kernel, mStep);
  return { kernel, mStep, offsets: rows.offsets, labels: rows.labels };
}

/** The parameters of the first pass: those of an earlier run, or the M step of the vote shares. */
function start({ votes, gold, warmStart }: AggregationInput, rows: ConfusionRows, { state }: PassKernel, mStep: { update: () => void }): void {
  const { itemCount, classCount: K, itemOffsets } = votes;
  if (warmStart) {
    warmParameters(warmStart, rows, K, state);
    return;
  }
  const { counts, classCounts, confusion } = state;
  // Members of a candidate set share a vote evenly as long as nothing is known of the annotators.
  confusion.fill(1);
  const shares = new Float64Array(K);
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    if (first === last && !(gold && gold[item]! >= 0)) continue;
    writeShares(votes, item, gold, shares, 0);
    for (let k = 0; k < K; k++) classCounts[k]! += shares[k]!;
    addCounts(rows, confusion, first, last, shares, 0, K, counts);
  }
  mStep.update();
}

/** What is added to the expected counts: smoothing on every entry, and what is known of the annotators from elsewhere. */
function extraCounts({ priorCounts, votes }: AggregationInput, { offsets, labels }: ConfusionRows, smoothing: number): Float64Array | null {
  if (!priorCounts && smoothing === 0) return null;
  const K = votes.classCount;
  const extra = new Float64Array(labels.length * K).fill(smoothing);
  if (priorCounts) addMatrices(extra, { offsets, labels }, priorCounts, K);
  return extra;
}
