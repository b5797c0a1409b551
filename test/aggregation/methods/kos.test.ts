import { describe, expect, it } from 'vitest';
import { aggregate, calibration, simulateCrowd, VoteTable } from '../../../src/aggregation/index.js';
import { kos } from '../../../src/aggregation/methods/kos.js';
import { hasShared, loadCrowd, rowsOf, run } from './golden.js';

describe.skipIf(!hasShared)('kos', () => {
  const references = hasShared ? rowsOf('golden/reference-accuracy.csv').filter(({ KOS }) => Number(KOS) > 0) : [];
  it.each(references.map((row) => [row.set!, Number(row.KOS)] as const))('is as accurate on %s as the reference, %f, when messages are sums, as in the paper', (name, reference) => {
    const { votes, gold } = loadCrowd(name);
    const { accuracy } = calibration(run(kos, votes, { messages: 'sum' }).posteriors, 2, gold);
    expect(Math.abs(accuracy - reference)).toBeLessThan(0.001);
  });

  it('is not drowned by the annotator who answered everything on rte when messages are means', () => {
    const { votes, gold } = loadCrowd('rte');
    expect(calibration(run(kos, votes).posteriors, 2, gold).accuracy).toBeGreaterThan(0.91);
  });
});

describe('kos', () => {
  it('refuses more than two classes', () => {
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [2], itemCount: 1, annotatorCount: 1, classCount: 3 });
    expect(() => aggregate(votes, 'kos')).toThrow(/kos .*2 classes.*3/);
    expect(() => run(kos, votes)).toThrow(RangeError);
  });

  it('gives the same soft labels for any seed once it has converged', () => {
    const votes = new VoteTable(simulateCrowd({ model: 'one-coin', items: 200, annotators: 20, classes: 2, votesPerItem: 5 }, 8).columns);
    const [a, b] = [1, 2].map((seed) => run(kos, votes, { tolerance: 1e-10 }, seed));
    expect(a!.diagnostics.converged && b!.diagnostics.converged).toBe(true);
    expect(a!.diagnostics.trace[0]).not.toBe(b!.diagnostics.trace[0]);
    a!.posteriors.forEach((p, i) => expect(b!.posteriors[i]).toBeCloseTo(p, 7));
  });

  it('solves each of two crowds that share nothing as if it were alone', () => {
    const one = simulateCrowd({ model: 'one-coin', items: 100, annotators: 12, classes: 2, votesPerItem: 4, skill: 0.9 }, 1).columns;
    const two = simulateCrowd({ model: 'one-coin', items: 100, annotators: 12, classes: 2, votesPerItem: 4, skill: 0.65 }, 2).columns;
    const both = new VoteTable({
      items: [...one.items, ...two.items.map((i) => i + 100)],
      annotators: [...one.annotators, ...two.annotators.map((a) => a + 12)],
      classes: [...one.classes, ...two.classes],
      itemCount: 200, annotatorCount: 24, classCount: 2,
    });
    const options = { tolerance: 1e-11, maxIterations: 5000 };
    const alone = [one, two].flatMap((columns) => [...run(kos, new VoteTable(columns), options).posteriors]);
    run(kos, both, options).posteriors.forEach((p, i) => expect(p).toBeCloseTo(alone[i]!, 6));
  });

  it('counts the votes of someone who is mostly wrong for the other class', () => {
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[], itemCount: 41, annotatorCount: 4, classCount: 2 };
    for (let item = 0; item <= 40; item++) {
      for (const annotator of item === 40 ? [3] : [0, 1, 2, 3]) {
        columns.items.push(item);
        columns.annotators.push(annotator);
        columns.classes.push(annotator === 3 ? 1 - (item % 2) : item % 2);
      }
    }
    const { posteriors, annotatorQuality } = run(kos, new VoteTable(columns));
    expect(annotatorQuality![3]).toBeLessThan(0);
    expect(posteriors[80]).toBe(1);
  });

  it('falls back to vote shares where nothing else is known of an item\'s annotators, and says so', () => {
    const votes = new VoteTable({ items: [0, 0, 0], annotators: [0, 1, 2], classes: [0, 0, 1], itemCount: 1, annotatorCount: 3, classCount: 2 });
    const { posteriors, diagnostics } = run(kos, votes);
    expect(posteriors[0]).toBeCloseTo(2 / 3, 12);
    expect(diagnostics.warnings[0]).toMatch(/^1 items were voted on only by annotators/);
  });
});
