import { expectedAccuracy } from '../expected-accuracy.js';
import { confusionRows } from '../kernels/confusion-rows.js';
import { checkSubtypeMemory, inferSubtypes } from '../kernels/subtypes/subtype-inference.js';
import { emOverMatrices } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies } from '../numeric/simplex.js';

/**
 * Independent Bayesian classifier combination: Dawid-Skene with Dirichlet priors on the confusion matrices (4 pseudo-votes for
 * the right class, 1 for each wrong one) and the class shares (1 each), by mean-field variational inference from the vote
 * shares. The priors keep annotators with few votes near what most annotators are, where plain Dawid-Skene takes them at their word.
 */
export const ibcc: AggregationMethod = {
  id: 'ibcc',
  version: 1,
  title: 'Independent Bayesian classifier combination (iBCC)',
  source: 'Kim & Ghahramani, "Bayesian Classifier Combination" (AISTATS 2012); variational as Simpson, Roberts, Psorakis & Smith (2013)',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: [
    { name: 'tolerance', type: 'number', default: 1e-5, min: 0, max: 1, doc: 'Stop when no posterior moves by this much; 0 runs exactly maxIterations.' },
    { name: 'maxIterations', type: 'integer', default: 1000, min: 1, max: 1_000_000, doc: 'Most iterations; a run that ends here reports converged: false.' },
  ],
  cost: 'O(votes x K) an iteration; memory of 16 bytes x K for each (annotator, class used)',
  estimate: emOverMatrices(60, { stepsAnEntry: 12 }),
  returns: ['posteriors', 'quality', 'confusion', 'class-priors'],
  quality: "Expected share of the annotator's votes that name the true class, 0 to 1.",
  run(input, options, context) {
    const { votes } = input;
    const rows = confusionRows(votes);
    checkSubtypeMemory(votes, rows, 1);
    const limits = { subtypes: 1, tolerance: options.tolerance as number, maxIterations: options.maxIterations as number };
    const { posteriors, classPriors, confusion, iterations, converged, trace } = inferSubtypes(input, rows, limits, null, context, 'variational inference');
    return {
      posteriors,
      annotatorQuality: expectedAccuracy(votes, posteriors),
      confusion: { offsets: rows.offsets, labels: rows.labels, values: confusion },
      classPriors,
      diagnostics: { iterations, converged, trace, ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};
