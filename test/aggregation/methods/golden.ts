import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect } from 'vitest';
import type { AggregationMethod, MethodResult } from '../../../src/aggregation/method.js';
import { resolveOptions } from '../../../src/aggregation/options.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';

const shared = new URL('../../../../shared/', import.meta.url);

/** Reference outputs and crowds lie beside the repository; tests that read them are skipped where they do not. */
export const hasShared = existsSync(new URL('golden/README.md', shared));
if (!hasShared) console.log('skipped: tests against reference outputs, because ../shared is not there');

/** The crowds with complete reference outputs. */
export const goldenCrowds = ['anesthesia', 'bluebird', 'face', 'labelme', 'product', 'web'];

/** Reference outputs carry six decimals. */
export const sixDecimals = 5e-7 + 1e-12;

export interface Crowd {
  votes: VoteTable;
  /** Names by index, sorted as strings, which is how the references number classes. */
  items: string[];
  annotators: string[];
  classes: string[];
  /** -1 where unknown. */
  gold: Int32Array;
}

export function rowsOf(path: string): Record<string, string>[] {
  const url = new URL(path, shared);
  const text = existsSync(url) ? readFileSync(url) : gunzipSync(readFileSync(new URL(`${path}.gz`, shared)));
  return parse<Record<string, string>>(text, { columns: true });
}

export function crowdOf(rows: Record<string, string>[], annotatorColumn = 'annotator', goldRows: Record<string, string>[] = []): Crowd {
  const names = (column: string) => [...new Set(rows.map((row) => row[column]!))].sort();
  const items = names('item');
  const annotators = names(annotatorColumn);
  const classes = names('label');
  const index = (list: string[]) => new Map(list.map((name, i) => [name, i]));
  const [itemIndex, annotatorIndex, classIndex] = [index(items), index(annotators), index(classes)];
  const votes = new VoteTable({
    items: rows.map((row) => itemIndex.get(row.item!)!),
    annotators: rows.map((row) => annotatorIndex.get(row[annotatorColumn]!)!),
    classes: rows.map((row) => classIndex.get(row.label!)!),
    itemCount: items.length,
    annotatorCount: annotators.length,
    classCount: classes.length,
  });
  const gold = new Int32Array(items.length).fill(-1);
  for (const row of goldRows) gold[itemIndex.get(row.item!)!] = classIndex.get(row.label!) ?? -1;
  return { votes, items, annotators, classes, gold };
}

export function loadCrowd(name: string): Crowd {
  const folder = `datasets/${name}/`;
  return crowdOf(rowsOf(`${folder}votes.csv`), 'annotator', existsSync(new URL(`${folder}gold.csv`, shared)) ? rowsOf(`${folder}gold.csv`) : []);
}

/** The same with one vote a pair of item and annotator, the last, as the accuracies of bench/accuracy are. */
export function loadLastVotes(name: string): Crowd {
  const folder = `datasets/${name}/`;
  const rows = rowsOf(`${folder}votes.csv`);
  return crowdOf([...new Map(rows.map((row) => [JSON.stringify([row.item, row.annotator]), row])).values()], 'annotator', rowsOf(`${folder}gold.csv`));
}

export function run(method: AggregationMethod, votes: VoteTable, options: Record<string, unknown> = {}, seed = 0): MethodResult {
  return method.run({ votes }, resolveOptions(method, options), { seed });
}

/** A reference table with one row an item (or annotator) and one column a class, against N x K numbers. */
export function expectRows(path: string, key: string, names: string[], classes: string[], actual: Float64Array, tolerance: number): void {
  const position = new Map(names.map((name, i) => [name, i]));
  const rows = rowsOf(path);
  expect(rows.length).toBeGreaterThan(0);
  let worst = 0;
  let where = '';
  for (const row of rows) {
    classes.forEach((label, k) => {
      const difference = Math.abs(actual[position.get(row[key]!)! * classes.length + k]! - Number(row[label]));
      if (worst >= difference || Number.isNaN(worst)) return;
      worst = difference;
      where = `${row[key]} ${label}`;
    });
  }
  expect(worst, `largest difference from ${path}, at ${where}`).toBeLessThanOrEqual(tolerance);
}

/** A reference table with one number a row, against numbers by index. */
export function expectColumn(path: string, key: string, names: string[], column: string, actual: Float64Array, tolerance: number): void {
  expectRows(path, key, names, [column], actual, tolerance);
}
