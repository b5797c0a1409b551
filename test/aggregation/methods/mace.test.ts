import { describe, expect, it } from 'vitest';
import { resolveOptions, simulateCrowd, VoteTable, type Progress } from '../../../src/aggregation/index.js';
import { MaceModel } from '../../../src/aggregation/kernels/mace-model.js';
import { voteCells } from '../../../src/aggregation/kernels/vote-cells.js';
import { mace } from '../../../src/aggregation/methods/mace.js';
import { runEm } from '../../../src/aggregation/numeric/em.js';
import { expectColumn, expectRows, goldenCrowds, hasShared, loadCrowd, rowsOf, run, sixDecimals, type Crowd } from './golden.js';

const priors = { knowing: 0.5, strategy: 10 };

/** The reference's own random start, read from its file. */
function referenceModel(name: string, { votes, annotators, classes }: Crowd): MaceModel {
  const cells = voteCells(votes);
  const start = { knowing: new Float64Array(annotators.length), guessing: new Float64Array(annotators.length), strategy: new Float64Array(cells.labels.length) };
  const position = new Map(annotators.map((annotator, a) => [annotator, a]));
  for (const row of rowsOf(`golden/${name}/mace_init.csv`)) {
    const a = position.get(row.annotator!)!;
    start.knowing[a] = Number(row.knowing);
    start.guessing[a] = Number(row.guessing);
    for (let cell = cells.offsets[a]!; cell < cells.offsets[a + 1]!; cell++) start.strategy[cell] = Number(row[classes[cells.labels[cell]!]!]);
  }
  const model = new MaceModel(votes, cells, null, priors);
  model.start(start);
  return model;
}

describe.skipIf(!hasShared)('mace', () => {
  it.each(goldenCrowds)('gives the reference posteriors, competences and strategies on %s from its start after its 50 iterations', (name) => {
    const crowd = loadCrowd(name);
    const model = referenceModel(name, crowd);
    // The start makes the first of the 50 M steps.
    const { trace } = runEm(model, { tolerance: 0, maxIterations: 49, voteCount: 1 }, { seed: 0 });
    model.expect();
    expectRows(`golden/${name}/mace_posterior.csv`, 'item', crowd.items, crowd.classes, model.posteriors, sixDecimals);
    expectColumn(`golden/${name}/mace_competence.csv`, 'annotator', crowd.annotators, 'competence', model.knowing, sixDecimals);
    const { offsets, labels } = voteCells(crowd.votes);
    const reference = new Map(rowsOf(`golden/${name}/mace_spam_strategy.csv`).map((row) => [row.annotator, row]));
    crowd.annotators.forEach((annotator, a) => {
      for (let cell = offsets[a]!; cell < offsets[a + 1]!; cell++) {
        expect(Math.abs(model.strategy[cell]! - Number(reference.get(annotator)![crowd.classes[labels[cell]!]!]))).toBeLessThanOrEqual(sixDecimals);
      }
    });
    for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-6);
  });
});

describe('mace', () => {
  const options = { items: 80, annotators: 15, classes: 3, votesPerItem: 5, spammers: 0.3 };

  it('tells who knows from who guesses', () => {
    const { columns, parameters } = simulateCrowd({ ...options, items: 600, skill: 0.85 }, 3);
    const competence = run(mace, new VoteTable(columns)).annotatorQuality!;
    const mean = (behaviour: string) => {
      const own = competence.filter((_, a) => parameters.behaviour[a] === behaviour);
      return own.reduce((sum, x) => sum + x, 0) / own.length;
    };
    expect(mean('spammer')).toBeLessThan(0.2);
    expect(mean('honest')).toBeGreaterThan(0.6);
  });

  it('never lowers the bound', () => {
    for (let seed = 0; seed < 4; seed++) {
      const votes = new VoteTable(simulateCrowd({ ...options, skill: 0.4 }, seed).columns);
      const { trace } = run(mace, votes, { restarts: 3 }, seed).diagnostics;
      for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-9);
    }
  });

  it('starts differently with another seed, and each restart differently', () => {
    const votes = new VoteTable(simulateCrowd(options, 1).columns);
    const first = (seed: number) => run(mace, votes, { restarts: 1, tolerance: 0, maxIterations: 1 }, seed).diagnostics.trace[0];
    expect(first(1)).not.toBe(first(2));
    const starts = new Set<number>();
    const ends: number[] = [];
    const onProgress = ({ phase, iteration, objective }: Progress) => {
      if (iteration === 1 && phase.startsWith('restart')) starts.add(objective!);
      if (iteration === 10 && phase.startsWith('restart')) ends.push(objective!);
    };
    const { diagnostics } = mace.run({ votes }, resolveOptions(mace, { restarts: 5, maxIterations: 10, tolerance: 0 }), { seed: 1, onProgress });
    expect(starts.size).toBe(5);
    // The start that led after ten iterations is the one that goes on.
    expect(diagnostics.trace.at(-1)).toBe(Math.max(...ends));
  });

  it('starts alike whatever annotators, items and classes are called', () => {
    const { columns } = simulateCrowd(options, 2);
    const [N, M, K] = [columns.itemCount, columns.annotatorCount, columns.classCount];
    const renamed = new VoteTable({ ...columns, items: columns.items.map((i) => (i * 7 + 3) % N), annotators: columns.annotators.map((a) => M - 1 - a), classes: columns.classes.map((k) => (k + 1) % K) });
    const once = { restarts: 1, tolerance: 0, maxIterations: 1 };
    const [before, after] = [run(mace, new VoteTable(columns), once).annotatorQuality!, run(mace, renamed, once).annotatorQuality!];
    before.forEach((competence, a) => expect(after[M - 1 - a]).toBeCloseTo(competence, 12));
  });
});
