import { describe, expect, it } from 'vitest';
import { aggregate, VoteTable, type CandidateSets } from '../../src/aggregation/index.js';
import { readableKernel, type CollapsedKernel } from '../../src/aggregation/kernels/collapsed/collapsed-pass.js';
import { RowPrior } from '../../src/aggregation/kernels/collapsed/row-prior.js';
import { confusionRows } from '../../src/aggregation/kernels/confusion-rows.js';
import { collapsedKernel } from '../../src/aggregation/kernels/fast/collapsed-kernel.js';
import type { FastOptions } from '../../src/aggregation/kernels/fast/shard-runner.js';
import { wasmCollapsedItems } from '../../src/aggregation/kernels/fast/wasm-collapsed-items.js';
import { wasm } from '../../src/aggregation/kernels/fast/web-assembly.js';
import type { PassInput } from '../../src/aggregation/kernels/pass.js';
import { uniformSource } from '../../src/aggregation/numeric/sampling.js';
import { writeShares } from '../../src/aggregation/vote-shares.js';

/** Annotators right seven times out of ten on items whose numbers of votes the function gives; on every 20th item they may repeat themselves. */
function crowd(N: number, M: number, K: number, votesOf: (item: number) => number, { candidateSets, repeats = true }: { candidateSets?: CandidateSets; repeats?: boolean } = {}): VoteTable {
  const random = uniformSource(1);
  const [items, annotators, classes]: number[][] = [[], [], []];
  const codes = K + (candidateSets ? candidateSets.offsets.length - 1 : 0);
  for (let item = 0; item < N; item++) {
    const truth = Math.floor(random() * K);
    const from = Math.floor(random() * M);
    for (let n = votesOf(item); n > 0; n--) {
      items!.push(item);
      annotators!.push(repeats && item % 20 === 7 ? Math.floor(random() * M) : (from + 7 * n) % M);
      classes!.push(random() < 0.7 ? truth : Math.floor(random() * codes));
    }
  }
  return new VoteTable({ items: items!, annotators: annotators!, classes: classes!, itemCount: N, annotatorCount: M, classCount: K, candidateSets });
}

function inputOf(votes: VoteTable, gold?: Int32Array): PassInput {
  return { votes, rows: confusionRows(votes), gold };
}

function fast(input: PassInput, options?: FastOptions): CollapsedKernel {
  const kernel = collapsedKernel(input, options);
  if (!kernel) throw new Error('the votes do not fit');
  return kernel;
}

/** Some passes with the prior learnt between them; all numbers of the last. */
function runPasses(kernel: CollapsedKernel, { votes, rows, gold }: PassInput, passes = 3, even = false) {
  const K = votes.classCount;
  const { counts, classCounts, terms, start } = kernel.state;
  kernel.begin((item, out, at) => writeShares(votes, item, gold, out, at));
  const prior = new RowPrior(rows, K, 5);
  let outcome = { logLikelihood: 0, moved: 0 };
  for (let pass = 0; pass < passes; pass++) {
    prior.learn(counts);
    prior.writeTerms(counts, terms);
    const others = classCounts.reduce((sum, count) => sum + count, K - 1);
    for (let k = 0; k < K; k++) start[k] = even ? 1 / K : (1 + classCounts[k]!) / others;
    start[K] = even ? 0 : 1 / others;
    outcome = kernel.run();
  }
  kernel.close?.();
  return { ...outcome, posteriors: kernel.posteriors().slice(), counts: counts.slice(), classCounts: classCounts.slice() };
}

/** Sums and products in another order: equal up to the last digits of the largest, which later passes make some more of. */
function expectClose(got: ReturnType<typeof runPasses>, expected: ReturnType<typeof runPasses>): void {
  expect(Math.abs(got.logLikelihood / expected.logLikelihood - 1)).toBeLessThan(1e-11);
  expect(Math.abs(got.moved - expected.moved)).toBeLessThan(1e-10);
  for (const name of ['posteriors', 'counts', 'classCounts'] as const) {
    expect(got[name].length).toBe(expected[name].length);
    let worst = 0;
    got[name].forEach((value, i) => (worst = Math.max(worst, Math.abs(value - expected[name][i]!) / Math.max(1, Math.abs(expected[name][i]!)))));
    expect(worst, name).toBeLessThan(1e-10);
  }
}

describe('the fast kernel of the collapsed pass', () => {
  it.each([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 25, 100])('gives the numbers of the readable one for %d classes and 0 to 40 votes an item', (K) => {
    const input = inputOf(crowd(1400, 307, K, (item) => item % 41));
    for (const even of [false, true]) {
      const expected = runPasses(readableKernel(input), input, 3, even);
      expect(expected.moved).toBeGreaterThan(0);
      const kernel = fast(input);
      expectClose(runPasses(kernel, input, 3, even), expected);
      expect(kernel.warnings).toEqual([]);
      expectClose(runPasses(fast(input, { path: 'script' }), input, 3, even), expected);
    }
  });

  it.each([2, 5, 10, 30])('neither under- nor overflows with %d classes and 20 to 500 votes an item', (K) => {
    const input = inputOf(crowd(97, 601, K, (item) => 20 + item * 5));
    const expected = runPasses(readableKernel(input), input);
    expect(Number.isFinite(expected.logLikelihood)).toBe(true);
    expectClose(runPasses(fast(input), input), expected);
  });

  it('survives the least and the greatest terms there can be, sixteen at a time', () => {
    const input = inputOf(crowd(600, 307, 2, (item) => 1 + (item % 50), { repeats: false }));
    const run = (kernel: CollapsedKernel) => {
      kernel.begin((_, out, at) => out.set([0.5, 0.5], at));
      const { terms, start, counts, classCounts } = kernel.state;
      terms.forEach((_, at) => (terms[at] = at < counts.length ? 0.501 : 1e15));
      start.set([1e-9, 1 - 1e-9, 0]);
      const outcome = kernel.run();
      return { ...outcome, posteriors: kernel.posteriors().slice(), counts: counts.slice(), classCounts: classCounts.slice() };
    };
    const expected = run(readableKernel(input));
    expect(Number.isFinite(expected.logLikelihood)).toBe(true);
    expectClose(run(fast(input)), expected);
  });

  it('treats items with gold, with candidate sets, with repeats and without votes as the readable one does', () => {
    const sets = { offsets: Int32Array.of(0, 2, 5), classes: Int32Array.of(0, 1, 1, 2, 3) };
    const input = inputOf(crowd(2000, 41, 4, (item) => (item % 9 === 0 ? 0 : 5), { candidateSets: sets }), Int32Array.from({ length: 2000 }, (_, item) => (item % 10 === 3 ? item % 4 : -1)));
    expectClose(runPasses(fast(input), input), runPasses(readableKernel(input), input));
  });

  it.each([['wasm', 2], ['wasm', 5], ['wasm', 12], ['script', 5]] as const)('gives the same bits on one and two threads (%s, %d classes)', (path, K) => {
    const input = inputOf(crowd(30_000, 31, K, (item) => 1 + (item % 9)));
    // Many passes, so that the helper has long been awake for the last.
    expect(runPasses(fast(input, { path, threads: 2 }), input, 20)).toEqual(runPasses(fast(input, { path, threads: 1 }), input, 20));
  });

  it('runs the method to the same bits on one and two threads', () => {
    const votes = crowd(50_000, 101, 3, () => 5);
    const two = aggregate(votes, 'hierarchical-dawid-skene', { threads: 2 });
    expect(two).toEqual(aggregate(votes, 'hierarchical-dawid-skene', { threads: 1 }));
    expect(two.diagnostics.warnings).toEqual([]);
  });

  it('catches WebAssembly that gives wrong numbers, says so and goes on in JavaScript from the same posteriors', () => {
    const input = inputOf(crowd(3000, 31, 3, () => 4));
    const bytes = wasmCollapsedItems(3);
    // f64x2.sub becomes f64x2.add: a valid module whose items testify for themselves.
    for (let at = 0; at + 2 < bytes.length; at++) if (bytes[at] === 0xfd && bytes[at + 1] === 0xf1 && bytes[at + 2] === 0x01) bytes[at + 1] = 0xf0;
    const kernel = fast(input, { module: new wasm.Module(bytes), threads: 2 });
    const got = runPasses(kernel, input);
    expect(kernel.warnings).toEqual(['the WebAssembly kernel gave wrong numbers on iteration 1; the JavaScript kernel took over']);
    expect(got).toEqual(runPasses(fast(input, { path: 'script' }), input));
  });
});
