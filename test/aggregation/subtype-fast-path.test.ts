import { describe, expect, it } from 'vitest';
import { findMethod } from '../../src/aggregation/methods.js';
import { resolveOptions, VoteTable, type CandidateSets } from '../../src/aggregation/index.js';
import { confusionRows } from '../../src/aggregation/kernels/confusion-rows.js';
import type { FastOptions } from '../../src/aggregation/kernels/fast/shard-runner.js';
import { subtypeKernel } from '../../src/aggregation/kernels/fast/subtype-kernel.js';
import type { PassInput } from '../../src/aggregation/kernels/pass.js';
import { subtypeParameters } from '../../src/aggregation/kernels/subtypes/subtype-parameters.js';
import { readableSubtypes, type SubtypeKernel, type SubtypeStart } from '../../src/aggregation/kernels/subtypes/subtype-pass.js';
import { uniformSource } from '../../src/aggregation/numeric/sampling.js';
import { writeShares } from '../../src/aggregation/vote-shares.js';

/** Three fifths of the items are answered by six annotators out of forty, a fifth by eighteen, a fifth by nobody. */
function crowd(N: number, K: number, candidateSets?: CandidateSets): VoteTable {
  const random = uniformSource(3);
  const [items, annotators, classes]: number[][] = [[], [], []];
  for (let item = 0; item < N; item++) {
    const truth = Math.floor(random() * K);
    const from = Math.floor(random() * 40);
    for (let n = item % 5 < 3 ? 6 : item % 5 === 3 ? 18 : 0; n > 0; n--) {
      items!.push(item);
      annotators!.push((from + 7 * n) % 40);
      classes!.push(random() < 0.7 ? truth : Math.floor(random() * (K + (candidateSets ? candidateSets.offsets.length - 1 : 0))));
    }
  }
  return new VoteTable({ items: items!, annotators: annotators!, classes: classes!, itemCount: N, annotatorCount: 40, classCount: K, candidateSets });
}

function startOf({ votes, gold }: PassInput, M: number): SubtypeStart {
  const shares = new Float64Array(votes.classCount);
  return (item, out, at) => {
    writeShares(votes, item, gold, shares, 0);
    shares.forEach((share, k) => {
      // Uneven, and alike for items that are.
      for (let m = 0; m < M; m++) if (share > 0) out[at + k * M + m] = (share * (m + 1)) / ((M * (M + 1)) / 2);
    });
  };
}

/** Passes that take in all places, with the parameters between them; all numbers of the last. */
function runPasses(kernel: SubtypeKernel, { votes, rows }: PassInput, M: number) {
  const parameters = subtypeParameters(rows, votes.classCount, M, kernel.state);
  let logEvidence = 0;
  for (let pass = 0; pass < 4; pass++) {
    parameters.update();
    logEvidence = kernel.run(true);
  }
  const posteriors = new Float64Array(votes.itemCount * votes.classCount);
  kernel.addPosteriors(posteriors);
  kernel.close?.();
  return { logEvidence, moved: kernel.moved, posteriors, counts: kernel.state.counts.slice(), subtypeCounts: kernel.state.subtypeCounts.slice() };
}

const sets = { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) };
const cases: [string, number, number, { gold?: boolean; sets?: boolean }][] = [
  ['two classes of ten', 2, 10, {}], ['five classes of three', 5, 3, {}], ['gold', 2, 10, { gold: true }], ['candidate sets', 2, 4, { sets: true }],
];

describe('the fast pass of subtypes', () => {
  it.each(cases)('is the readable one: %s', (_, K, M, given) => {
    const votes = crowd(1500, K, given.sets ? sets : undefined);
    const gold = given.gold ? Int32Array.from({ length: 1500 }, (_one, item) => (item % 7 === 0 ? item % K : -1)) : undefined;
    const input: PassInput = { votes, rows: confusionRows(votes), gold };
    const expected = runPasses(readableSubtypes(input, M, startOf(input, M)), input, M);
    const fast = (options?: FastOptions) => runPasses(subtypeKernel(input, M, startOf(input, M), options)!, input, M);
    const got = fast();
    expect(got.logEvidence / expected.logEvidence).toBeCloseTo(1, 9);
    expect(got.moved).toBeCloseTo(expected.moved, 6);
    for (const name of ['posteriors', 'counts', 'subtypeCounts'] as const) got[name].forEach((value, at) => expect(Math.abs(value - expected[name][at]!)).toBeLessThan(1e-6 * Math.max(1, expected[name][at]!)));
    expect(fast({ threads: 2 })).toEqual(got);
    fast({ path: 'script' }).posteriors.forEach((p, at) => expect(p).toBeCloseTo(got.posteriors[at]!, 9));
  });

  it('leaves more than twenty subtypes to the readable one', () => {
    const votes = crowd(100, 3);
    const input: PassInput = { votes, rows: confusionRows(votes) };
    expect(subtypeKernel(input, 7, startOf(input, 7))).toBeNull();
  });

  it('is what version 2 of ebcc takes from 10,000 votes on, and finds what version 1 did', () => {
    const votes = crowd(2000, 2);
    expect(votes.voteCount).toBeGreaterThan(10_000);
    const [before, now] = [1, 2].map((version) => {
      const method = findMethod('ebcc', version);
      return method.run({ votes }, resolveOptions(method, { seeds: 1, maxIterations: 20 }), { seed: 0 });
    });
    now!.posteriors.forEach((p, at) => expect(Math.abs(p - before!.posteriors[at]!)).toBeLessThan(1e-4));
  });
});
