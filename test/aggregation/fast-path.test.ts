import { describe, expect, it } from 'vitest';
import { aggregate, VoteTable, type CandidateSets } from '../../src/aggregation/index.js';
import { confusionRows } from '../../src/aggregation/kernels/confusion-rows.js';
import { fastKernel, type FastOptions } from '../../src/aggregation/kernels/fast/fast-kernel.js';
import { fastLayout } from '../../src/aggregation/kernels/fast/fast-layout.js';
import { HelperThreads, instantiate } from '../../src/aggregation/kernels/fast/helper-threads.js';
import { referenceKernel, type PassInput, type PassKernel } from '../../src/aggregation/kernels/pass.js';
import type { Items } from '../../src/aggregation/kernels/fast/shard.js';
import { wasmItems } from '../../src/aggregation/kernels/fast/wasm-items.js';
import { wasm } from '../../src/aggregation/kernels/fast/web-assembly.js';
import { uniformSource } from '../../src/aggregation/numeric/sampling.js';

/** Annotators right seven times out of ten on items whose numbers of votes the function gives. */
function crowd(N: number, M: number, K: number, votesOf: (item: number) => number, candidateSets?: CandidateSets): VoteTable {
  const random = uniformSource(1);
  const items: number[] = [];
  const annotators: number[] = [];
  const classes: number[] = [];
  const codes = K + (candidateSets ? candidateSets.offsets.length - 1 : 0);
  for (let item = 0; item < N; item++) {
    const truth = Math.floor(random() * K);
    for (let n = votesOf(item); n > 0; n--) {
      items.push(item);
      annotators.push(Math.floor(random() * M));
      classes.push(random() < 0.7 ? truth : Math.floor(random() * codes));
    }
  }
  return new VoteTable({ items, annotators, classes, itemCount: N, annotatorCount: M, classCount: K, candidateSets });
}

function inputOf(votes: VoteTable, gold?: Int32Array): PassInput {
  return { votes, rows: confusionRows(votes), gold };
}

function fast(input: PassInput, options?: FastOptions): PassKernel {
  const kernel = fastKernel(input, options);
  if (!kernel) throw new Error('the votes do not fit');
  return kernel;
}

/** Parameters of no particular crowd, the same for every kernel. */
function setParameters({ state }: PassKernel, { rows, votes: { classCount: K } }: PassInput): void {
  rows.labels.forEach((label, row) => {
    for (let k = 0; k < K; k++) state.confusion[row * K + k] = (label === k ? 0.6 : 0.4 / K) + 0.01 * ((row * 7 + k) % 5);
  });
  for (let k = 0; k < K; k++) state.classPriors[k] = (k + 1) / ((K * (K + 1)) / 2);
}

function numbersOf(kernel: PassKernel, logLikelihood: number) {
  const { counts, classCounts } = kernel.state;
  return { logLikelihood, posteriors: kernel.posteriors().slice(), counts: counts.slice(), classCounts: classCounts.slice() };
}

function runOnce(kernel: PassKernel, input: PassInput) {
  setParameters(kernel, input);
  const numbers = numbersOf(kernel, kernel.run());
  kernel.close?.();
  return numbers;
}

/** Sums in another order: equal up to the last digits of the largest. */
function expectClose(got: ReturnType<typeof runOnce>, expected: ReturnType<typeof runOnce>): void {
  expect(Math.abs(got.logLikelihood / expected.logLikelihood - 1)).toBeLessThan(1e-12);
  for (const name of ['posteriors', 'counts', 'classCounts'] as const) {
    expect(got[name].length).toBe(expected[name].length);
    let worst = 0;
    got[name].forEach((value, i) => (worst = Math.max(worst, Math.abs(value - expected[name][i]!) / Math.max(1, Math.abs(expected[name][i]!)))));
    expect(worst, name).toBeLessThan(1e-11);
  }
}

describe('the fast kernel', () => {
  it.each([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 25, 100])('gives the numbers of the readable one for %d classes and 0 to 40 votes an item', (K) => {
    const input = inputOf(crowd(1400, 60, K, (item) => item % 41));
    const expected = runOnce(referenceKernel(input), input);
    expectClose(runOnce(fast(input), input), expected);
    expectClose(runOnce(fast(input, { path: 'script' }), input), expected);
  });

  it.each([2, 5, 10, 30])('neither under- nor overflows with %d classes and 20 to 500 votes an item', (K) => {
    const input = inputOf(crowd(97, 300, K, (item) => 20 + item * 5));
    const expected = runOnce(referenceKernel(input), input);
    expect(Number.isFinite(expected.logLikelihood)).toBe(true);
    expectClose(runOnce(fast(input), input), expected);
    expectClose(runOnce(fast(input, { path: 'script' }), input), expected);
  });

  it('survives the smallest probabilities there can be, sixteen at a time', () => {
    const input = inputOf(crowd(600, 40, 2, (item) => 1 + (item % 50)));
    const run = (kernel: PassKernel) => {
      kernel.state.confusion.fill(1e-17);
      kernel.state.classPriors.set([1e-10, 1]);
      const numbers = numbersOf(kernel, kernel.run());
      kernel.close?.();
      return numbers;
    };
    const expected = run(referenceKernel(input));
    expect(Number.isFinite(expected.logLikelihood)).toBe(true);
    expectClose(run(fast(input)), expected);
    expectClose(run(fast(input, { path: 'script' })), expected);
  });

  it('treats items with gold, with candidate sets and without votes as the readable one does', () => {
    const sets = { offsets: Int32Array.of(0, 2, 5), classes: Int32Array.of(0, 1, 1, 2, 3) };
    const votes = crowd(2000, 40, 4, (item) => (item % 9 === 0 ? 0 : 5), sets);
    const input = inputOf(votes, Int32Array.from({ length: 2000 }, (_, item) => (item % 10 === 3 ? item % 4 : -1)));
    expectClose(runOnce(fast(input), input), runOnce(referenceKernel(input), input));
  });

  it.each([['wasm', 2], ['wasm', 5], ['wasm', 12], ['script', 5], ['script', 12]] as const)('gives the same bits on one and two threads (%s, %d classes)', (path, K) => {
    const input = inputOf(crowd(30_000, 30, K, (item) => 1 + (item % 9)));
    const passes = (threads: number) => {
      const kernel = fast(input, { threads, path });
      setParameters(kernel, input);
      // Many passes, so that the helper has long been awake for the last.
      let logLikelihood = 0;
      for (let pass = 0; pass < 40; pass++) {
        logLikelihood = kernel.run();
        kernel.state.confusion.forEach((value, i) => (kernel.state.confusion[i] = 0.9 * value + 1e-6 * (kernel.state.counts[i]! % 1)));
      }
      const numbers = numbersOf(kernel, logLikelihood);
      kernel.close?.();
      return numbers;
    };
    expect(passes(2)).toEqual(passes(1));
  });

  it('has a helper thread do a part of the work', () => {
    const input = inputOf(crowd(60_000, 20, 5, () => 5));
    const layout = fastLayout(input);
    const pages = Math.ceil(layout.bytes / 65536);
    const memory = new wasm.Memory({ initial: pages, maximum: pages, shared: true });
    layout.fill(memory.buffer);
    const code = { module: new wasm.Module(wasmItems(5)) };
    let own = 0;
    const items = instantiate(code, memory).map((run): Items => (...parameters) => {
      own++;
      run(...parameters);
    });
    const helpers = new HelperThreads(1, memory, layout.shards, code);
    const chunks = layout.shards.shardStarts.at(-1)!;
    const patience = Date.now() + 180_000;
    do {
      own = 0;
      helpers.run(items);
    } while (own === chunks && Date.now() < patience);
    helpers.close();
    expect(own).toBeLessThan(chunks);
  });

  it('runs Dawid-Skene to the same bits on one and two threads', () => {
    const votes = crowd(50_000, 100, 3, () => 5);
    const options = { tolerance: 0, maxIterations: 15 };
    const two = aggregate(votes, 'dawid-skene', { options, threads: 2 });
    expect(two).toEqual(aggregate(votes, 'dawid-skene', { options, threads: 1 }));
    expect(two.diagnostics.warnings).toEqual([]);
  });

  it('catches WebAssembly that gives wrong numbers, says so and goes on in JavaScript', () => {
    const input = inputOf(crowd(3000, 20, 3, () => 4));
    const bytes = wasmItems(3);
    // f64x2.add becomes f64x2.mul: a valid module with wrong sums.
    for (let at = 0; at + 2 < bytes.length; at++) if (bytes[at] === 0xfd && bytes[at + 1] === 0xf0 && bytes[at + 2] === 0x01) bytes[at + 1] = 0xf2;
    const kernel = fast(input, { module: new wasm.Module(bytes), threads: 2 });
    const got = runOnce(kernel, input);
    expect(kernel.warnings).toEqual(['the WebAssembly kernel gave wrong numbers on iteration 1; the JavaScript kernel took over']);
    expect(got).toEqual(runOnce(fast(input, { path: 'script' }), input));
  });
});
