import { readFileSync } from 'node:fs';
import { nearestNeighbours, softmaxRegression } from './classifiers.mjs';

/** The two pools; how each is classified and asked about is part of the benchmark. */
const POOLS = {
  'wall-robot': { classCount: 4, batch: 100, classify: nearestNeighbours },
  digits: { classCount: 10, batch: 60, classify: softmaxRegression },
};

export const poolNames = Object.keys(POOLS);

/** @param {string | URL} folder of the benchmark's files */
export function readPool(folder, name) {
  const rows = csv(folder, `${name}_features.csv`);
  const width = Object.keys(rows[0]).length - 3;
  const truth = rows.map((row) => Number(row.label));
  const poolSize = rows.filter((row) => row.split === 'pool').length;
  rows.forEach((row, item) => {
    if (Number(row.item) !== item || (row.split === 'pool') !== item < poolSize) throw new Error(`${name}: item ${row.item} is out of order`);
  });
  const raw = Float64Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, f) => Number(row[`x${f}`]))));
  return {
    name, ...POOLS[name], truth, poolSize, itemCount: rows.length,
    features: { width, standardised: standardise(raw, width, poolSize), sparse: rows.map((_, item) => sparseRow(raw, width, item)) },
  };
}

/** What each item's annotators would say, in order: letters a to t are annotators 0 to 19. */
export function readStreams(folder, name, seed) {
  return csv(folder, `${name}_label_streams_seed${seed}.csv`).map((row) => ({
    initial: Number(row.initial_labels),
    annotators: Array.from(row.annotators, (letter) => letter.charCodeAt(0) - 97),
    labels: Array.from(row.labels, Number),
  }));
}

/** One policy's picks, [seed][round] -> items in order. */
export function readSelections(folder, name) {
  const selections = [];
  for (const row of csv(folder, 'activelab_selections.csv')) {
    if (row.dataset === name) (selections[row.seed] ??= [])[row.round] = row.items.split(' ').map(Number);
  }
  return selections;
}

export function readCurves(folder, name, policy) {
  return csv(folder, 'curves.csv').filter((row) => row.dataset === name && row.policy === policy);
}

function csv(folder, file) {
  const [header, ...lines] = readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n').map((line) => line.replace('\r', '').split(','));
  return lines.map((cells) => Object.fromEntries(header.map((key, c) => [key, cells[c]])));
}

function standardise(raw, width, poolSize) {
  const out = new Float64Array(raw.length);
  for (let f = 0; f < width; f++) {
    let mean = 0;
    for (let item = 0; item < poolSize; item++) mean += raw[item * width + f] / poolSize;
    let variance = 0;
    for (let item = 0; item < poolSize; item++) variance += (raw[item * width + f] - mean) ** 2 / poolSize;
    for (let at = f; at < raw.length; at += width) out[at] = (raw[at] - mean) / Math.sqrt(variance);
  }
  return out;
}

/** x / 16 with a constant 1, without the zeros. */
function sparseRow(raw, width, item) {
  const columns = [];
  const values = [];
  for (let f = 0; f < width; f++) {
    if (raw[item * width + f] === 0) continue;
    columns.push(f);
    values.push(raw[item * width + f] / 16);
  }
  return { columns: Int32Array.from([...columns, width]), values: Float64Array.from([...values, 1]) };
}
