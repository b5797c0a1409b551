import { describe, expect, it } from 'vitest';
import { aggregate, costRefusal, findMethod, methods, resolveOptions, runCost, simulateCrowd, VoteTable, type CostSize } from '../../src/aggregation/index.js';

const size: CostSize = { items: 4000, annotators: 100, classes: 2, votes: 20_000, models: 1 };
const costOf = (id: string, of: Partial<CostSize> = {}, options: object = {}) => {
  const method = findMethod(id);
  return runCost(method, { ...size, ...of }, resolveOptions(method, { ...options }));
};
const ids = methods.map(({ id }) => id);
const names = { operations: 'MOST_STEPS', megabytes: 'MOST_MEMORY' };
const all = methods.map((method) => ({ method, options: resolveOptions(method) }));

describe('what a run costs, before it starts', () => {
  it.each(ids)('is told of %s, grows with what it reads, and is nothing for nothing', (id) => {
    const cost = costOf(id);
    for (const value of Object.values(cost)) expect(value).toBeGreaterThan(0);
    expect(costOf(id, { votes: 200_000, items: 40_000, annotators: 1000 }).operations).toBeGreaterThan(5 * cost.operations);
    expect(costOf(id, { items: 40_000 }).bytes).toBeGreaterThan(cost.bytes);
    for (const value of Object.values(costOf(id, { items: 0, annotators: 0, votes: 0, models: 0 }))) expect(value).toBeLessThan(1);
  });

  it.each(methods.filter(({ maxClasses = Infinity }) => maxClasses > 300).map(({ id }) => id))('counts the memory of what %s returns', (id) => {
    const { columns } = simulateCrowd({ items: 300, annotators: 12, classes: 300, votesPerItem: 2, confusable: 3 }, 1);
    const votes = new VoteTable(columns);
    const method = findMethod(id);
    const predictions = method.reads.includes('predictions') ? [new Float64Array(300 * 300).fill(1 / 300)] : undefined;
    // What is returned is as large after one iteration.
    const options = method.options.some(({ name }) => name === 'maxIterations') ? { maxIterations: 1 } : {};
    const result = aggregate(votes, id, { predictions, options });
    const returned = result.posteriors.byteLength + (result.confusion?.values.byteLength ?? 0);
    const { bytes } = runCost(method, { items: 300, annotators: 12, classes: 300, votes: votes.voteCount, models: 1 }, resolveOptions(method));
    expect(bytes).toBeGreaterThanOrEqual(returned);
    expect(bytes).toBeLessThan(60 * returned);
  });

  it.each(ids.filter((id) => findMethod(id).options.some(({ name }) => name === 'maxIterations')))('knows that %s ends at its cap, and that a tolerance of 0 goes all the way there', (id) => {
    // Of MACE the trial starts count, too.
    const one = costOf(id, {}, { maxIterations: 1, ...(id === 'mace' && { restarts: 1 }) });
    expect(one.operations).toBeLessThan(costOf(id).operations);
    if (!findMethod(id).options.some(({ name }) => name === 'tolerance')) return;
    expect(costOf(id, {}, { maxIterations: 1_000_000, tolerance: 0 }).operations).toBeGreaterThan(1000 * costOf(id).operations);
  });

  it('is of the right order for Dawid-Skene with 4,234 classes and 20,000 votes: a minute or so, and a gigabyte', () => {
    const { seconds, bytes } = costOf('dawid-skene', { classes: 4234 });
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThan(300);
    expect(bytes / 1e9).toBeGreaterThan(0.5);
    expect(bytes / 1e9).toBeLessThan(2);
    const hierarchical = costOf('hierarchical-dawid-skene', { classes: 4234 });
    // It measured 4 s of 9 passes and 700 MB, of which the result is most.
    expect(hierarchical.seconds).toBeLessThan(30);
    expect(hierarchical.bytes / 1e9).toBeGreaterThan(0.5);
    expect(hierarchical.bytes / 1e9).toBeLessThan(2);
    // Its accelerated form keeps full matrices.
    expect(costOf('dawid-skene', { classes: 4234 }, { acceleration: 'squarem' }).bytes).toBeGreaterThan(1.5 * bytes);
  });
});

describe('a bound', () => {
  const method = findMethod('dawid-skene');
  const refusal = (bounds: { operations: number; bytes: number }) => costRefusal(method, { ...size, classes: 4234 }, resolveOptions(method), bounds, names, all);

  it('lets in what is within it', () => expect(refusal({ operations: 1e12, bytes: 1e12 })).toBeNull());

  it('refuses what is not, and names the estimate, the bound and what would fit', () => {
    const reason = refusal({ operations: 1e9, bytes: 1e12 })!;
    expect(reason).toMatch(/^dawid-skene would take about [\d.]+e\+10 operations \(\d+ s\) and \d+ MB for 20000 votes on 4000 items by 100 annotators in 4234 classes, and MOST_STEPS is 1e\+9: choose another method \((.+)\), lower its maxIterations or other options, or raise MOST_STEPS$/);
    for (const named of /\((\S+, about[^)]*)\), lower/.exec(reason)![1]!.split('; ')) expect(costOf(named.split(',')[0]!, { classes: 4234 }).operations).toBeLessThanOrEqual(1e9);
  });

  it('of memory, too; where nothing fits it says what else to do', () => {
    expect(refusal({ operations: 1e12, bytes: 5e8 })).toMatch(/and MOST_MEMORY is 500: choose another method/);
    expect(refusal({ operations: 1, bytes: 1 })).toMatch(/MOST_STEPS is 1, MOST_MEMORY is 1: take fewer classes or items, lower its .*, or raise MOST_STEPS and MOST_MEMORY$/);
  });
});
