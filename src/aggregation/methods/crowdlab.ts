import { annotatorStatistics } from '../crowdlab/annotators.js';
import { fitCrowdlab, hasOverlap, posteriorRows } from '../crowdlab/fit.js';
import { bestTemperature, logsOf, scaleInPlace } from '../crowdlab/temperature.js';
import { softLabelBytes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies, normalizeRows } from '../numeric/simplex.js';

/**
 * The posterior of an item is the weighted mean of the models' predictions and of its annotators' votes; see `crowdlab/fit.ts`.
 * An item without votes has the models' mean. The consensus label, from which the weights are found, is nearly always the
 * best class of the posterior; where the last weights moved it, the finding `consensus` keeps the paper's label.
 */
export const crowdlab: AggregationMethod = {
  id: 'crowdlab',
  version: 1,
  title: 'CROWDLAB',
  source: 'Goh, Tkachenko & Mueller, CROWDLAB: Supervised learning to infer consensus labels and quality scores for data with multiple annotators (2022)',
  reads: ['votes', 'predictions'],
  options: [
    {
      name: 'calibrate', type: 'boolean', default: false,
      doc: "Scale each model's predictions by the temperature at which they come closest to the vote shares; ActiveLab always does.",
    },
  ],
  cost: 'O(models x N x K + votes), twice; 15 times more with calibrate',
  estimate: (size, { calibrate }) => ({
    operations: (calibrate === true ? 300 : 20) * Math.max(1, size.models) * size.items * size.classes + 10 * size.votes,
    bytes: softLabelBytes(size) * (1 + 2 * Math.max(1, size.models)),
  }),
  returns: ['posteriors', 'quality'],
  finds: [
    { name: 'consensus', per: 'item', type: 'class', meaning: "The paper's consensus label; nearly always the best class of the soft label." },
    { name: 'consensusQuality', per: 'item', type: 'probability', meaning: "The soft label's probability of that consensus." },
    { name: 'annotatorWeight', per: 'annotator', type: 'number', min: 0, meaning: "How much the annotator's votes count, beside the models: 1 for one who is never wrong, next to 0 for one no better than always naming the commonest class." },
    { name: 'annotatorAgreement', per: 'annotator', type: 'probability', meaning: "Share of the annotator's votes that name the consensus." },
    { name: 'worstClass', per: 'annotator', type: 'class', meaning: 'Of the classes the annotator gave, the one that matches the consensus least.' },
    { name: 'modelWeight', per: 'model', type: 'number', min: 0, meaning: "How much a model's predictions count, beside the annotators: on the scale of their weights, times the root of the mean number of votes." },
  ],
  quality: 'mean posterior of the classes the annotator voted for, mixed with its agreement with the consensus; 0 to 1, NaN if it shares no item with another annotator',

  run({ votes, predictions }, options) {
    if (!predictions) throw new TypeError('crowdlab reads predictions: give one N x K array a model');
    const K = votes.classCount;
    // Without overlap there is nothing to calibrate against.
    const models = options.calibrate && hasOverlap(votes) ? predictions.map(calibrated) : predictions;
    const fit = fitCrowdlab(votes, models);
    const rowOf = posteriorRows(votes, models, fit);
    const posteriors = new Float64Array(votes.itemCount * K);
    for (let item = 0; item < votes.itemCount; item++) posteriors.set(rowOf(item), item * K);
    // Predictions may sum to 1 within 1e-6 only; posteriors sum to 1.
    normalizeRows(posteriors, K);
    const { quality, agreement, worstClass } = annotatorStatistics(votes, fit, posteriors);
    return {
      posteriors,
      annotatorQuality: quality,
      diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, K), warnings: fit.warnings },
      findings: {
        consensus: Float64Array.from(fit.consensus),
        consensusQuality: Float64Array.from(fit.consensus, (label, item) => posteriors[item * K + label]!),
        annotatorWeight: fit.annotators,
        modelWeight: fit.models,
        annotatorAgreement: agreement,
        worstClass: Float64Array.from(worstClass),
      },
    };

    function calibrated(rows: Float64Array): Float64Array {
      const logs = logsOf(rows);
      scaleInPlace(logs, K, bestTemperature(votes, logs));
      return logs;
    }
  },
};
