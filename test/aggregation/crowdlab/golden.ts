import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { hasShared, shared } from '../../setup/shared.js';

const pathOf = (path: string) => shared(...path.split('/'));

export type Row = Record<string, string>;

export function goldenCases(folder: string): string[] {
  if (!hasShared) return [];
  return readdirSync(shared('golden', folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}

export function hasFile(path: string): boolean {
  return existsSync(pathOf(path));
}

/** Rows of a CSV file below ../shared without quoted cells; none for an absent file. */
export function readRows(path: string): Row[] {
  if (!hasFile(path)) return [];
  const [header, ...lines] = readFileSync(pathOf(path), 'utf8').trimEnd().split('\n').map((line) => line.replace('\r', '').split(','));
  return lines.map((cells) => Object.fromEntries(header!.map((name, c) => [name, cells[c] ?? ''])));
}

/** key -> number of a key,value file. */
export function readKeys(path: string): Map<string, number> {
  return new Map(readRows(path).map((row) => [row.key!, Number(row.value)]));
}

export function column(rows: Row[], name: string): number[] {
  return rows.map((row) => (row[name] === '' ? NaN : Number(row[name])));
}

/** The votes and predictions of a case of golden/activelab or golden/crowdlab; unlabelled items follow the labelled. */
export function readCase(folder: string) {
  const labelRows = readRows(`${folder}/labels.csv`);
  const labelled = readRows(`${folder}/pred_probs.csv`);
  const unlabelled = readRows(`${folder}/pred_probs_unlabeled.csv`);
  const classNames = Object.keys((labelled[0] ?? unlabelled[0])!).filter((name) => /^p\d+$/.test(name));
  const annotatorNames = Object.keys(labelRows[0] ?? {}).filter((name) => name !== 'item');
  const models = new Set([...labelled, ...unlabelled].map((row) => row.model ?? '0')).size;
  const itemCount = labelRows.length + unlabelled.length / models;
  const K = classNames.length;

  const votes = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  labelRows.forEach((row, item) =>
    annotatorNames.forEach((name, annotator) => {
      if (row[name] === '') return;
      votes.items.push(item);
      votes.annotators.push(annotator);
      votes.classes.push(Number(row[name]));
    }),
  );
  const predictions = Array.from({ length: models }, () => new Float64Array(itemCount * K));
  const fill = (rows: Row[], firstItem: number) =>
    rows.forEach((row) => {
      const at = (firstItem + Number(row.item)) * K;
      classNames.forEach((name, k) => (predictions[Number(row.model ?? 0)]![at + k] = Number(row[name])));
    });
  fill(labelled, 0);
  fill(unlabelled, labelRows.length);
  return {
    votes: new VoteTable({ ...votes, itemCount, annotatorCount: annotatorNames.length, classCount: K }),
    predictions,
    labelledCount: labelRows.length,
    annotatorNames,
  };
}

/** The largest absolute difference; NaN counts as equal to NaN. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, expected ${expected.length}`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]!) && Number.isNaN(actual[i]!)) continue;
    const difference = Math.abs(actual[i]! - expected[i]!);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}
