import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { VoteTable } from '../../dist/src/aggregation/index.js';

/** The crowds that the pages of this folder are of. */
export const sharedCrowds = fileURLToPath(new URL('../../../shared/datasets/', import.meta.url));

/** Shared crowds that were collected together: one that is left out takes its kin along. The others stand alone. */
export const families = [['plot', 'flag', 'color'], ['cf_amt', 'sentpol_amt', 'zencrowd_us'], ['bluebird', 'dog', 'web', 'trec']];

/** A folder of crowds that cannot be read as one; the message names the file and what it must be. */
export class UnfitCrowds extends Error {}

/** Names of the crowds that have gold answers, smallest first; empty where ../shared is absent. */
export function crowdNames(folder = sharedCrowds) {
  if (folder === sharedCrowds && !existsSync(folder)) return [];
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UnfitCrowds(`${folder}: there is no such folder; give one that holds a folder for each crowd`);
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory() && pathOf(folder, name, 'gold'));
  if (names.length === 0) throw new UnfitCrowds(`${folder}: no folder in it holds a gold.csv; each crowd needs a folder of its own with votes.csv and gold.csv`);
  return names
    .map((name) => ({ name, votes: rowsOf(folder, name, 'votes', ['item', 'annotator', 'label']).length }))
    .sort((a, b) => a.votes - b.votes)
    .map(({ name }) => name);
}

/**
 * Votes with one row a pair of item and annotator (the last counts), numbered by first appearance; classes sorted.
 * @returns {name, table, gold}; gold has a class for each item, -1 where none is known.
 */
export function loadCrowd(name, folder = sharedCrowds) {
  const rows = rowsOf(folder, name, 'votes', ['item', 'annotator', 'label']);
  const last = new Map(rows.map((row) => [JSON.stringify([row.item, row.annotator]), row]));
  const votes = [...last.values()];
  const items = indexOf(votes.map((row) => row.item));
  const annotators = indexOf(votes.map((row) => row.annotator));
  const classes = indexOf(rows.map((row) => row.label).sort());
  if (classes.size < 2) throw new UnfitCrowds(`${pathOf(folder, name, 'votes')}: its ${rows.length} votes have ${classes.size} label; methods are told apart by two or more`);
  const table = new VoteTable({
    items: votes.map((row) => items.get(row.item)),
    annotators: votes.map((row) => annotators.get(row.annotator)),
    classes: votes.map((row) => classes.get(row.label)),
    itemCount: items.size,
    annotatorCount: annotators.size,
    classCount: classes.size,
  });
  return { name, table, gold: goldOf(folder, name, items, classes) };
}

function goldOf(folder, name, items, classes) {
  const gold = new Int32Array(items.size).fill(-1);
  const told = new Map();
  const rows = rowsOf(folder, name, 'gold', ['item', 'label']);
  for (const { item, label } of rows) {
    if (told.has(item) && told.get(item) !== label) throw new UnfitCrowds(`${pathOf(folder, name, 'gold')}: item ${item} is both ${told.get(item)} and ${label}; an item has one gold answer`);
    told.set(item, label);
    // A gold answer nobody voted for is no class of the crowd; the item then counts as wrong for everyone and is left out.
    if (items.has(item)) gold[items.get(item)] = classes.get(label) ?? -1;
  }
  if (gold.every((answer) => answer < 0)) throw new UnfitCrowds(`${pathOf(folder, name, 'gold')}: none of its ${rows.length} answers is of an item with votes and a label that was voted for; items and labels must be spelt as in the votes`);
  return gold;
}

/** The path of votes.csv or gold.csv, or of the same with .gz; undefined where there is neither. */
function pathOf(folder, name, what) {
  return [`${what}.csv`, `${what}.csv.gz`].map((file) => join(folder, name, file)).find((path) => existsSync(path));
}

function rowsOf(folder, name, what, columns) {
  const path = pathOf(folder, name, what);
  if (!path) throw new UnfitCrowds(`${join(folder, name)}: there is a gold.csv but no ${what}.csv (or ${what}.csv.gz)`);
  let rows;
  try {
    const bytes = readFileSync(path);
    rows = parse(path.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true, bom: true });
  } catch (error) {
    throw new UnfitCrowds(`${path}: ${error.message}`);
  }
  if (rows.length === 0) throw new UnfitCrowds(`${path}: there are no rows; it needs a header ${columns.join(',')} and a row a ${what === 'gold' ? 'gold answer' : 'vote'}`);
  const missing = columns.filter((column) => !(column in rows[0]));
  if (missing.length > 0) throw new UnfitCrowds(`${path}: there is no column ${missing.join(', ')} among ${Object.keys(rows[0]).join(', ')}; the header must name ${columns.join(', ')}`);
  rows.forEach((row, at) => {
    const empty = columns.find((column) => row[column] === '');
    if (empty) throw new UnfitCrowds(`${path}: row ${at + 1} after the header has no ${empty}`);
  });
  return rows;
}

function indexOf(names) {
  const index = new Map();
  for (const name of names) if (!index.has(name)) index.set(name, index.size);
  return index;
}
