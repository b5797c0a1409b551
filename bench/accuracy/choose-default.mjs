// Chooses the default soft label without looking at the crowd it is scored on: leave one crowd out.
import { calibration } from '../../dist/src/aggregation/index.js';

/** Methods that learn whom to trust, at O(votes x K) an iteration and without random starts: what may run on every project by default. */
export const candidates = [
  'wawa', 'zero-based-skill', 'label-aggregation', 'dawid-skene', 'one-coin', 'fast-dawid-skene', 'ibcc', 'glad', 'mace',
];
export const temperatures = [1, 1.1, 1.2, 1.3, 1.4, 1.5];
export const floor = 0.02;
/** With fewer the choice hangs on single crowds: README.md has the figures. */
export const leastMethods = 6;
/** Gold items of a crowd that the search looks at, evenly spread; the reported figures are of all. */
const SEARCHED = 1500;

/**
 * For each crowd, the mean of methods and the temperature with the least mean log loss over the OTHER crowds, scored on it.
 * @returns per crowd {name, chosen, accuracy, nll, brier, ece}, and the choice over all crowds.
 */
export function chooseDefault(crowds, posteriorsOf) {
  const data = crowds.map(({ name, table, gold }) => goldRows(name, table.classCount, gold, posteriorsOf));
  const searched = data.map((crowd) => thin(crowd, SEARCHED));
  const subsets = [];
  for (let mask = 1; mask < 1 << candidates.length; mask++) {
    const members = candidates.filter((_, i) => (mask >> i) & 1);
    if (members.length >= leastMethods) subsets.push(members);
  }
  const options = subsets.flatMap((members) => temperatures.map((temperature) => ({ members, temperature })));
  const losses = options.map((option) => searched.map((crowd) => logLoss(crowd, option)));
  const best = (skip) => {
    const mean = losses.map((row) => row.reduce((sum, loss, c) => sum + (c === skip ? 0 : loss), 0));
    return options[mean.indexOf(Math.min(...mean))];
  };
  const left = data.map((crowd, c) => {
    const chosen = best(c);
    const { accuracy, nll, brier, ece } = calibration(combined(crowd, chosen), crowd.K, crowd.gold);
    return { name: crowd.name, chosen, accuracy: 100 * accuracy, nll, brier, ece };
  });
  return { left, overall: best(-1), options: options.length };
}

function goldRows(name, K, gold, posteriorsOf) {
  const known = [...gold.keys()].filter((item) => gold[item] >= 0);
  const parts = candidates.map((id) => {
    const posteriors = posteriorsOf(name, id);
    const rows = new Float64Array(known.length * K);
    known.forEach((item, i) => rows.set(posteriors.subarray(item * K, (item + 1) * K), i * K));
    return rows;
  });
  return { name, K, gold: Int32Array.from(known, (item) => gold[item]), parts };
}

function thin(crowd, most) {
  const n = crowd.gold.length;
  const picked = Array.from({ length: Math.min(n, most) }, (_, i) => Math.floor((i * n) / Math.min(n, most)));
  return {
    ...crowd,
    gold: Int32Array.from(picked, (row) => crowd.gold[row]),
    parts: crowd.parts.map((part) => {
      const rows = new Float64Array(picked.length * crowd.K);
      picked.forEach((row, i) => rows.set(part.subarray(row * crowd.K, (row + 1) * crowd.K), i * crowd.K));
      return rows;
    }),
  };
}

/** The mean of the members, tempered and with the floor: what soft-label-mean does. */
function combined({ K, gold, parts }, { members, temperature }) {
  const rows = new Float64Array(gold.length * K);
  for (const id of members) {
    const part = parts[candidates.indexOf(id)];
    for (let at = 0; at < rows.length; at++) rows[at] += part[at] / members.length;
  }
  for (let at = 0; at < rows.length; at += K) {
    let total = 0;
    for (let k = at; k < at + K; k++) total += rows[k] **= 1 / temperature;
    for (let k = at; k < at + K; k++) rows[k] = ((1 - floor) * rows[k]) / total + floor / K;
  }
  return rows;
}

function logLoss(crowd, option) {
  const rows = combined(crowd, option);
  let loss = 0;
  crowd.gold.forEach((answer, row) => (loss -= Math.log(0.99 * rows[row * crowd.K + answer] + 0.01 / crowd.K)));
  return loss / crowd.gold.length;
}
