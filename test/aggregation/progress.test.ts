import { describe, expect, it } from 'vitest';
import { aggregate, simulateCrowd, VoteTable, type CrowdOptions, type Progress } from '../../src/aggregation/index.js';

describe('progress within a long pass', () => {
  // Enough posteriors that a pass is long: with full matrices (smoothing fills them), in WebAssembly, sparse.
  it.each([
    ['dawid-skene', 'readable', { items: 9000, annotators: 20, classes: 500, votesPerItem: 1 }, { smoothing: 0.01, tolerance: 0 }],
    ['dawid-skene', 'fast', { items: 70_000, annotators: 20, classes: 64, votesPerItem: 1 }, { tolerance: 0 }],
    ['dawid-skene', 'sparse', { items: 9000, annotators: 20, classes: 520, votesPerItem: 1, confusable: 5 }, { tolerance: 0 }],
    ['hierarchical-dawid-skene', 'readable', { items: 9000, annotators: 20, classes: 500, votesPerItem: 1 }, { tolerance: 1e-9 }],
    ['hierarchical-dawid-skene', 'fast', { items: 70_000, annotators: 20, classes: 64, votesPerItem: 1 }, { tolerance: 1e-9 }],
    ['hierarchical-dawid-skene', 'sparse', { items: 9000, annotators: 20, classes: 520, votesPerItem: 1, confusable: 5 }, { tolerance: 1e-9 }],
    ['ibcc', 'readable', { items: 20_000, annotators: 50, classes: 250, votesPerItem: 5 }, { tolerance: 0 }],
    ['ebcc', 'fast', { items: 230_000, annotators: 50, classes: 10, votesPerItem: 1 }, { tolerance: 0, subtypes: 2, seeds: 1 }],
    ['fast-dawid-skene', 'only', { items: 9000, annotators: 20, classes: 500, votesPerItem: 2 }, {}],
  ] as [string, string, CrowdOptions, object][])('is told by %s, in its %s kernel, rising, before the pass ends', (method, _, crowd, options) => {
    const told: Progress[] = [];
    aggregate(new VoteTable(simulateCrowd(crowd, 1).columns), method, { options: { ...options, maxIterations: 2 }, onProgress: (progress) => told.push(progress) });
    for (const iteration of [1, 2]) {
      const shares = told.filter((one) => one.iteration === iteration).map(({ done }) => done);
      expect(shares.at(-1)).toBeUndefined();
      const within = shares.slice(0, -1) as number[];
      expect(within.length).toBeGreaterThan(10);
      expect(within.length).toBeLessThan(33);
      within.forEach((share, at) => expect(share).toBeGreaterThan(at === 0 ? 0 : within[at - 1]!));
      expect(within.at(-1)).toBeLessThan(1);
    }
  });
});
