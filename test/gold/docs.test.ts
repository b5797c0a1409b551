import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aggregate, bestClass, betaQuantile, defaultMethodId, drawSample, entropy, sampledShare, simulateCrowd, VoteTable } from '../../src/aggregation/index.js';

describe('the example of docs/gold.md', () => {
  const page = readFileSync(new URL('../../docs/gold.md', import.meta.url), 'utf8');

  it('has the figures of the crowd it names, by the default method of today', () => {
    expect(page).toContain('`simulateCrowd({ items: 1000, annotators: 20, classes: 4, votesPerItem: 3, skill: 0.6 }, 1)`');
    const crowd = simulateCrowd({ items: 1000, annotators: 20, classes: 4, votesPerItem: 3, skill: 0.6 }, 1);
    const { posteriors } = aggregate(new VoteTable(crowd.columns), defaultMethodId);
    const hits = Array.from(crowd.truth, (truth, item) => Number(bestClass(posteriors, item * 4, 4) === truth));
    const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
    expect(page).toContain(`${percent(hits.reduce((sum, hit) => sum + hit, 0) / 1000)} of the\ndefault method's consensus right`);

    // UNCERTAINTY, as the page defines it, with the size and the seed of its mutation.
    const codes = Int32Array.from(hits.keys());
    const { codes: drawn, probabilities } = drawSample({ codes, sizes: Float64Array.from(codes, (item) => entropy(posteriors, item * 4, 4) + 0.1 * Math.log(4)) }, 100, 1);
    for (const at of [0, 1]) {
      const [, probability] = new RegExp(`"probability": ([\\d.]+), "item": { "externalId": "i${drawn[at]}" }`).exec(page) ?? [];
      expect(Number(probability)).toBeCloseTo(probabilities[at]!, 12);
    }
    const answered = Array.from(drawn, (item) => hits[item]!);
    const { value, low, high } = sampledShare(answered, probabilities);
    expect(page).toContain(`| with \`sample\` | ${percent(value)} | ${percent(low)} to ${percent(high)} |`);
    const right = answered.reduce((sum, hit) => sum + hit, 0);
    expect(page).toContain(`| the same items without it | ${percent(right / 100)} | ${percent(betaQuantile(0.025, 1 + right, 101 - right))} to ${percent(betaQuantile(0.975, 1 + right, 101 - right))} |`);
  });
});
