// Scores every method on every crowd of ../shared/datasets and writes README.md beside this file.
// Run after `npm run build`: node bench/accuracy/accuracy.mjs
import { writeFileSync } from 'node:fs';
import { aggregate, calibration, defaultMethodId, methods } from '../../dist/src/aggregation/index.js';
import { chooseDefault } from './choose-default.mjs';
import { crowdNames, loadCrowd } from './crowds.mjs';
import { readme } from './readme.mjs';

const names = crowdNames();
if (names.length === 0) {
  console.log('nothing to score: ../shared/datasets is not there');
  process.exit(0);
}

/** Methods as users get them, and a few options worth a row of their own. */
const entries = [
  ...methods.filter(({ reads }) => !reads.includes('predictions')).map(({ id }) => ({ label: id, id, options: {} })),
  { label: 'wawa, ties to the lowest class', id: 'wawa', options: { ties: 'lowest-class' } },
  { label: 'zero-based-skill, ties to the lowest class', id: 'zero-based-skill', options: { ties: 'lowest-class' } },
  { label: 'label-aggregation, one pass', id: 'label-aggregation', options: { passes: 1 } },
  { label: 'soft-label-mean, version 1', id: 'soft-label-mean', options: { methods: 'six', rho: 0, temperature: 1.4 } },
  { label: "soft-label-mean of the paper's seven, plain", id: 'soft-label-mean', options: { methods: 'paper', rho: 0, floor: 0 } },
  { label: 'soft-label-mean of the nine, plain', id: 'soft-label-mean', options: { methods: 'nine', rho: 0, floor: 0 } },
  { label: 'soft-label-mean of the six, plain', id: 'soft-label-mean', options: { methods: 'six', rho: 0, floor: 0 } },
];

const scores = new Map(entries.map(({ label }) => [label, new Map()]));
const posteriorsOf = new Map();
for (const name of names) {
  const { table, gold } = loadCrowd(name);
  for (const { label, id, options } of entries) {
    const method = methods.find((record) => record.id === id);
    if (table.classCount > (method.maxClasses ?? Infinity)) continue;
    const before = process.cpuUsage();
    const { posteriors, diagnostics } = aggregate(table, id, { options, seed: 0 });
    const { user, system } = process.cpuUsage(before);
    const { accuracy, nll, brier, ece } = calibration(posteriors, table.classCount, gold);
    scores.get(label).set(name, { accuracy: 100 * accuracy, nll, brier, ece, seconds: (user + system) / 1e6, converged: diagnostics.converged });
    if (Object.keys(options).length === 0) posteriorsOf.set(`${name} ${id}`, posteriors);
    console.log(name, label, (100 * accuracy).toFixed(1), nll.toFixed(3), brier.toFixed(3), ece.toFixed(3), `${((user + system) / 1e6).toFixed(2)} s`);
  }
}
const choice = chooseDefault(names.map((name) => ({ name, ...loadCrowd(name) })), (name, id) => posteriorsOf.get(`${name} ${id}`));
writeFileSync(new URL('README.md', import.meta.url), readme({ names, scores, choice, defaultMethodId }));
