import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aggregate, votes as votesOf } from '../../src/aggregation/index.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => { assay = await Program.build(); });
afterAll(() => assay.remove());

const rowsOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);

it('assay aggregate lets gold choose settings, and says what was chosen and gained, as the library does', async () => {
  const words = ['simulate', '--items', '400', '--annotators', '20', '--classes', '3', '--votes-per-item', '9', '--skill', '0.6', '--out', assay.path('crowd')];
  expect((await assay.run(words)).code).toBe(0);
  const [path, goldPath] = [assay.path('crowd', 'votes.csv'), await assay.file('gold.csv', `item,class\n${(await rowsOf(assay.path('crowd', 'gold.csv'))).slice(0, 150).map(([item, answer]) => `${item},${answer}\n`).join('')}`)];
  const crowd = votesOf(await rowsOf(path));
  const answers = new Map((await rowsOf(goldPath)).map(([item, answer]) => [item, answer]));
  const gold = Int32Array.from(crowd.items, (item) => (answers.has(item) ? crowd.classes.indexOf(answers.get(item)!) : -1));
  const { findings } = aggregate(crowd, 'soft-label-mean', { gold, options: { tuneByGold: true } });
  const found = JSON.parse((await assay.run(['aggregate', path, '--gold', goldPath, '--gold-as-input', '-o', 'tuneByGold=true', '--json'])).out) as { options: object; findings: object };
  expect(found.options).toMatchObject({ tuneByGold: true });
  expect(found.findings).toEqual(Object.fromEntries(Object.entries(findings!).filter(([name]) => name !== 'disagreement').map(([name, [value]]) => [name, value])));
  expect(found.findings).toMatchObject({ tunedByGold: 1, tuningAnswers: 150 });
  // Gold that no method is told of chooses nothing.
  const scored = await assay.run(['aggregate', path, '--gold', goldPath, '-o', 'tuneByGold=true', '--json']);
  expect(JSON.parse(scored.out)).toMatchObject({ goldItems: 150, findings: { tunedByGold: 0, tuningAnswers: 0 } });
  expect(scored.err).toContain('assay: tuneByGold left weights, rho and temperature as they are: the run reads gold answers of 0 voted items, and 50 are needed');
  // Options that do not go together are wrong usage, told before anything is computed.
  expect(await assay.run(['aggregate', path, '-o', 'tuneByGold=true', '-o', 'methods=six', '--json'])).toEqual({
    code: 2, out: '', err: 'assay: soft-label-mean: tuneByGold chooses weights of methods five under combine mean; leave both as they are by default\n',
  });
  const noWeights = ['labelAggregation', 'hierarchical', 'hierarchicalEven', 'dawidSkene'].flatMap((name) => ['-o', `${name}=0`]);
  expect(await assay.run(['aggregate', path, ...noWeights, '--json'])).toMatchObject({ code: 2, err: expect.stringContaining('all weights of five are 0') as string });
});
