import { describe, expect, it } from 'vitest';
import { aggregate, methods, VoteTable } from '../../src/aggregation/index.js';

describe('gold answers without any vote', () => {
  describe.each(methods.filter(({ reads }) => reads.includes('gold')))('$id', ({ id, maxClasses = Infinity }) => {
    it.each([2, 3, 520].filter((K) => K <= maxClasses))('is certain of them among %i classes, and has a soft label for the rest', (K) => {
      for (const annotatorCount of [0, 2]) {
        const votes = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 4, annotatorCount, classCount: K });
        const { posteriors, annotatorQuality } = aggregate(votes, id, { gold: Int32Array.of(1, -1, 0, 1) });
        for (const [item, answer] of [[0, 1], [2, 0], [3, 1]] as const) {
          expect(Array.from(posteriors.slice(item * K, (item + 1) * K))).toEqual(Array.from({ length: K }, (_, k) => Number(k === answer)));
        }
        const rest = posteriors.slice(K, 2 * K);
        for (const p of rest) expect(p).toBeGreaterThanOrEqual(0);
        expect(rest.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        expect(annotatorQuality!.every((quality) => Number.isNaN(quality))).toBe(true);
      }
    });

    it('are needed then: without one there is nothing to go by', () => {
      const votes = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 2, annotatorCount: 0, classCount: 2 });
      expect(() => aggregate(votes, id, { gold: Int32Array.of(-1, -1) })).toThrow(`${id} needs at least one vote, or a gold answer; there are none`);
    });
  });
});
