import { describe, expect, it } from 'vitest';
import { decide, policies, startCampaign } from '../../../bench/activelab/protocol.mjs';
import { poolNames, readCurves, readPool, readSelections, readStreams } from '../../../bench/activelab/pools.mjs';
import * as library from '../../../src/aggregation/index.js';
import { hasShared, shared } from '../../setup/shared.js';
import { column, goldenCases, hasFile, largestDifference, readCase, readKeys, readRows } from '../crowdlab/golden.js';
import { pathToFileURL } from 'node:url';

const TOLERANCE = 1e-9;
const { activeLab, scoreItems } = library;

describe.skipIf(!hasShared)('ActiveLab equals the reference', () => {
  it.each(goldenCases('activelab'))('in scores of labelled and unlabelled items: %s', (name) => {
    const folder = `golden/activelab/${name}`;
    const { votes, predictions, labelledCount } = readCase(folder);
    const scores = scoreItems('activelab', { votes, predictions });
    expect(largestDifference(scores.subarray(0, labelledCount), column(readRows(`${folder}/scores.csv`), 'score'))).toBeLessThan(TOLERANCE);
    expect(largestDifference(scores.subarray(labelledCount), column(readRows(`${folder}/scores_unlabeled.csv`), 'score'))).toBeLessThan(TOLERANCE);
  });

  it.each(goldenCases('activelab').filter((name) => hasFile(`golden/activelab/${name}/consensus_after_scaling.csv`)))('in consensus and weights: %s', (name) => {
    const folder = `golden/activelab/${name}`;
    const { votes, predictions, labelledCount } = readCase(folder);
    const result = activeLab(votes, predictions);
    const info = readKeys(`${folder}/info.csv`);
    expect(Array.from(result.consensus.subarray(0, labelledCount))).toEqual(column(readRows(`${folder}/consensus_after_scaling.csv`), 'consensus_label'));
    expect(Math.abs(result.weights.meanAnnotatorWeight - info.get('mean_annotator_weight')!)).toBeLessThan(TOLERANCE);
    result.weights.models.forEach((weight, m) => expect(Math.abs(weight - info.get(`model_weight_${m}`)!)).toBeLessThan(TOLERANCE));
    Array.from(result.weights.annotators).forEach((weight, a) => expect(Math.abs(weight - info.get(`annotator_weight_${a}`)!)).toBeLessThan(TOLERANCE));
  });
});

describe.skipIf(!hasShared)('ActiveLab picks the very items the reference picked', () => {
  const folder = pathToFileURL(`${shared('bench-data', 'activelab')}/`);

  describe.each(poolNames)('from the pool %s', (name) => {
    it.each([0, 1, 2, 3, 4])('with seed %d, at its accuracies', (seed) => {
      const pool = readPool(folder, name);
      const selections = readSelections(folder, name)[seed]!;
      const curves = readCurves(folder, name, 'activelab').filter((row) => Number(row.seed) === seed);
      const campaign = startCampaign(library, pool, readStreams(folder, name, seed));
      expect(selections).toHaveLength(15);
      selections.forEach((expected, round) => {
        const state = campaign.round();
        const curve = curves.find((row) => Number(row.round) === round)!;
        expect(state.votesSpent).toBe(Number(curve.annotations));
        expect(Math.abs(state.testAccuracy - Number(curve.test_accuracy)), `test accuracy, round ${round}`).toBeLessThan(1e-4);
        expect(Math.abs(state.consensusAccuracy - Number(curve.consensus_accuracy)), `consensus accuracy, round ${round}`).toBeLessThan(1e-4);
        const [scores, first] = policies.activelab(library, state);
        expect(campaign.pick(scores, first), `picks of round ${round}`).toEqual(expected);
        const { given } = campaign;
        const decided = decide(library, pool, given, state);
        expect(Array.from(decided.items), `named in round ${round}`).toEqual(expected);
        expect(Array.from(decided.votes)).toEqual(expected.map((item) => given[item]));
        expect(decided.decision, `decision of round ${round}`).toBe(given[expected[0]!]! > 0 ? 'RELABEL' : 'NEW');
        const best = (old: boolean) => scores.reduce((least, score, item) => ((given[item]! > 0) === old && given[item]! < 10 ? Math.min(least, score) : least), Infinity);
        expect([decided.scoreOfBestOld, decided.scoreOfBestNew], `best scores of round ${round}`).toEqual([best(true), best(false)]);
        campaign.label(expected);
      });
    });

    it('with the scores of its first round to 1e-9', () => {
      const expected = readRows('bench-data/activelab/activelab_scores_round0.csv').filter((row) => row.dataset === name);
      const campaign = startCampaign(library, readPool(folder, name), readStreams(folder, name, 0));
      const [scores] = policies.activelab(library, campaign.round());
      expect(largestDifference(scores, column(expected, 'score'))).toBeLessThan(TOLERANCE);
    });
  });
});
