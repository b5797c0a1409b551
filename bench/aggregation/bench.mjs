/**
 * Nanoseconds per vote and Dawid-Skene iteration (E and M step) of the library's kernels beside the fastest C we could write,
 * in one process run so that the ratios mean something, and the memory of 10M votes.
 *
 *   npm run build && node bench/aggregation/bench.mjs            all, about 3 minutes; writes bench/aggregation/README.md
 *   npm run build && node bench/aggregation/bench.mjs --quick    1M votes only; prints and writes nothing
 *
 * The C is built where there is a compiler (cc, gcc or clang; or CC=...); without one the ratios are left out.
 * Every figure is the fastest of many passes, in eight rounds with the contenders in turn.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ANNOTATORS, columnsOf } from './crowd.mjs';
import { sectionOf } from './section.mjs';

const dist = new URL('../../dist/src/aggregation/', import.meta.url);
const { aggregate, VoteTable } = await import(new URL('index.js', dist));
const { confusionRows } = await import(new URL('kernels/confusion-rows.js', dist));
const { fastKernel } = await import(new URL('kernels/fast/fast-kernel.js', dist));
const { maximization } = await import(new URL('kernels/maximization.js', dist));
const { referenceKernel } = await import(new URL('kernels/pass.js', dist));

/** Many short rounds: two threads are only seen at their best while nothing else wants the cores. */
const ROUNDS = 8;

if (process.argv[2] === '--memory') {
  // In a process of its own: the columns are dropped once they are in the table, as a caller would.
  const table = new VoteTable(columnsOf(Number(process.argv[3]), Number(process.argv[4])));
  const { diagnostics } = aggregate(table, 'dawid-skene', { options: { tolerance: 0, maxIterations: 5 } });
  console.log(JSON.stringify({ peakMB: process.resourceUsage().maxRSS / 1024, iterations: diagnostics.iterations }));
  process.exit();
}

const quick = process.argv.includes('--quick');
const cases = [[2, 1e6], [5, 1e6], [10, 1e6], [100, 1e6], ...(quick ? [] : [[5, 1e7]])];
const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find((name) => name && spawnSync(name, ['--version']).status === 0);
const compilerName = compiler ? execFileSync(compiler, ['--version'], { encoding: 'utf8' }).split('\n')[0] : 'none';
console.log(compiler ? `best C: ${compilerName} -O3 -march=native` : 'no C compiler found: no ratios');

const results = cases.map(([K, voteCount]) => {
  const table = new VoteTable(columnsOf(voteCount, K));
  const rows = confusionRows(table);
  const passes = Math.max(5, Math.round((K > 10 ? 5e6 : 4e7) / voteCount));
  const contenders = {
    ...(compiler && bestC(table, rows, K, passes)),
    'WebAssembly': () => ours(fastKernel({ table, votes: table, rows }), rows, table, passes),
    'WebAssembly, 2 threads': () => ours(fastKernel({ votes: table, rows }, { threads: 2 }), rows, table, passes),
    ...(K <= 10 && { 'JavaScript, unrolled': () => ours(fastKernel({ votes: table, rows }, { path: 'script' }), rows, table, passes) }),
    ...(voteCount <= 1e6 && { 'TypeScript, readable': () => ours(referenceKernel({ votes: table, rows }), rows, table, 3) }),
  };
  const best = Object.fromEntries(Object.keys(contenders).map((name) => [name, Infinity]));
  for (let round = 0; round < ROUNDS; round++) for (const [name, run] of Object.entries(contenders)) best[name] = Math.min(best[name], run());
  console.log(`K=${K}, ${voteCount / 1e6}M votes:`, Object.entries(best).map(([name, ns]) => `${name} ${ns.toFixed(2)}`).join(', '));
  return { K, voteCount, best };
});
rmSync(folder, { recursive: true });

const memory = quick ? null : JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--memory', '1e7', '5'], { encoding: 'utf8' }));
const page = new URL('README.md', import.meta.url);
if (memory) writeFileSync(page, report(results, memory) + sectionOf(readFileSync(page, 'utf8')));

/** Fastest pass, in ns per vote. */
function ours(kernel, rows, table, passes) {
  const K = table.classCount;
  kernel.state.classPriors.fill(1 / K);
  rows.labels.forEach((label, row) => {
    for (let k = 0; k < K; k++) kernel.state.confusion[row * K + k] = label === k ? 0.7 : 0.3 / (K - 1);
  });
  const mStep = maximization(kernel.state, rows, K, null);
  let best = Infinity;
  for (let pass = 0; pass < passes; pass++) {
    const start = performance.now();
    kernel.run();
    mStep.update();
    // The first passes run code that is not optimised yet, and some repeat a chunk as a check: the fastest is neither.
    best = Math.min(best, performance.now() - start);
  }
  kernel.close?.();
  return (best * 1e6) / table.voteCount;
}

/** Builds the C for K and writes the crowd where it can read it. */
function bestC(table, rows, K, passes) {
  const program = join(folder, `best${K}`);
  const data = join(folder, 'crowd');
  execFileSync(compiler, ['-O3', '-march=native', `-DK=${K}`, fileURLToPath(new URL('best.c', import.meta.url)), '-o', program, '-lm', '-lpthread']);
  const head = Int32Array.of(table.itemCount, table.voteCount, table.annotatorCount, rows.labels.length);
  const arrays = [head, table.itemOffsets, rows.codes.map((code) => code / K), table.classes, rows.offsets];
  writeFileSync(data, Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))));
  const run = (threads) => JSON.parse(execFileSync(program, [data, String(passes), String(threads)], { encoding: 'utf8' })).nsPerVote;
  return { 'best C': () => run(1), 'best C, 2 threads': () => run(2) };
}

function report(results, memory) {
  const names = [...new Set(results.flatMap(({ best }) => Object.keys(best)))];
  const cell = (best, name) => {
    if (best[name] === undefined) return '-';
    const ratio = best['best C'] ? ` (${(best[name] / best['best C']).toFixed(2)})` : '';
    return `${best[name].toFixed(2)}${name === 'best C' ? '' : ratio}`;
  };
  return `# Speed of the aggregation kernels

Nanoseconds per vote and Dawid-Skene iteration, E and M step; in brackets the ratio to the best C on one thread, measured in the
same run. ${ANNOTATORS} annotators, 3 to 7 votes an item. Fastest pass of ${ROUNDS} rounds; two threads need both cores free.

| | ${results.map(({ K, voteCount }) => `K = ${K}, ${voteCount / 1e6}M votes`).join(' | ')} |
|---|${results.map(() => '---').join('|')}|
${names.map((name) => `| ${name} | ${results.map(({ best }) => cell(best, name)).join(' | ')} |`).join('\n')}

Two threads against one, WebAssembly: ${results.map(({ K, voteCount, best }) => `${(best.WebAssembly / best['WebAssembly, 2 threads']).toFixed(2)} times faster at K = ${K}, ${voteCount / 1e6}M`).join('; ')}.

Dawid-Skene on 10M votes, K = 5: ${memory.peakMB.toFixed(0)} MB at the peak of the whole process: the columns the votes came in (dropped
once they are in the table), the table, the kernel and the results.

${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the end, ${arch()}, Node ${process.versions.node}; C: ${compilerName}, -O3 -march=native. To repeat: the command at the top of \`bench.mjs\`.
`;
}
