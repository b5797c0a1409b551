import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { VoteTable } from '../../dist/src/aggregation/index.js';

const datasets = new URL('../../../shared/datasets/', import.meta.url);

/** Names of the crowds that have gold answers, smallest first; empty where ../shared is absent. */
export function crowdNames() {
  if (!existsSync(datasets)) return [];
  return readdirSync(datasets)
    .filter((name) => existsSync(new URL(`${name}/gold.csv`, datasets)))
    .map((name) => ({ name, votes: read(`${name}/votes.csv`).length }))
    .sort((a, b) => a.votes - b.votes)
    .map(({ name }) => name);
}

/** Votes with one row a pair of item and annotator (the last counts), numbered by first appearance; classes sorted. */
export function loadCrowd(name) {
  const rows = parse(read(`${name}/votes.csv`), { columns: true });
  const last = new Map(rows.map((row) => [JSON.stringify([row.item, row.annotator]), row]));
  const votes = [...last.values()];
  const items = indexOf(votes.map((row) => row.item));
  const annotators = indexOf(votes.map((row) => row.annotator));
  const classes = indexOf(rows.map((row) => row.label).sort());
  const table = new VoteTable({
    items: votes.map((row) => items.get(row.item)),
    annotators: votes.map((row) => annotators.get(row.annotator)),
    classes: votes.map((row) => classes.get(row.label)),
    itemCount: items.size,
    annotatorCount: annotators.size,
    classCount: classes.size,
  });
  const gold = new Int32Array(items.size).fill(-1);
  // A gold answer nobody voted for is no class of the crowd; the item then counts as wrong for everyone and is left out.
  for (const row of parse(read(`${name}/gold.csv`), { columns: true })) {
    if (items.has(row.item)) gold[items.get(row.item)] = classes.get(row.label) ?? -1;
  }
  return { name, table, gold };
}

function read(path) {
  const url = new URL(path, datasets);
  return existsSync(url) ? readFileSync(url) : gunzipSync(readFileSync(`${url.pathname}.gz`));
}

function indexOf(names) {
  const index = new Map();
  for (const name of names) if (!index.has(name)) index.set(name, index.size);
  return index;
}
