import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedClasses, VoteTable, votes, type VoteRow } from '../../src/aggregation/index.js';

const rowsArbitrary = fc.array(fc.tuple(fc.nat(8), fc.nat(5), fc.nat(3)), { maxLength: 80 });

function tableOf(rows: readonly (readonly [number, number, number])[]): VoteTable {
  return new VoteTable({ items: rows.map(([item]) => item), annotators: rows.map(([, annotator]) => annotator), classes: rows.map(([, , label]) => label), itemCount: 10, annotatorCount: 7, classCount: 4 });
}

const tuplesOf = (table: VoteTable) => Array.from({ length: table.voteCount }, (_, vote) => [table.items[vote]!, table.annotators[vote]!, table.classes[vote]!]);
const byRow = (a: readonly number[], b: readonly number[]) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;

describe('VoteTable', () => {
  it('holds exactly the votes it was given, sorted by item, annotator and class', () => {
    fc.assert(fc.property(rowsArbitrary, (rows) => { expect(tuplesOf(tableOf(rows))).toEqual(rows.toSorted(byRow)); }));
  });

  it('finds the votes of every item and of every annotator', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const table = tableOf(rows);
        for (let item = 0; item < 10; item++) {
          const found = tuplesOf(table).slice(table.itemOffsets[item], table.itemOffsets[item + 1]);
          expect(found).toEqual(rows.filter(([i]) => i === item).toSorted(byRow));
        }
        const { offsets, votes: order } = table.byAnnotator();
        for (let annotator = 0; annotator < 7; annotator++) {
          const found = [...order.slice(offsets[annotator], offsets[annotator + 1])].map((vote) => tuplesOf(table)[vote]);
          expect(found).toEqual(rows.filter(([, a]) => a === annotator).toSorted(byRow));
        }
      }),
    );
  });

  it('keeps its own copy', () => {
    const items = Int32Array.of(0, 1);
    const table = new VoteTable({ items, annotators: [0, 0], classes: [0, 1], itemCount: 2, annotatorCount: 1, classCount: 2 });
    items[0] = 1;
    expect([...table.items]).toEqual([0, 1]);
  });
});

describe('votes', () => {
  const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), fc.constantFrom('é', 'e\u0301', ' x', 'x ', '__proto__', '0', '00', ''));

  it('gives every row back from its names, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name, name), { minLength: 1, maxLength: 40 }), (rows) => {
        const distinct = new Set(rows.map((row) => row[2]));
        const { table, items, annotators, classes } = votes(rows);
        const back = Array.from({ length: table.voteCount }, (_, v) => [items[table.items[v]!], annotators[table.annotators[v]!], classes[table.classes[v]!]]);
        const sorted = (list: unknown[]) => list.map((row) => JSON.stringify(row)).sort();
        expect(sorted(back)).toEqual(sorted(rows));
        expect(new Set(items).size).toBe(items.length);
        expect(classes).toEqual(sortedClasses(distinct));
      }),
    );
  });

  it('keeps the order of the classes where it is given, used or not', () => {
    const rows: VoteRow[] = [['a', 'ann', 'low'], ['b', 'ann', 'high']];
    expect(votes(rows, { classes: ['high', 'middle', 'low'] })).toMatchObject({ classes: ['high', 'middle', 'low'], table: { classCount: 3 } });
    expect([...votes(rows, { classes: ['high', 'middle', 'low'] }).table.classes]).toEqual([2, 0]);
    expect(votes(rows).classes).toEqual(['high', 'low']);
  });
});
