import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, priorCounts, votes as votesOf } from '../../src/aggregation/index.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => { assay = await Program.build(); });
afterAll(() => assay.remove());

const rows = [['1', 'ann', 'cat'], ['1', 'bob', 'dog'], ['1', 'eve', 'dog'], ['2', 'ann', 'dog'], ['2', 'bob', 'dog'], ['3', 'bob', 'cat'], ['3', 'eve', 'dog']] as const;
const votes = `item,annotator,class\n${rows.map((row) => row.join()).join('\n')}\n`;
const { table } = votesOf(rows);

async function aggregated(method: string, priors: string): Promise<{ code: number | null; out: string; err: string; labels: number[][] }> {
  const [path, known] = [await assay.file('votes.csv', votes), await assay.file('priors.csv', priors)];
  const { code, out, err } = await assay.run(['aggregate', path, '--method', method, '--priors', known, '--out', assay.path('out')]);
  const lines = code === 0 ? (await readFile(assay.path('out/soft-labels.csv'), 'utf8')).trimEnd().split('\n').slice(1) : [];
  return { code, out, err, labels: lines.map((line) => line.split(',').slice(6, 8).map(Number)) };
}
const labelsOf = (posteriors: Float64Array) => [0, 1, 2].map((item) => Array.from(posteriors.subarray(item * 2, item * 2 + 2)));

describe('assay aggregate --priors', () => {
  it('weighs who is known as the library does, by accuracies and by counts, and passes over who did not vote', async () => {
    const expected = aggregate(table, 'weighted-majority-vote', { priorCounts: priorCounts(3, 2, [{ annotator: 0, accuracy: 0.97, votes: 300 }, { annotator: 1, accuracy: 0.6, votes: 20 }]) });
    const { code, out, labels } = await aggregated('weighted-majority-vote', 'annotator,votes,accuracy\nann,300,0.97\nnobody,10,0.5\nbob,,0.6\neve,0,0.9\n');
    expect(code).toBe(0);
    expect(out).toMatch(/annotators known beforehand +│ +2 │/);
    expect(labels).toEqual(labelsOf(expected.posteriors));
    expect(labels[0]![0]).toBeGreaterThan(0.5);

    const counted = aggregate(table, 'dawid-skene', { priorCounts: priorCounts(3, 2, [{ annotator: 2, truths: [0, 1], labels: [0, 0], counts: [3, 7], votes: 10 }]) });
    expect((await aggregated('dawid-skene', 'annotator,truth,vote,count\neve,cat,cat,3\neve,dog,cat,7\n')).labels).toEqual(labelsOf(counted.posteriors));
  });

  it.each<[string, string, string, RegExp]>([
    ['a percentage', 'weighted-majority-vote', 'annotator,accuracy\nann,95\n', /line 2: accuracy "?95"? is out of range; it must be from 0 to 1/],
    ['an annotator twice', 'weighted-majority-vote', 'annotator,accuracy\nann,0.9\nann,0.8\n', /line 3: annotator "ann" comes twice/],
    ['a class that is none', 'dawid-skene', 'annotator,truth,vote,count\nann,cat,Dog,1\n', /line 2: class "Dog" is not among the classes "cat", "dog"; "dog" is one/],
    ['half a pair', 'dawid-skene', 'annotator,truth,vote,count\nann,cat,,1\n', /line 2: .*truth, vote and count/],
    ['a pair twice', 'dawid-skene', 'annotator,truth,vote,count\nann,cat,dog,1\nann,cat,dog,2\n', /line 3: .*counted twice/],
    ['strangers alone', 'dawid-skene', 'annotator,accuracy\nzoe,0.9\n', /none of these annotators has votes/],
    ['a method that reads none', 'majority-vote', 'annotator,accuracy\nann,0.9\n', /majority-vote reads no prior counts; leave out --priors, or choose one of dawid-skene, hierarchical-dawid-skene, weighted-majority-vote/],
  ])('refuses %s', async (_, method, priors, message) => {
    const { code, err } = await aggregated(method, priors);
    expect(code).toBeGreaterThan(0);
    expect(err).toMatch(message);
  });
});
