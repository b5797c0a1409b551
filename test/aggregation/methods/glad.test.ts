import { describe, expect, it } from 'vitest';
import { glad } from '../../../src/aggregation/methods/glad.js';
import { simulateCrowd, VoteTable } from '../../../src/aggregation/index.js';
import { goldenCrowds, hasShared, loadCrowd, rowsOf, run } from './golden.js';

describe.skipIf(!hasShared)('glad', () => {
  it.each(goldenCrowds)('gives 99 of 100 of the reference labels on %s, and posteriors within 0.005 on average', (name) => {
    const { votes, items, classes } = loadCrowd(name);
    const K = classes.length;
    const { posteriors } = run(glad, votes);
    const position = new Map(items.map((item, i) => [item, i]));
    const rows = rowsOf(`golden/${name}/glad_posterior.csv`);
    let equal = 0;
    let difference = 0;
    for (const row of rows) {
      const own = posteriors.subarray(position.get(row.item!)! * K, (position.get(row.item!)! + 1) * K);
      const reference = classes.map((label) => Number(row[label]));
      if (own[reference.indexOf(Math.max(...reference))]! >= Math.max(...own) - 1e-9) equal++;
      reference.forEach((p, k) => (difference += Math.abs(p - own[k]!)));
    }
    expect(equal / rows.length).toBeGreaterThanOrEqual(0.99);
    expect(difference / (rows.length * K)).toBeLessThan(0.005);
  });
});

/** ln of the joint density of votes, alpha and beta without constants, written down straight from the model. */
function logDensity(votes: VoteTable, alpha: Float64Array, beta: Float64Array): number {
  const { itemCount, classCount: K, itemOffsets } = votes;
  let sum = 0;
  for (const a of alpha) sum -= 0.5 * (a - 1) ** 2;
  for (const b of beta) sum -= 0.5 * (b - 1) ** 2;
  for (let item = 0; item < itemCount; item++) {
    let likelihood = 0;
    for (let truth = 0; truth < K; truth++) {
      let product = 1 / K;
      for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
        const right = 1 / (1 + Math.exp(-alpha[votes.annotators[v]!]! * Math.exp(beta[item]!)));
        product *= votes.classes[v] === truth ? right : (1 - right) / (K - 1);
      }
      likelihood += product;
    }
    sum += Math.log(likelihood);
  }
  return sum;
}

describe('glad', () => {
  const crowd = new VoteTable(simulateCrowd({ items: 60, annotators: 12, classes: 4, votesPerItem: 5 }, 5).columns);

  it('ends where the density of the parameters is level, and reports that density', () => {
    const { annotatorQuality, findings, diagnostics } = run(glad, crowd, { tolerance: 1e-13, maxIterations: 20_000 });
    const [alpha, beta] = [annotatorQuality!, findings!.difficulty!.map((difficulty) => -Math.log(difficulty))];
    const best = logDensity(crowd, alpha, beta);
    expect(diagnostics.converged).toBe(true);
    expect(diagnostics.trace.at(-1)).toBeCloseTo(best, 6);
    for (const parameters of [alpha, beta]) {
      parameters.forEach((value, i) => {
        const slope = [1e-4, -1e-4].map((step) => {
          parameters[i] = value + step;
          const density = logDensity(crowd, alpha, beta);
          parameters[i] = value;
          return density;
        });
        expect(Math.abs(slope[0]! - slope[1]!) / 2e-4).toBeLessThan(1e-3);
      });
    }
  });

  it('never lowers the density, and reaches the same with and without acceleration', () => {
    const ends = ['none', 'squarem'].map((acceleration) => {
      const { trace } = run(glad, crowd, { acceleration, tolerance: 1e-11, maxIterations: 5000 }).diagnostics;
      for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-9);
      return trace.at(-1)!;
    });
    expect(ends[1]).toBeCloseTo(ends[0]!, 5);
  });

  it('gives annotators who are mostly wrong a negative ability, and reads their votes the other way round', () => {
    const truth = (item: number) => (item * 7) % 2;
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[], itemCount: 61, annotatorCount: 4, classCount: 2 };
    for (let item = 0; item < 60; item++) {
      for (let annotator = 0; annotator < 4; annotator++) {
        columns.items.push(item);
        columns.annotators.push(annotator);
        columns.classes.push(annotator === 3 ? 1 - truth(item) : truth(item));
      }
    }
    // The last item has the wrong one's vote alone.
    columns.items.push(60);
    columns.annotators.push(3);
    columns.classes.push(0);
    const { posteriors, annotatorQuality } = run(glad, new VoteTable(columns));
    expect(annotatorQuality![3]).toBeLessThan(-0.5);
    expect(posteriors[121]).toBeGreaterThan(0.9);
  });

  it('says that it has not converged when the cap ends it', () => {
    expect(run(glad, crowd, { maxIterations: 2 }).diagnostics).toMatchObject({ iterations: 2, converged: false });
  });
});
