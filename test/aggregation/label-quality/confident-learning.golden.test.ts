import { describe, expect, it } from 'vitest';
import { confidentJoint, noiseEstimates } from '../../../src/aggregation/label-quality/confident-joint.js';
import { findLabelIssues, issueFilters, pruneCounts, rankByScore, rankIssues } from '../../../src/aggregation/label-quality/issues.js';
import { findIssuesByTag, findTagIssues, scoreTaggedItems, tagProblems, type TagPooling } from '../../../src/aggregation/label-quality/multi-label.js';
import { labelScores, normalizedEntropy, scoreLabels, type LabelScore } from '../../../src/aggregation/label-quality/scores.js';
import { hasShared } from '../../setup/shared.js';
import { column, goldenCases, hasFile, largestDifference, readRows, type Row } from '../crowdlab/golden.js';

const TOLERANCE = 1e-9;
const underscored = (name: string) => name.replaceAll('-', '_');

/** The numbers of a matrix file whose first column names the row. */
function matrix(path: string): number[] {
  return readRows(path).flatMap((row) => Object.values(row).slice(1).map(Number));
}

function numbered(rows: Row[], prefix: string): number[][] {
  const names = Object.keys(rows[0]!).filter((name) => new RegExp(`^${prefix}\\d+$`).test(name));
  return rows.map((row) => names.map((name) => Number(row[name])));
}

describe.skipIf(!hasShared)('confident learning equals the reference', () => {
  const cases = goldenCases('confident-learning').filter((name) => name.startsWith('s'));

  it('on ten cases', () => expect(cases.length).toBe(10));

  describe.each(cases)('%s', (name) => {
    const folder = `golden/confident-learning/${name}`;
    const input = readRows(`${folder}/input.csv`);
    const rows = numbered(input, 'p');
    const given = { labels: Int32Array.from(column(input, 'label')), predictions: Float64Array.from(rows.flat()), classCount: rows[0]!.length };
    const K = given.classCount;

    it('in label scores', () => {
      const expected = readRows(`${folder}/scores.csv`);
      for (const score of labelScores) expect(largestDifference(scoreLabels(given, score), column(expected, underscored(score))), score).toBeLessThan(TOLERANCE);
      for (const score of ['self-confidence', 'normalized-margin'] as const) {
        expect(largestDifference(scoreLabels(given, score, true), column(expected, `adjusted_${underscored(score)}`)), `adjusted ${score}`).toBeLessThan(TOLERANCE);
      }
      const entropies = rows.map((_, item) => normalizedEntropy(given.predictions, item * K, K));
      expect(largestDifference(entropies, column(expected, 'normalized_entropy'))).toBeLessThan(TOLERANCE);
    });

    it('in thresholds, confident joint and prune counts', () => {
      const { thresholds, raw, calibrated, joint } = confidentJoint(given);
      expect(largestDifference(thresholds, column(readRows(`${folder}/thresholds.csv`), 'threshold'))).toBeLessThan(TOLERANCE);
      expect(Array.from(raw)).toEqual(matrix(`${folder}/confident_joint_raw.csv`));
      expect(Array.from(calibrated)).toEqual(matrix(`${folder}/confident_joint_calibrated.csv`));
      expect(largestDifference(joint, matrix(`${folder}/joint.csv`))).toBeLessThan(TOLERANCE);
      expect(Array.from(pruneCounts(calibrated, K))).toEqual(matrix(`${folder}/prune_counts.csv`));
    });

    it('in noise rates and the shares of the true classes', () => {
      const { noise, inverse, truePriors } = noiseEstimates(confidentJoint(given).calibrated, K);
      expect(largestDifference(noise, matrix(`${folder}/noise_matrix.csv`))).toBeLessThan(TOLERANCE);
      expect(largestDifference(inverse, matrix(`${folder}/inverse_noise_matrix.csv`))).toBeLessThan(TOLERANCE);
      expect(largestDifference(truePriors, column(readRows(`${folder}/prior_true.csv`), 'p'))).toBeLessThan(TOLERANCE);
    });

    const issues = readRows(`${folder}/issues.csv`);

    it.each(issueFilters)('in the items flagged by %s', (filter) => {
      expect(Array.from(findLabelIssues(given, { filter }))).toEqual(column(issues, underscored(filter)));
    });

    it('in the items flagged at half the noise, and before labels the model agrees with are let off', () => {
      expect(Array.from(findLabelIssues(given, { fracNoise: 0.5 }))).toEqual(column(issues, 'prune_by_noise_rate_frac_half'));
      expect(Array.from(confidentJoint(given).offDiagonal)).toEqual(column(issues, 'off_diagonal'));
    });

    it.each(labelScores)('in the ranking by %s', (score) => {
      const expected = readRows(`${folder}/ranked_prune_by_noise_rate.csv`).filter((row) => row.ranked_by === underscored(score));
      expect(Array.from(rankIssues(findLabelIssues(given), given, score))).toEqual(column(expected, 'item'));
    });
  });
});

describe.skipIf(!hasShared)('multi-label confident learning equals the reference', () => {
  const cases = goldenCases('confident-learning').filter((name) => name.startsWith('m'));

  it('on five cases', () => expect(cases.length).toBe(5));

  describe.each(cases)('%s', (name) => {
    const folder = `golden/confident-learning/${name}`;
    const input = readRows(`${folder}/input.csv`);
    const tags = numbered(input, 'y');
    const tagCount = tags[0]!.length;
    const given = { tags: Uint8Array.from(tags.flat()), probabilities: Float64Array.from(numbered(input, 'p').flat()), tagCount };
    const byTag = (path: string) => Array.from({ length: tagCount }, (_, tag) => numbered(readRows(path), 'c').map((row) => row[tag]!));

    it('in the scores of each tag', () => {
      const problems = tagProblems(given);
      for (const score of labelScores) {
        byTag(`${folder}/class_scores_${underscored(score)}.csv`).forEach((expected, tag) => {
          expect(largestDifference(scoreLabels(problems[tag]!, score), expected), `${score}, tag ${tag}`).toBeLessThan(TOLERANCE);
        });
      }
    });

    it('in the scores of items', () => {
      const expected = readRows(`${folder}/scores.csv`);
      const pooled: [string, LabelScore, TagPooling, boolean][] = [
        ...labelScores.map((score): [string, LabelScore, TagPooling, boolean] => [`ema0.8_${underscored(score)}`, score, { by: 'moving-average', alpha: 0.8 }, false]),
        ['ema_default_alpha_self_confidence', 'self-confidence', { by: 'moving-average', alpha: 2 / (tagCount + 1) }, false],
        ['ema0_self_confidence', 'self-confidence', { by: 'moving-average', alpha: 0 }, false],
        ['ema1_self_confidence', 'self-confidence', { by: 'moving-average', alpha: 1 }, false],
        ['softmin0.1_self_confidence', 'self-confidence', { by: 'softmin', temperature: 0.1 }, false],
        ['ema0.8_adjusted_self_confidence', 'self-confidence', { by: 'moving-average', alpha: 0.8 }, true],
      ];
      for (const [file, score, pooling, adjusted] of pooled.filter(([file]) => expected[0]![file] !== undefined)) {
        expect(largestDifference(scoreTaggedItems(given, score, pooling, adjusted), column(expected, file)), file).toBeLessThan(TOLERANCE);
      }
    });

    it('in thresholds and joints of each tag', () => {
      const problems = tagProblems(given);
      readRows(`${folder}/per_class_joint.csv`).forEach((row, tag) => {
        const { thresholds, calibrated } = confidentJoint(problems[tag]!);
        expect(largestDifference(thresholds, [Number(row.threshold0), Number(row.threshold1)])).toBeLessThan(TOLERANCE);
        expect(Array.from(calibrated)).toEqual([row.cj_given0_true0, row.cj_given0_true1, row.cj_given1_true0, row.cj_given1_true1].map(Number));
      });
    });

    const issues = readRows(`${folder}/issues.csv`);

    it.each(issueFilters.filter((filter) => issues[0]?.[underscored(filter)] !== undefined))('in the items flagged by %s', (filter) => {
      expect(Array.from(findTagIssues(given, { filter }))).toEqual(column(issues, underscored(filter)));
    });

    it.each(issueFilters.filter((filter) => hasFile(`${folder}/class_issues_${underscored(filter)}.csv`)))('in the tags flagged by %s', (filter) => {
      const flags = findIssuesByTag(given, { filter }).map((tag) => Array.from(tag));
      expect(flags).toEqual(byTag(`${folder}/class_issues_${underscored(filter)}.csv`));
    });

    it('in the ranking of flagged items', () => {
      const ranking = rankByScore(findTagIssues(given), scoreTaggedItems(given, 'self-confidence'));
      expect(Array.from(ranking)).toEqual(column(readRows(`${folder}/ranked_prune_by_noise_rate.csv`), 'item'));
    });
  });
});
