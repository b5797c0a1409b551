import { describe, expect, it } from 'vitest';
import { voteQuality } from '../../../src/aggregation/crowdlab/annotators.js';
import { majorityWithPredictions } from '../../../src/aggregation/crowdlab/consensus.js';
import { fitCrowdlab } from '../../../src/aggregation/crowdlab/fit.js';
import { bestTemperature, logsOf, scaleInPlace, softCrossEntropies } from '../../../src/aggregation/crowdlab/temperature.js';
import { crowdlab } from '../../../src/aggregation/methods/crowdlab.js';
import { hasShared } from '../../setup/shared.js';
import { column, goldenCases, hasFile, largestDifference, readCase, readKeys, readRows } from './golden.js';

const TOLERANCE = 1e-9;

describe.skipIf(!hasShared)('CROWDLAB equals the reference', () => {
  const cases = goldenCases('crowdlab').filter((name) => hasFile(`golden/crowdlab/${name}/posterior.csv`));

  it('has cases to compare', () => expect(cases.length).toBe(20));

  describe.each(cases)('%s', (name) => {
    const folder = `golden/crowdlab/${name}`;
    const { votes, predictions, annotatorNames } = readCase(folder);
    const K = votes.classCount;

    it.each([[false, ''], [true, '_calibrated']] as const)('in posteriors, consensus, vote and annotator quality (calibrate: %s)', (calibrate, suffix) => {
      const result = crowdlab.run({ votes, predictions }, { calibrate }, { seed: 0 });
      const expected = readRows(`${folder}/posterior${suffix}.csv`);
      const rows = expected.flatMap((row) => Array.from({ length: K }, (_, k) => Number(row[`p${k}`])));
      expect(largestDifference(result.posteriors, rows)).toBeLessThan(TOLERANCE);

      const items = readRows(`${folder}/label_quality${suffix}.csv`);
      expect(Array.from(result.findings!.consensus!)).toEqual(column(items, 'consensus_label'));
      expect(largestDifference(result.findings!.consensusQuality!, column(items, 'consensus_quality_score'))).toBeLessThan(TOLERANCE);

      const detailed = readRows(`${folder}/detailed_label_quality${suffix}.csv`);
      const qualities = detailed.flatMap((row) => annotatorNames.map((annotator) => row[annotator]!).filter((cell) => cell !== '').map(Number));
      expect(largestDifference(voteQuality(votes, result.posteriors), qualities)).toBeLessThan(TOLERANCE);

      for (const row of readRows(`${folder}/annotator_stats${suffix}.csv`)) {
        const annotator = annotatorNames.indexOf(row.annotator!);
        const quality = row.annotator_quality === '' ? NaN : Number(row.annotator_quality);
        expect(largestDifference([result.annotatorQuality![annotator]!], [quality]), row.annotator).toBeLessThan(TOLERANCE);
        expect(result.findings!.annotatorAgreement![annotator]).toBeCloseTo(Number(row.agreement_with_consensus), 12);
        expect(result.findings!.worstClass![annotator], row.annotator).toBe(Number(row.worst_class));
      }
    });

    it.each([['', false], ['_calibrated', true]] as const)('in weights%s', (suffix, calibrate) => {
      const expected = readKeys(`${folder}/weights${suffix}.csv`);
      const models = predictions.map((rows, m) => {
        if (!calibrate) return rows;
        const logs = logsOf(rows);
        scaleInPlace(logs, K, expected.get(`temperature_${m}`)!);
        return logs;
      });
      const fit = fitCrowdlab(votes, models);
      predictions.forEach((_, m) => expect(Math.abs(fit.models[m]! - expected.get(`model_weight_${m}`)!)).toBeLessThan(TOLERANCE));
      fit.annotators.forEach((weight, a) => expect(Math.abs(weight - expected.get(`annotator_weight_${a}`)!)).toBeLessThan(TOLERANCE));
      expect(Math.abs(fit.agree - expected.get('consensus_likelihood')!)).toBeLessThan(TOLERANCE);
    });
  });

  it.each(goldenCases('crowdlab'))('in the majority vote, with and without predictions: %s', (name) => {
    const folder = `golden/crowdlab/${name}`;
    const { votes, predictions } = readCase(folder);
    for (const [file, models] of [['majority_vote_with_pred_probs', predictions], ['majority_vote_labels_only', []]] as const) {
      if (!hasFile(`${folder}/${file}.csv`)) continue;
      const labels = Array.from(majorityWithPredictions(votes, models));
      readRows(`${folder}/${file}.csv`).forEach((row, item) => {
        if (row.label !== 'random') expect(labels[item], `${file}, item ${item}`).toBe(Number(row.label));
      });
    }
  });

  it.each(goldenCases('activelab').filter((name) => hasFile(`golden/activelab/${name}/temperature_coarse.csv`)))('in the objective of the temperature and its choice: %s', (name) => {
    const { votes, predictions } = readCase(`golden/activelab/${name}`);
    const expected = readRows(`golden/activelab/${name}/temperature_coarse.csv`);
    const info = readKeys(`golden/activelab/${name}/info.csv`);
    predictions.forEach((rows, m) => {
      const coarse = expected.filter((row) => Number(row.model) === m);
      const logs = logsOf(rows);
      const values = softCrossEntropies(votes, logs, column(coarse, 'temperature'));
      expect(largestDifference(values, column(coarse, 'mean_soft_cross_entropy'))).toBeLessThan(TOLERANCE);
      // Predictions that no temperature changes (uniform, all 0 or 1) leave the choice to rounding.
      if (new Set(rows).size > 2) expect(bestTemperature(votes, logs)).toBe(info.get(`temperature_${m}`));
    });
  });
});
