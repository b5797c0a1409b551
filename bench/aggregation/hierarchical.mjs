/**
 * A pass of hierarchical-dawid-skene beside one of dawid-skene on the same path, both with what follows each pass (M step;
 * learning the prior and the terms), in one process run and in turn, and in CPU time, so that the ratios hold whatever else the
 * machine does: on a busy one hardly a pass of 20 ms is left alone, and of 7 ms some are.
 *
 *   npm run build && node bench/aggregation/hierarchical.mjs            about a minute; writes its section of README.md
 *   npm run build && node bench/aggregation/hierarchical.mjs --quick    K = 2, 5, 10 in WebAssembly; prints and writes nothing
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { ANNOTATORS, columnsOf } from './crowd.mjs';
import { withSection } from './section.mjs';

const dist = new URL('../../dist/src/aggregation/', import.meta.url);
const { aggregate, VoteTable } = await import(new URL('index.js', dist));
const { confusionRows } = await import(new URL('kernels/confusion-rows.js', dist));
const { RowPrior } = await import(new URL('kernels/collapsed/row-prior.js', dist));
const { readableKernel } = await import(new URL('kernels/collapsed/collapsed-pass.js', dist));
const { collapsedKernel } = await import(new URL('kernels/fast/collapsed-kernel.js', dist));
const { fastKernel } = await import(new URL('kernels/fast/fast-kernel.js', dist));
const { maximization } = await import(new URL('kernels/maximization.js', dist));
const { referenceKernel } = await import(new URL('kernels/pass.js', dist));
const { writeShares } = await import(new URL('vote-shares.js', dist));

const ROUNDS = 8;
const VOTES = 1e6;
const quick = process.argv.includes('--quick');

const paths = {
  'WebAssembly': [(input) => fastKernel(input), (input) => collapsedKernel(input)],
  ...(!quick && { 'TypeScript, readable': [referenceKernel, readableKernel] }),
};

const results = [2, 5, 10].map((K) => {
  const votes = new VoteTable(columnsOf(VOTES, K));
  const input = { votes, rows: confusionRows(votes) };
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [path, [flat, hierarchical]] of Object.entries(paths)) {
      const passes = path.startsWith('Type') ? 3 : 20;
      const found = best[path] ?? [Infinity, Infinity];
      best[path] = [Math.min(found[0], flatPass(flat(input), input, passes)), Math.min(found[1], hierarchicalPass(hierarchical(input), input, passes))];
    }
  }
  console.log(`K = ${K}:`, Object.entries(best).map(([path, [flat, hierarchical]]) => `${path} ${flat.toFixed(2)} ${hierarchical.toFixed(2)} (${(hierarchical / flat).toFixed(2)})`).join(', '));
  const started = process.cpuUsage();
  const { diagnostics } = aggregate(votes, 'hierarchical-dawid-skene');
  return { K, best, seconds: process.cpuUsage(started).user / 1e6, diagnostics };
});

if (!quick) {
  const page = new URL('README.md', import.meta.url);
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), report(results)));
}

/** Fastest pass with its M step, in ns per vote. */
function flatPass(kernel, { rows, votes: { classCount: K } }, passes) {
  kernel.state.classPriors.fill(1 / K);
  rows.labels.forEach((label, row) => {
    for (let k = 0; k < K; k++) kernel.state.confusion[row * K + k] = label === k ? 0.7 : 0.3 / (K - 1);
  });
  const mStep = maximization(kernel.state, rows, K, null);
  const best = fastest(passes, () => {
    kernel.run();
    mStep.update();
  });
  kernel.close?.();
  return best;
}

/** The same of a pass with the prior's step and the terms. */
function hierarchicalPass(kernel, { rows, votes }, passes) {
  const K = votes.classCount;
  kernel.begin((item, out, at) => writeShares(votes, item, undefined, out, at));
  kernel.state.start.fill(1 / K);
  kernel.state.start[K] = 0;
  const prior = new RowPrior(rows, K, 50);
  const best = fastest(passes, () => {
    prior.learn(kernel.state.counts);
    prior.writeTerms(kernel.state.counts, kernel.state.terms);
    kernel.run();
  });
  kernel.close?.();
  return best;
}

function fastest(passes, run) {
  let best = Infinity;
  for (let pass = 0; pass < passes; pass++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, user + system);
  }
  return (best * 1e3) / VOTES;
}

function report(results) {
  const git = (...options) => execFileSync('git', options, { encoding: 'utf8' }).trim();
  return `
## Hierarchical Dawid-Skene

Nanoseconds of CPU per vote and iteration of \`hierarchical-dawid-skene\`, with the step of its prior; in brackets the ratio to Dawid-Skene on the same path,
measured in turn. 1M votes of ${ANNOTATORS} annotators, 3 to 7 an item. Fastest pass of ${ROUNDS} rounds.

| | ${results.map(({ K }) => `K = ${K}`).join(' | ')} |
|---|${results.map(() => '---').join('|')}|
${Object.keys(paths).map((path) => `| ${path} | ${results.map(({ best }) => `${best[path][1].toFixed(2)} (${(best[path][1] / best[path][0]).toFixed(2)})`).join(' | ')} |`).join('\n')}

A whole run at its defaults, on one thread: ${results.map(({ K, seconds, diagnostics }) => `${seconds.toFixed(2)} s of CPU at K = ${K} (${diagnostics.iterations} iterations${diagnostics.converged ? '' : ', its cap'})`).join('; ')}.

${new Date().toISOString().slice(0, 10)}, commit ${git('rev-parse', '--short', 'HEAD')}; ${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the end, Node ${process.versions.node}. To repeat: the command at the top of \`hierarchical.mjs\`.
`;
}
