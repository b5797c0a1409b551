// Scores every method on every crowd of ../shared/datasets and writes README.md beside this file, in about four minutes of an idle core.
// Run after `npm run build`: node bench/accuracy/accuracy.mjs
// On a folder of other crowds it prints their page: node bench/accuracy/accuracy.mjs --sets DIR > page.md
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { aggregate, calibration, defaultMethodId, methods } from '../../dist/src/aggregation/index.js';
import { chooseDefault } from './choose-default.mjs';
import { crowdNames, loadCrowd, sharedCrowds, UnfitCrowds } from './crowds.mjs';
import { pageOf, readme } from './readme.mjs';

/** Methods as users get them, and a few options and versions worth a row of their own. */
const entries = [
  ...methods.filter(({ reads }) => !reads.includes('predictions')).map(({ id }) => ({ label: id, id, request: {} })),
  { label: 'soft-label-mean, version 1', id: 'soft-label-mean', request: { version: 1 } },
  { label: 'dawid-skene, 10 iterations', id: 'dawid-skene', request: { options: { maxIterations: 10, tolerance: 0 } } },
  { label: 'dawid-skene, smoothing 1', id: 'dawid-skene', request: { options: { smoothing: 1 } } },
  { label: 'hierarchical-dawid-skene, even classes', id: 'hierarchical-dawid-skene', request: { options: { classPriors: 'even' } } },
  { label: 'wawa, ties to the lowest class', id: 'wawa', request: { options: { ties: 'lowest-class' } } },
  { label: 'zero-based-skill, ties to the lowest class', id: 'zero-based-skill', request: { options: { ties: 'lowest-class' } } },
  { label: 'label-aggregation, one pass', id: 'label-aggregation', request: { options: { passes: 1 } } },
  { label: "soft-label-mean of the paper's seven, plain", id: 'soft-label-mean', request: { options: { methods: 'paper', rho: 0, floor: 0 } } },
  { label: 'soft-label-mean of the nine, plain', id: 'soft-label-mean', request: { options: { methods: 'nine', rho: 0, floor: 0 } } },
  { label: 'soft-label-mean of the six, plain', id: 'soft-label-mean', request: { options: { methods: 'six', rho: 0, floor: 0 } } },
];

try {
  const { sets } = parseArgs({ options: { sets: { type: 'string' } } }).values;
  if (sets === undefined) scoreShared();
  else process.stdout.write(pageOf(sets, scored(crowdNames(sets).map((name) => loadCrowd(name, sets)))));
} catch (error) {
  if (!(error instanceof UnfitCrowds) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`accuracy: ${error.message}`);
  process.exitCode = 2;
}

function scoreShared() {
  const crowds = crowdNames().map((name) => loadCrowd(name));
  if (crowds.length === 0) {
    console.error(`nothing to score: ${sharedCrowds} is not there; --sets DIR takes another folder of crowds`);
    return;
  }
  const posteriorsOf = new Map();
  const found = scored(crowds, (name, id, posteriors) => posteriorsOf.set(`${name} ${id}`, posteriors));
  const choice = chooseDefault(crowds, (name, id) => posteriorsOf.get(`${name} ${id}`));
  writeFileSync(new URL('README.md', import.meta.url), readme({ ...found, choice }));
}

/**
 * @param keep told the posteriors of each method at its defaults.
 * @returns what pages are made of; `scores`: label -> crowd -> {accuracy, nll, brier, ece, seconds, converged}
 */
function scored(crowds, keep = () => {}) {
  const scores = new Map(entries.map(({ label }) => [label, new Map()]));
  for (const { name, table, gold } of crowds) {
    for (const { label, id, request } of entries) {
      const method = methods.find((record) => record.id === id);
      if (table.classCount > (method.maxClasses ?? Infinity)) continue;
      const before = process.cpuUsage();
      const { posteriors, diagnostics } = aggregate(table, id, { ...request, seed: 0 });
      const { user, system } = process.cpuUsage(before);
      const { accuracy, nll, brier, ece } = calibration(posteriors, table.classCount, gold);
      scores.get(label).set(name, { accuracy: 100 * accuracy, nll, brier, ece, seconds: (user + system) / 1e6, converged: diagnostics.converged });
      if (Object.keys(request).length === 0) keep(name, id, posteriors);
      console.error(name, label, (100 * accuracy).toFixed(1), nll.toFixed(3), brier.toFixed(3), ece.toFixed(3), `${((user + system) / 1e6).toFixed(2)} s`);
    }
  }
  const sizes = crowds.map(({ name, table, gold }) => ({ name, items: table.itemCount, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount, gold: gold.filter((answer) => answer >= 0).length }));
  return { names: crowds.map(({ name }) => name), sizes, scores, defaultMethodId };
}
