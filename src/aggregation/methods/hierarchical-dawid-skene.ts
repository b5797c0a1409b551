import { expectedAccuracy } from '../expected-accuracy.js';
import { readableKernel, type CollapsedKernel, type CollapsedOutcome } from '../kernels/collapsed/collapsed-pass.js';
import { RowPrior } from '../kernels/collapsed/row-prior.js';
import { SparseCollapsedPass } from '../kernels/collapsed/sparse-collapsed-pass.js';
import { addMatrices, confusionRows, type ConfusionRows } from '../kernels/confusion-rows.js';
import { collapsedKernel } from '../kernels/fast/collapsed-kernel.js';
import { referencePass } from '../kernels/pass.js';
import { SPARSE_FROM_CLASSES } from '../kernels/sparse-pass.js';
import { warmParameters } from '../kernels/warm-start.js';
import type { AggregationInput, AggregationMethod, ConfusionMatrices, MethodOptions, MethodResult, RunContext, RunDiagnostics } from '../method.js';
import { confusionEntries, emOverMatrices, softLabelBytes, usualIterations, type CostEstimate } from '../numeric/cost.js';
import { withinIteration } from '../numeric/progress.js';
import { countTies } from '../numeric/simplex.js';
import { writeShares } from '../vote-shares.js';

/** The prior is that of the start for so many iterations, while the items find their classes. */
const UNLEARNT_ITERATIONS = 3;

/** Beyond this a vote more or less is nothing against the counts, and products of sixteen of them would overflow. */
const MOST_PRIOR_COUNT = 1e12;

const costInFull = 'O(votes x K) an iteration, about twice that of Dawid-Skene; memory of 16 bytes x K for each (annotator, class used), 8 bytes x K for each annotator and item';
// Terms and counts of each entry, and a prior of K x K; logarithms and digammas besides.
const inFull = emOverMatrices(60, { matrices: 2, stepsAnEntry: 6 });

/**
 * Dawid-Skene whose annotators are drawn from one crowd: the rows of their confusion matrices share a Dirichlet prior that is
 * learnt from all of them. Of an item the probabilities follow from what all other items say of its annotators,
 *
 *     P(k) ~ (nu_k - q_k) prod over votes (j, l) of (alpha[l | k] + c_jlk - q_k)/(A_k + n_jk - q_k),
 *
 * with c and n the expected votes of the annotator for l and for any class, nu those of items and q the item's own part in
 * them: no vote testifies for the annotator who gave it. So annotators with few votes count for what the crowd is worth, not
 * for what their own votes made of them, which is where Dawid-Skene is too sure of itself.
 *
 * Inference is zero-order collapsed variational Bayes (Asuncion et al.), all items at once from the last posteriors; nothing
 * is random. Where we differ from the paper, which samples: that, and the prior by fixed-point steps with a weight of its start.
 */
export const hierarchicalDawidSkene: AggregationMethod = {
  ...recordOf({
    // From 512 classes on rows are nearly even instead of full since 2: labels move by some 1e-4 (kernels/collapsed/sparse-collapsed-pass.ts).
    version: 2,
    cost: `${costInFull}. From 512 classes on, unless votes name candidate sets, O(votes x what is not alike among the classes), which of one or two votes an item is most, and 8 bytes x K`,
    estimate: (size, options) => estimateOf(size, options),
    isSparse: ({ votes }) => votes.classCount >= SPARSE_FROM_CLASSES && !votes.candidateSets,
  }),
  earlier: [
    recordOf({
      version: 1,
      cost: costInFull,
      estimate: inFull,
      isSparse: () => false,
    }),
  ],
};

function recordOf({ version, cost, estimate, isSparse }: Pick<AggregationMethod, 'version' | 'cost' | 'estimate'> & { isSparse: (input: AggregationInput) => boolean }): AggregationMethod {
  return {
    id: 'hierarchical-dawid-skene',
    version,
    title: 'Hierarchical Dawid-Skene',
    source:
      'Paun, Carpenter, Chamberlain, Hovy, Kruschwitz & Poesio, "Comparing Bayesian Models of Annotation", TACL 6, 2018; inference as Asuncion, Welling, Smyth & Teh, ' +
      '"On Smoothing and Inference for Topic Models" (UAI 2009), prior as Minka, "Estimating a Dirichlet distribution" (2000)',
    reads: ['votes', 'gold', 'warm-start', 'prior-counts', 'candidate-sets'],
    options: [
      { name: 'tolerance', type: 'number', default: 1e-3, min: 0, max: 1, doc: 'Stop when no posterior moves by this much; 0 runs exactly maxIterations.' },
      { name: 'maxIterations', type: 'integer', default: 60, min: 1, max: 1_000_000, doc: 'Most iterations; a run that ends here reports converged: false. Labels hardly change beyond 20.' },
      {
        name: 'priorWeight', type: 'number', default: 50, min: 0.01, max: 1e9,
        doc: 'How heavily the starting prior on confusion rows (3 pseudo-votes for the right class, 1 among the wrong ones) weighs against the annotators when the prior is learnt. Low weights may give a rare class away.',
      },
      { name: 'classPriors', type: 'choice', default: 'learned', choices: ['learned', 'even'], doc: 'learned: the shares of the classes, with one pseudo-item each; even: no class is likelier than another before its votes.' },
    ],
    cost,
    estimate,
    returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
    quality: "expected share of the annotator's votes that name the true class, 0 to 1",
    liveLabels: 'moved',
    run: (input, options, context) => {
      checkPriorCounts(input);
      return isSparse(input) ? runSparse(input, options, context) : runInFull(input, options, context);
    },
  };
}

/** Measured: with four votes an item or more some 1,000 steps a vote whatever K, with one 30 x K more. Votes for candidate sets, which keep full rows, are not known of here. */
const estimateOf: CostEstimate = (size, options) => {
  if (size.classes < SPARSE_FROM_CLASSES) return inFull(size, options);
  const votesAnItem = size.votes / Math.max(1, size.items);
  const stepsAVote = 1000 + 10 * size.classes * Math.max(0, 4 - Math.max(1, votesAnItem));
  const operations = usualIterations(60, options) * stepsAVote * size.votes + 3 * (confusionEntries(size) + size.items * size.classes);
  return { operations, bytes: 8 * confusionEntries(size) + 8 * size.annotators * size.classes + 2 * softLabelBytes(size) };
};

function runInFull(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const { votes } = input;
  const rows = confusionRows(votes, input.priorCounts);
  const even = options.classPriors === 'even';
  const known = knownCounts(input, rows);
  const kernel = kernelOf(input, rows, context.threads);
  try {
    const { state: { counts, terms, classCounts } } = kernel;
    kernel.begin(firstPosteriors(input, rows));
    const prior = new RowPrior(rows, votes.classCount, options.priorWeight as number);
    const addKnown = () => known?.forEach((count, i) => (counts[i]! += count));
    const outcome = iterate((learns, tell) => {
      addKnown();
      if (learns) prior.learn(counts);
      prior.writeTerms(counts, terms);
      writeStart(kernel.state, even);
      return kernel.run(tell);
    }, options, context);
    addKnown();
    prior.writeTerms(counts, terms);
    const { offsets, labels } = rows;
    const confusion = { offsets, labels, values: chances(terms, offsets, votes.classCount), evidence: terms.slice(labels.length * votes.classCount) };
    return resultOf(input, { posteriors: kernel.posteriors(), confusion, classCounts, even }, { ...outcome, warnings: [...kernel.warnings] });
  } finally {
    kernel.close?.();
  }
}

function runSparse(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const { votes, gold, warmStart, priorCounts } = input;
  const rows = confusionRows(votes, priorCounts);
  const even = options.classPriors === 'even';
  const pass = new SparseCollapsedPass({ votes, rows, gold }, options.priorWeight as number, knownCounts(input, rows));
  pass.begin(warmStart ? firstPosteriors(input, rows) : null);
  const outcome = iterate((learns, tell) => {
    if (learns) pass.prior.learn(pass.counts);
    return pass.run(even, tell);
  }, options, context);
  return resultOf(input, { posteriors: pass.posteriorsInFull(), confusion: pass.confusionInFull(), classCounts: pass.counts.classCounts, even }, { ...outcome, warnings: [] });
}

/** Compiling the fast kernel takes a few milliseconds, starting threads some twenty: both wait for enough votes. */
const FAST_FROM = 10_000;
const THREADS_FROM = 200_000;

function kernelOf({ votes, gold }: AggregationInput, rows: ConfusionRows, threads = 1): CollapsedKernel {
  // Which kernel runs depends on the votes alone, so that the bits do too.
  const fast = votes.voteCount >= FAST_FROM ? collapsedKernel({ votes, rows, gold }, { threads: votes.voteCount >= THREADS_FROM ? threads : 1 }) : null;
  return fast ?? readableKernel({ votes, rows, gold });
}

/** Vote shares, or the posteriors by an earlier run's parameters; the latter of items without votes are put right at the end. */
function firstPosteriors({ votes, gold, warmStart }: AggregationInput, rows: ConfusionRows): (item: number, out: Float64Array, at: number) => void {
  if (!warmStart) return (item, out, at) => writeShares(votes, item, gold, out, at);
  const { itemCount: N, classCount: K } = votes;
  const entries = rows.labels.length * K;
  const state = { confusion: new Float64Array(entries), classPriors: new Float64Array(K), counts: new Float64Array(entries), classCounts: new Float64Array(K) };
  warmParameters(warmStart, rows, K, state);
  const posteriors = new Float64Array(N * K);
  referencePass({ votes, rows, gold }, state, Int32Array.from({ length: N }, (_, item) => item), posteriors);
  return (item, out, at) => out.set(posteriors.subarray(item * K, (item + 1) * K), at);
}

/** @param pass by a prior that takes a step first where it learns */
function iterate(pass: (learns: boolean, tell?: (done: number) => void) => CollapsedOutcome, { tolerance, maxIterations }: MethodOptions, context: RunContext): Pick<RunDiagnostics, 'iterations' | 'converged' | 'trace'> {
  const phase = 'collapsed variational inference';
  const trace: number[] = [];
  let converged = false;
  while (!converged && trace.length < (maxIterations as number)) {
    const tell = withinIteration(context.onProgress, { phase, iteration: trace.length + 1, objective: trace.at(-1) });
    const { logLikelihood, moved } = pass(trace.length >= UNLEARNT_ITERATIONS, tell);
    trace.push(logLikelihood);
    converged = moved < (tolerance as number);
    context.onProgress?.({ phase, iteration: trace.length, objective: logLikelihood });
  }
  return { iterations: trace.length, converged, trace };
}

/** The class shares that all other items leave an item: they sum to 1 once its own part is taken out. */
function writeStart({ start, classCounts }: CollapsedKernel['state'], even: boolean): void {
  const K = classCounts.length;
  const others = classCounts.reduce((sum, count) => sum + count, K - 1);
  for (let k = 0; k < K; k++) start[k] = even ? 1 / K : (1 + classCounts[k]!) / others;
  start[K] = even ? 0 : 1 / others;
}

/** What is known of the annotators from elsewhere, over the rows of this run. */
function knownCounts({ priorCounts, votes }: AggregationInput, { offsets, labels }: ConfusionRows): Float64Array | null {
  if (!priorCounts) return null;
  const counts = new Float64Array(labels.length * votes.classCount);
  addMatrices(counts, { offsets, labels }, priorCounts, votes.classCount);
  return counts;
}

function checkPriorCounts({ priorCounts }: AggregationInput): void {
  const at = priorCounts?.values.findIndex((count) => count > MOST_PRIOR_COUNT) ?? -1;
  if (at >= 0) throw new RangeError(`priorCounts: value ${at} is ${priorCounts!.values[at]}; hierarchical-dawid-skene takes up to ${MOST_PRIOR_COUNT}, which is as good as certain`);
}

function resultOf(
  { votes, gold }: AggregationInput, { posteriors, confusion, classCounts, even }: { posteriors: Float64Array; confusion: ConfusionMatrices; classCounts: Float64Array; even: boolean }, outcome: Omit<RunDiagnostics, 'ties'>,
): MethodResult {
  const { itemCount: N, classCount: K, itemOffsets } = votes;
  const items = classCounts.reduce((sum, count) => sum + count, K);
  const classPriors = classCounts.map((count) => (even ? 1 / K : (1 + count) / items));
  for (let item = 0; item < N; item++) if (itemOffsets[item] === itemOffsets[item + 1] && !(gold && gold[item]! >= 0)) posteriors.set(classPriors, item * K);
  return { posteriors, annotatorQuality: expectedAccuracy(votes, posteriors), confusion, classPriors, diagnostics: { ...outcome, ties: countTies(posteriors, K) } };
}

/** Of each row the ratio of its terms: what the prior keeps for classes the annotator never used is missing from the columns. */
function chances(terms: Float64Array, offsets: Int32Array, K: number): Float64Array {
  const entries = offsets.at(-1)! * K;
  const values = terms.slice(0, entries);
  for (let annotator = 0, total = entries; annotator + 1 < offsets.length; annotator++, total += K) {
    for (let at = offsets[annotator]! * K; at < offsets[annotator + 1]! * K; at += K) for (let k = 0; k < K; k++) values[at + k]! /= terms[total + k]!;
  }
  return values;
}
