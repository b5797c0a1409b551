import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestClass, entropy, tiedClasses } from '../../src/aggregation/index.js';
import { readBy, type ReadRows } from '../../src/platform/database/binary-copy-reader.js';
import { Connection } from '../../src/platform/database/connection.js';
import { Prepared } from '../../src/platform/database/prepared.js';
import { part } from '../../src/results/blocks.js';
import { LabelFigures, readFigure, type Figure, type Range } from '../../src/results/label-figures.js';
import { BEFORE_ITEMS, BEHIND_ITEMS, isBefore, walkItems, walkOrder, type Place } from '../../src/results/label-order.js';
import { readRecord } from '../../src/results/label-record.js';
import { LabelWriter } from '../../src/results/label-writer.js';
import { findingsOfItems, readAllLabels, readItemFindings, readLabels, readLabelsBehind } from '../../src/results/stored-labels.js';
import { startService, type Service } from '../setup/service.js';

/** More than two blocks of everything, the last ones not full; a stretch of some blocks without a label. */
const N = 18_000;
const K = 3;
const isLabelled = (item: number) => item % 7 !== 3 && !(item > 4_000 && item < 5_000);
/** From few values, so that many are equal. */
const rowOf = (item: number) => {
  const first = ((item * 7919) % 50) / 100;
  const second = ((item * 104_729) % 40) / 100;
  return Float64Array.of(first, second, 1 - first - second);
};
const votesOf = (item: number) => (item * 31) % 11;
const foundOf = (of: (item: number) => number) => Float64Array.from({ length: N }, (_, item) => of(item));
/** Numbers of each width; the third and the fourth have blocks of several. */
const findings = [
  foundOf((item) => (item % 5 === 0 || !isLabelled(item) ? NaN : ((item * 13) % 17) - 8)),
  foundOf((item) => item / N),
  foundOf((item) => (item % 7 === 0 ? NaN : item < 8192 ? item % 255 : (item * 31) % 65_535)),
  foundOf((item) => (item === 9000 ? -0 : item % 2)),
];

let service: Service;
let client: Connection;
/** A run before, of the same items, and one behind, so that a statement that forgets its run is found out. */
const key = { projectId: 7, runId: 2 };

beforeAll(async () => {
  service = await startService({ ASSAY_WORK: 'false' });
  client = await Connection.open(service.databaseUrl, 'test of blocks');
  for (const runId of [1, 2, 3]) {
    const writer = new LabelWriter(client, { ...key, runId }, N, K);
    for (let item = 0; item < N; item++) {
      if (!isLabelled(item)) continue;
      writer.add(item, runId === 2 ? votesOf(item) : 99, runId === 2 ? rowOf(item) : Float64Array.of(0, 0, 1), 0);
      if (writer.isFull) await writer.flush();
    }
    await writer.end(runId === 2 ? findings : []);
  }
});
afterAll(async () => {
  await client.end();
  await service.stop();
});

const labelled = Array.from({ length: N }, (_, item) => item).filter(isLabelled);
const consensusOf = (item: number) => bestClass(rowOf(item), 0, K);
const figureOf = (figure: Figure, item: number): number => {
  const row = rowOf(item);
  if (figure === 'confidence') return row[bestClass(row, 0, K)]!;
  if (figure === 'entropy') return entropy(row, 0, K);
  return figure === 'votes' ? votesOf(item) : findings[figure]![item]!;
};

const asked = () => Prepared.by(client);

describe('blocks of labels', () => {
  it('give back single labels to the bit, in any order, and nothing for items without one', async () => {
    const codes = [17_999, 0, 255, 256, 3, 4_500, 10_000, 8_191, 8_192];
    const labels = await readLabels(asked(), key, K, codes);
    expect([...labels.keys()].sort((a, b) => a - b)).toEqual(codes.filter(isLabelled).sort((a, b) => a - b));
    for (const [item, { votes, probabilities }] of labels) expect([votes, ...probabilities]).toEqual([votesOf(item), ...rowOf(item)]);
    expect(new Set((await readItemFindings(asked(), key, 2, codes)).keys())).toEqual(new Set(labels.keys()));
    expect((await readLabels(asked(), { projectId: 8, runId: 2 }, K, codes)).size).toBe(0);
    expect((await readLabels(asked(), key, K, [N + 5_000])).size).toBe(0);
  });

  it('give back all of them at once', async () => {
    const all = new Float64Array(N * K).fill(-1);
    const seen: number[] = [];
    await readAllLabels(readBy(client), key, K, all, (item) => seen.push(item));
    expect(seen).toEqual(labelled);
    expect(all).toEqual(Float64Array.from(Array.from({ length: N }, (_, item) => (isLabelled(item) ? Array.from(rowOf(item)) : [-1, -1, -1])).flat()));
  });

  it.each([7, 100, 256, 1000, 5000])('give back stretches of at most %i labels, one behind the other', async (most) => {
    const items: number[] = [];
    const sizes: number[] = [];
    for (let last: number | null = -1; last != null;) {
      const before = items.length;
      last = await readLabelsBehind(readBy(client), key, last, most, (item, view, at, end) => {
        const row = new Float64Array(K);
        expect([readRecord(view, at, end, row, 0, K), ...row]).toEqual([votesOf(item), ...rowOf(item)]);
        items.push(item);
      });
      sizes.push(items.length - before);
    }
    expect(items).toEqual(labelled);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
  });

  it('give back findings: of single items, of a stretch of them across blocks, and of all', async () => {
    const single = await readItemFindings(asked(), key, findings.length, [17_999, 1, 5, 8_192, 9000]);
    for (const item of [17_999, 1, 5, 8_192, 9000]) expect(Array.from(single.get(item)!)).toEqual(findings.map((column) => column[item]));
    for (const [from, to] of [[8_000, 8_500], [8_191, 16_400], [0, 1], [17_990, N]] as const) {
      const numbers = await findingsOfItems(readBy(client), key, findings.length, from, to);
      for (let item = from; item < to; item++) expect(findings.map((_, place) => numbers(place, item))).toEqual(findings.map((column) => column[item]));
    }
    for (const [place, column] of findings.entries()) expect(await readFigure(readBy(client), key, N, place)).toEqual(column);
  });

  it('keep findings in as few bytes as they need', async () => {
    const { rows } = await client.query(`select part, block, length(bytes) as bytes from label_blocks where project_id = ${key.projectId} and run_id = ${key.runId} and part >= ${part.findings} order by part, block`);
    const last = N - 2 * 8192;
    expect(rows.map((row) => row.bytes)).toEqual([[8, 8, 8], [8, 8, 8], [1, 2, 2], [1, 8, 1]].flatMap((widths) => widths.map((width, block) => 1 + width * (block < 2 ? 8192 : last))));
  });

  it.each(['confidence', 'entropy', 'votes'] as const)('give back the figure %s of all items', async (figure) => {
    expect(await readFigure(readBy(client), key, N, figure)).toEqual(Float64Array.from({ length: N }, (_, item) => (isLabelled(item) ? figureOf(figure, item) : NaN)));
  });
});

const place = (value: fc.Arbitrary<number>): fc.Arbitrary<Place> => fc.record({ value, item: fc.integer({ min: -1, max: N }) });
const limit = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 900, max: 1300 }));

/** What lies in the stretch, by looking at all places. */
function inStretch(places: Place[], above: Place, below: Place, descending: boolean, most: number): Place[] {
  const within = places.filter((one) => isBefore(above, one) && isBefore(one, below)).sort((a, b) => a.value - b.value || a.item - b.item);
  return (descending ? within.reverse() : within).slice(0, most);
}

it('an item that comes before another, twice, or from nowhere is refused when it is written', () => {
  const idle = { query: () => new PassThrough() } as unknown as ClientBase;
  const writer = new LabelWriter(idle, key, 10, K);
  writer.add(4, 1, rowOf(4), 0);
  for (const item of [4, 3, 10, -1]) expect(() => writer.add(item, 1, rowOf(0), 0)).toThrow(`item ${item} comes behind item 4, of 10`);
});

describe('a walk', () => {
  it.each(['confidence', 'entropy', 'votes'] as const)('by %s gives what lies between any two places, in order, from either end', async (figure) => {
    const all = labelled.map((item) => ({ value: figureOf(figure, item), item }));
    const value = fc.oneof(fc.constantFrom(-Infinity, Infinity), fc.nat({ max: N - 1 }).filter(isLabelled).map((item) => figureOf(figure, item)), fc.double({ min: 0, max: 12, noNaN: true }));
    await fc.assert(fc.asyncProperty(place(value), place(value), fc.boolean(), limit, async (above, below, descending, most) => {
      expect(await walkOrder(asked(), key, figure, { above, below, descending, limit: most })).toEqual(inStretch(all, above, below, descending, most));
    }), { numRuns: 60 });
  });

  it('along the items gives those with a label between any two of them', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: -1, max: N }), fc.integer({ min: -1, max: N + 300 }), fc.boolean(), limit, async (above, below, descending, most) => {
      const within = labelled.filter((item) => item > above && item < below);
      expect(await walkItems(asked(), key, { above, below, descending, limit: most })).toEqual((descending ? within.reverse() : within).slice(0, most));
    }), { numRuns: 60 });
  });

  it('reads the blocks it gives from, however many there are', async () => {
    const read: number[] = [];
    const counting = { query: async <Row>(sql: string, values: unknown[]) => {
      const { rows } = await client.query(sql, values);
      read.push(rows.length);
      return rows as Row[];
    } };
    const whole = { above: { value: -Infinity, item: BEFORE_ITEMS }, below: { value: Infinity, item: BEHIND_ITEMS } };
    await walkOrder(counting, key, 'entropy', { ...whole, descending: false, limit: 101 });
    await walkItems(counting, key, { above: 9_000, below: N, descending: true, limit: 101 });
    expect(read).toEqual([2, 2]);
  });
});

describe('a look at all labels', () => {
  const figures: fc.Arbitrary<Figure> = fc.constantFrom<Figure[]>('confidence', 'entropy', 'votes', 0, 1);
  const range = figures.chain((figure) => fc.record<Range>({
    figure: fc.constant(figure),
    min: fc.constantFrom(-Infinity, 0, 0.3, 0.5, 3, -2), max: fc.constantFrom(Infinity, 0.5, 0.9, 1, 7),
  }));
  const wanted = fc.record({
    consensus: fc.option(fc.integer({ min: 0, max: K - 1 }), { nil: undefined }), tie: fc.option(fc.boolean(), { nil: undefined }), ranges: fc.array(range, { maxLength: 3 }),
  });

  it('gives what all conditions hold for, by any figure or item, between any two places', async () => {
    const shared = new LabelFigures();
    await fc.assert(fc.asyncProperty(wanted, fc.option(figures), place(fc.constantFrom(-Infinity, 0, 0.5, 0.62, 5, Infinity)), place(fc.constantFrom(Infinity, 1e308, 1, 0.7, 4, 0)), fc.boolean(), limit,
      async (conditions, by, above, below, descending, most) => {
        const unknown = descending ? -1e308 : 1e308;
        const fits = labelled.filter((item) => (conditions.consensus == null || consensusOf(item) === conditions.consensus)
          && (conditions.tie == null || tiedClasses(rowOf(item), 0, K) > 1 === conditions.tie)
          && conditions.ranges.every(({ figure, min, max }) => figureOf(figure, item) >= min && figureOf(figure, item) <= max));
        const places = fits.map((item) => {
          const value = by == null ? 0 : figureOf(by, item);
          return { value: Number.isNaN(value) ? unknown : value, item };
        });
        expect(await shared.find(readBy(client), key, N, conditions, by, unknown, { above, below, descending, limit: most })).toEqual(inStretch(places, above, below, descending, most));
      }), { numRuns: 150 });
  });

  it('reads a column once, and again once others have taken its room', async () => {
    const columns: number[] = [];
    const counting: ReadRows = (query, take) => {
      columns.push(Number(/part = (\d+)/.exec(query)![1]));
      return readBy(client)(query, take);
    };
    const look = (figures: LabelFigures) => figures.find(counting, key, N, { ranges: [{ figure: 'votes', min: 3, max: 4 }] }, null, 0, { above: { value: 0, item: -1 }, below: { value: 0, item: N }, descending: false, limit: 3 });
    const roomy = new LabelFigures();
    await Promise.all([look(roomy), look(roomy)]);
    await look(roomy);
    expect(columns).toEqual([1, 4]);
    columns.length = 0;
    const narrow = Object.assign(new LabelFigures(), { mostBytes: 100_000 });
    await look(narrow);
    await look(narrow);
    expect(columns.length).toBeGreaterThan(2);
  });
});
