import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VoteTable } from '../../src/aggregation/index.js';

/** Items with a few votes and items with hundreds, which are sorted in different ways; annotators who repeat themselves. */
const crowds = fc.record({ itemCount: fc.integer({ min: 1, max: 6 }), annotatorCount: fc.constantFrom(2, 300), classCount: fc.integer({ min: 2, max: 5 }) }).chain((counts) =>
  fc.record({
    counts: fc.constant(counts),
    votes: fc.array(fc.tuple(fc.nat(counts.itemCount - 1), fc.nat(counts.annotatorCount - 1), fc.nat(counts.classCount - 1)), { maxLength: 700, size: 'max' }),
  }),
);

it('a table has its votes by item, annotator and class, however many an item has, and loses none', () => {
  fc.assert(
    fc.property(crowds, ({ counts, votes }) => {
      const table = new VoteTable({ ...counts, items: votes.map(([item]) => item), annotators: votes.map(([, annotator]) => annotator), classes: votes.map(([, , label]) => label) });
      const rows = Array.from(table.items, (item, vote) => [item, table.annotators[vote], table.classes[vote]]);
      expect(rows).toEqual(votes.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]));
    }),
    { numRuns: 100 },
  );
});

it('columns that a table may take are its own where they are sorted, copied where not, and checked in any case', () => {
  const size = { itemCount: 2, annotatorCount: 2, classCount: 2 };
  const columns = (items: number[]) => ({ items: Int32Array.from(items), annotators: Int32Array.of(0, 1), classes: Int32Array.of(1, 0) });
  const sorted = columns([0, 1]);
  const { items, annotators, classes, itemOffsets } = new VoteTable({ ...sorted, ...size }, { taken: true });
  expect([items, annotators, classes].map((column, n) => column === [sorted.items, sorted.annotators, sorted.classes][n])).toEqual([true, true, true]);
  expect([...itemOffsets]).toEqual([0, 1, 2]);
  expect(new VoteTable({ ...sorted, ...size }).items).not.toBe(sorted.items);
  const unsorted = columns([1, 0]);
  expect(new VoteTable({ ...unsorted, ...size }, { taken: true })).toMatchObject({ items: Int32Array.of(0, 1), annotators: Int32Array.of(1, 0) });
  expect(unsorted.items).toEqual(Int32Array.of(1, 0));
  expect(() => new VoteTable({ ...columns([0, 2]), ...size }, { taken: true })).toThrow('vote 1: item 2 is not an index from 0 to 1');
});
