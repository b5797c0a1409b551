import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflation, disagreement, fitTemperatures, jensenShannonCentroid, meanSoftLabel, temper, temperByVotes } from '../../../src/aggregation/combination.js';
import { calibration } from '../../../src/aggregation/numeric/calibration.js';
import { defaultMethodId, findMethod } from '../../../src/aggregation/methods.js';
import { aggregate } from '../../../src/aggregation/aggregate.js';
import { hierarchicalDawidSkene } from '../../../src/aggregation/methods/hierarchical-dawid-skene.js';
import { ibcc } from '../../../src/aggregation/methods/ibcc.js';
import { labelAggregation } from '../../../src/aggregation/methods/label-aggregation.js';
import { five } from '../../../src/aggregation/methods/soft-label-mean/members.js';
import { softLabelMean } from '../../../src/aggregation/methods/soft-label-mean/soft-label-mean.js';
import { resolveOptions } from '../../../src/aggregation/options.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { crowdOf, hasShared, loadCrowd, rowsOf, run } from './golden.js';

const seven = ['standard', 'softmax', 'wawa', 'zbs', 'ds', 'glad', 'mace'];

/** The reference's soft labels by one method, rows by item name. */
function reference(set: string, method: string): Float64Array {
  const rows = rowsOf(`golden/soft-labels/${set}/soft_labels.csv`).filter((row) => row.method === method);
  rows.sort((a, b) => (a.item! < b.item! ? -1 : 1));
  return Float64Array.from(rows.flatMap((row) => Object.keys(row).filter((key) => /^p\d/.test(key) && row[key] !== '').map((key) => Number(row[key]))));
}

function worst(actual: Float64Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, p, at) => Math.max(most, Math.abs(p - expected[at]!)), 0);
}

describe.skipIf(!hasShared).each([['binary', 2], ['multi', 4]] as const)('combinations on %s', (set, K) => {
  const parts = hasShared ? seven.map((method) => reference(set, method)) : [];

  it('are the reference mean and Jensen-Shannon centroid of the reference parts', () => {
    expect(worst(meanSoftLabel(parts), reference(set, 'average'))).toBeLessThan(1e-9);
    expect(worst(jensenShannonCentroid(parts, K), reference(set, 'jsc'))).toBeLessThan(1e-7);
  });

  it('are the reference mean and centroid to .004 and .008 when our methods make the parts, which split ties', () => {
    const { votes } = crowdOf(rowsOf(`golden/soft-labels/${set}/votes.csv`), 'worker');
    const bare = { methods: 'paper', rho: 0, floor: 0 };
    expect(worst(run(softLabelMean, votes, bare).posteriors, reference(set, 'average'))).toBeLessThan(0.004);
    expect(worst(run(softLabelMean, votes, { ...bare, combine: 'jensen-shannon' }).posteriors, reference(set, 'jsc'))).toBeLessThan(0.008);
  });

  it('are no better off at any other set of temperatures', () => {
    const cost = (temperatures: number[]) => {
      const tempered = parts.map((part, p) => {
        const out = new Float64Array(part.length);
        temper(part, K, temperatures[p]!, out);
        return out;
      });
      const apart = disagreement(tempered, K);
      return apart.reduce((sum, d) => sum + d, 0) / apart.length + 1e-3 * temperatures.reduce((sum, t) => sum + t * t, 0);
    };
    const fitted = fitTemperatures(parts, K);
    const least = cost(fitted);
    expect(least).toBeLessThan(cost(parts.map(() => 1)));
    fitted.forEach((_, p) => {
      for (const step of [0.9, 1.1]) expect(cost(fitted.map((t, q) => (q === p ? t * step : t)))).toBeGreaterThan(least - 1e-6);
    });
  });
});

const rows = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }), { minLength: 4, maxLength: 4 });
const partsOf = fc.array(rows, { minLength: 2, maxLength: 5 }).map((parts) =>
  parts.map((part) => Float64Array.from(part.flatMap((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((n) => (total ? n / total : 1 / 3));
  }))));

describe('combinations', () => {
  it('of equal parts are the part, whatever the rule, and nothing disagrees', () => {
    fc.assert(fc.property(partsOf, ([part]) => {
      const same = [part!, part!, part!];
      expect(worst(meanSoftLabel(same, [1, 5, 2]), part!)).toBeLessThan(1e-12);
      expect(worst(jensenShannonCentroid(same, 3), part!)).toBeLessThan(1e-9);
      expect(Math.max(...disagreement(same, 3))).toBeLessThan(1e-12);
    }));
  });

  it('keep rows that sum to 1 and lie between 0 and ln 2 apart', () => {
    fc.assert(fc.property(partsOf, (parts) => {
      for (const combined of [meanSoftLabel(parts), conflation(parts, 3), jensenShannonCentroid(parts, 3)]) {
        for (let at = 0; at < combined.length; at += 3) expect(combined[at]! + combined[at + 1]! + combined[at + 2]!).toBeCloseTo(1, 12);
      }
      for (const apart of disagreement(parts, 3)) expect(apart).toBeGreaterThanOrEqual(0);
      for (const apart of disagreement(parts, 3)) expect(apart).toBeLessThanOrEqual(Math.LN2 + 1e-12);
    }));
  });

  it('by conflation are surer than either of two independent witnesses', () => {
    const combined = conflation([Float64Array.of(0.8, 0.2), Float64Array.of(0.8, 0.2)], 2, 1e-12);
    expect(combined[0]).toBeCloseTo(0.64 / 0.68, 9);
  });
});

/** As computed before there was a version 2, under Node 20: the last digit hung on the Node until powers were taken by power(). */
const FIGURES_OF_VERSION_1 = [0.5990318274026852, 0.26616485743026236, 0.13480331516705235, 0.006805387537427655, 0.9863896794886087, 0.0068049329739636915];

const [one] = softLabelMean.earlier as [typeof softLabelMean];

describe('soft-label-mean', () => {
  const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  for (let vote = 0; vote < 150; vote++) {
    columns.items.push(Math.floor(vote / 5));
    columns.annotators.push(vote % 5);
    columns.classes.push((vote * 7919) % 11 < 7 ? Math.floor(vote / 5) % 3 : (vote * 31) % 3);
  }
  const votes = new VoteTable({ ...columns, itemCount: 31, annotatorCount: 6, classCount: 3 });

  it('is the default of the service', () => {
    expect(findMethod(defaultMethodId)).toBe(softLabelMean);
  });

  it('of version 1 is still to be had, by the number or by the options that say the same to the bit', () => {
    const before = run(one, votes).posteriors;
    FIGURES_OF_VERSION_1.forEach((figure, at) => expect(Math.abs(before[at]! / figure - 1)).toBeLessThan(2e-15));
    expect(aggregate(votes, 'soft-label-mean', { version: 1 }).posteriors).toEqual(before);
    expect(run(softLabelMean, votes, { methods: 'six', rho: 0, temperature: 1.4 }).posteriors).toEqual(before);
    expect(() => findMethod('soft-label-mean', 3)).toThrow('there is no version 3 of soft-label-mean here; there are: 1, 2');
    expect(() => findMethod('dawid-skene', 1)).toThrow('there is no version 1 of dawid-skene here; there is: 2');
  });

  it('is the weighted mean of its members, tempered by their votes, with the floor', () => {
    const parts = [
      run(labelAggregation, votes).posteriors,
      temperByVotes(run(hierarchicalDawidSkene, votes, { tolerance: 1e-4 }).posteriors, 3, votes.itemOffsets, 0.2),
      temperByVotes(run(hierarchicalDawidSkene, votes, { tolerance: 1e-4, priorWeight: 5, classPriors: 'even' }).posteriors, 3, votes.itemOffsets, 0.2),
    ];
    const expected = meanSoftLabel(parts, [2, 1, 1]).map((p) => 0.9 * p + 0.1 / 3);
    const options = { labelAggregation: 2, hierarchical: 1, hierarchicalEven: 1, dawidSkene: 0, rho: 0.2, floor: 0.1 };
    expect(worst(run(softLabelMean, votes, options).posteriors, expected)).toBeLessThan(1e-12);
    expect(() => run(softLabelMean, votes, { labelAggregation: 0, hierarchical: 0, hierarchicalEven: 0, dawidSkene: 0 })).toThrow('all weights of five are 0');
  });

  it('tempers by votes: one or none stay, many are worth 1/rho, and certainty stays certain', () => {
    const part = Float64Array.of(0.9, 0.1, 0.9, 0.1, 1, 0);
    const tempered = temperByVotes(part, 2, Int32Array.of(0, 1, 3, 2003), 0.3);
    expect([...tempered.subarray(0, 2)]).toEqual([0.9, 0.1]);
    expect(tempered[2]! / tempered[3]!).toBeCloseTo(9 ** (1 / 1.3), 12);
    // Two thousand votes for one class are no less than sure of it.
    expect(tempered[4]).toBeGreaterThan(0.99);
  });

  it('obeys gold, and reports entropy and disagreement for each item', () => {
    const gold = new Int32Array(31).fill(-1);
    gold[3] = 2;
    const { posteriors, findings } = softLabelMean.run({ votes, gold }, resolveOptions(softLabelMean), { seed: 0 });
    expect([...posteriors.subarray(9, 12)]).toEqual([0, 0, 1]);
    expect(findings!.disagreement!.length).toBe(31);
    expect(findings!.disagreement!.every((d) => d >= 0 && d <= Math.LN2)).toBe(true);
  });

  it('gives more weight to the methods that gold bears out, and asks for gold where there is none', () => {
    expect(() => run(softLabelMean, votes, { combine: 'weighted' })).toThrow('needs gold answers to weigh the methods by');
    const gold = Int32Array.from({ length: 31 }, (_, item) => (item < 20 ? item % 3 : -1));
    const bare = { temperature: 1, floor: 0 };
    const even = run(softLabelMean, votes, bare).posteriors;
    const weighted = softLabelMean.run({ votes, gold }, resolveOptions(softLabelMean, { ...bare, combine: 'weighted' }), { seed: 0 }).posteriors;
    expect(worst(weighted.subarray(60), even.subarray(60))).toBeGreaterThan(1e-6);
    expect([...weighted.subarray(0, 3)]).toEqual([1, 0, 0]);
  });

  it('never puts another class first than the bare mean does, at any temperature', () => {
    const bare = run(softLabelMean, votes, { temperature: 1, floor: 0 }).posteriors;
    const soft = run(softLabelMean, votes, { temperature: 3, floor: 0.1 }).posteriors;
    for (let at = 0; at < bare.length; at += 3) {
      for (const [a, b] of [[0, 1], [1, 2], [2, 0]] as const) {
        if (bare[at + a]! > bare[at + b]! + 1e-9) expect(soft[at + a]).toBeGreaterThan(soft[at + b]!);
      }
    }
  });

  it('leaves out, with a warning, methods that cannot read candidate sets', () => {
    const withSets = new VoteTable({ ...columns, classes: columns.classes.map((label) => (label === 2 ? 3 : label)), itemCount: 31, annotatorCount: 6, classCount: 3, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(1, 2) } });
    const { posteriors, diagnostics } = run(softLabelMean, withSets, { methods: 'six' });
    expect(run(softLabelMean, withSets).diagnostics.warnings).toEqual([]);
    expect(diagnostics.warnings).toContain('glad is left out: it does not read candidate sets');
    expect(posteriors.every((p) => p > 0 && p < 1)).toBe(true);
  });

  it('does without confusion matrices where there are far fewer votes than entries', () => {
    const K = 200;
    const label = (vote: number) => (vote % 3 === 0 ? (vote * 31) % K : (Math.floor(vote / 5) * 13) % K);
    const many = new VoteTable({ ...columns, classes: columns.classes.map((_, vote) => label(vote)), itemCount: 31, annotatorCount: 6, classCount: K });
    const { posteriors, diagnostics } = run(softLabelMean, many);
    expect(diagnostics.warnings).toContain('dawid-skene is left out: its confusion matrices would have up to 200 entries a vote');
    // Then, as in version 1, those of its six that have none.
    expect(posteriors).toEqual(run(one, many).posteriors);
    for (let item = 0; item < 30; item++) expect(posteriors[item * K + ((item * 13) % K)]).toBeGreaterThan(0.4);
  });

  it('lets its members go through 60 million votes, and says of who does not come to an end what would let it', () => {
    const caps = (given: Record<string, number>, voteCount: number) => five(resolveOptions(softLabelMean, given), { classes: 2, votes: voteCount }).map(({ options }) => options.maxIterations);
    // label-aggregation, hierarchical-dawid-skene twice, dawid-skene, ebcc
    expect(caps({}, 0)).toEqual([undefined, 500, 500, 2000, 500]);
    expect(caps({}, 120_000)).toEqual([undefined, 500, 500, 2000, 500]);
    expect(caps({}, 300_000)).toEqual([undefined, 200, 200, 2000, 200]);
    expect(caps({}, 10_000_000)).toEqual([undefined, 60, 60, 2000, 60]);
    expect(caps({ memberIterations: 20 }, 10_000_000)).toEqual([undefined, 20, 20, 2000, 20]);
    expect(caps({ memberIterations: 700 }, 10_000_000)).toEqual([undefined, 700, 700, 2000, 700]);
    const { diagnostics } = run(softLabelMean, votes, { memberIterations: 2 });
    expect(diagnostics).toMatchObject({ converged: false, warnings: expect.arrayContaining(['hierarchical-dawid-skene ended at its cap of 2 iterations, which memberIterations raises']) });
  });

  it('tells which method it is at', () => {
    const phases = new Set<string>();
    softLabelMean.run({ votes }, resolveOptions(softLabelMean), { seed: 0, onProgress: ({ phase }) => phases.add(phase.split(':')[0]!) });
    expect([...phases]).toEqual(expect.arrayContaining(['hierarchical-dawid-skene', 'hierarchical-dawid-skene with even classes', 'dawid-skene']));
  });
});

/** One vote a pair of item and annotator, the last. */
function lastVotesOf(set: string) {
  const last = new Map(rowsOf(`datasets/${set}/votes.csv`).map((row) => [JSON.stringify([row.item, row.annotator]), row]));
  return crowdOf([...last.values()], 'annotator', rowsOf(`datasets/${set}/gold.csv`));
}

/** The golden figures have entries raised to 1e-30, which flattens items of a hundred votes: of pos, which has some, they differ. */
const TOLERANCES: Record<string, number> = { pos: 1e-3 };

describe.skipIf(!hasShared).each([['recipe-a', { ebcc: 0 }], ['recipe-b', {}]])('soft-label-mean as %s', (file, options) => {
  const golden = hasShared ? rowsOf(`golden/default-label/${file}.csv`) : [];

  it.each(golden.map((row) => [row.set!, row] as const))('has the golden scores on %s', (set, row) => {
    const { votes, gold } = lastVotesOf(set);
    const { accuracy, nll, brier, ece } = calibration(run(softLabelMean, votes, { ...options, memberTolerance: 1e-3, memberIterations: 60 }).posteriors, votes.classCount, gold);
    // The golden random start of ebcc is another one.
    const within = file === 'recipe-b' && votes.classCount === 2 ? 3e-3 : (TOLERANCES[set] ?? 1e-4);
    for (const [name, value] of Object.entries({ accuracy, nll, brier, ece })) expect(Math.abs(value - Number(row[name])), name).toBeLessThan(within);
  }, 60_000);
});

describe.skipIf(!hasShared)('soft-label-mean on real crowds', () => {
  it.each(hasShared ? rowsOf('golden/default-label/recipe-b.csv').map((row) => row.set!) : [])('converges on %s', (name) => {
    expect(run(softLabelMean, lastVotesOf(name).votes).diagnostics).toMatchObject({ converged: true, warnings: [] });
  }, 60_000);

  it.each(['bluebird', 'rte', 'product', 'web', 'face'])('has a smaller log loss on %s than the methods it is made of', (name) => {
    const { votes, gold } = loadCrowd(name);
    const nll = (method: typeof softLabelMean) => calibration(run(method, votes).posteriors, votes.classCount, gold).nll;
    const own = nll(softLabelMean);
    for (const part of [ibcc, labelAggregation]) expect(own).toBeLessThan(nll(part));
  });
});
