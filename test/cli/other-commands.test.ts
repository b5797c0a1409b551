import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreementMetrics, majorityVoteCertificate, measureAgreement, methodAdvice, methods, votes as votesOf, type MethodAdvice } from '../../src/aggregation/index.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
});
afterAll(() => assay.remove());

describe('assay methods', () => {
  it('lists every method of the registry with its options, defaults, ranges and source', async () => {
    const { code, out } = await assay.run(['methods']);
    expect(code).toBe(0);
    for (const { id, options } of methods) {
      expect(out).toContain(id);
      for (const { name } of options) expect(out).toContain(name);
    }
    const listed = JSON.parse((await assay.run(['methods', '--json'])).out) as unknown;
    expect(listed).toEqual(JSON.parse(JSON.stringify(methods)));
  });

  it('tells all of one method', async () => {
    const { out } = await assay.run(['methods', 'dawid-skene']);
    expect(out).toContain('1979');
    expect(out).toContain('smoothing');
    expect(await assay.run(['methods', 'nope'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('assay simulate', () => {
  it('writes votes, gold and annotators that aggregate reads; the same seed the same crowd', async () => {
    const words = ['simulate', '--items', '400', '--annotators', '20', '--classes', '3', '--votes-per-item', '7', '--skill', '0.8', '--model', 'one-coin'];
    const first = await assay.run([...words, '--seed', '5', '--out', assay.path('a'), '--json']);
    expect(first.err).toBe('');
    expect(JSON.parse(first.out)).toMatchObject({ items: 400, annotators: 20, votes: 2800, classes: 3, seed: 5 });
    await assay.run([...words, '--seed', '5', '--out', assay.path('b')]);
    await assay.run([...words, '--seed', '6', '--out', assay.path('c')]);
    await assay.run([...words, '--seed', '5', '--out', assay.path('a'), '--format', 'ndjson']);
    const files = await Promise.all(['a', 'b', 'c'].map((folder) => readFile(assay.path(folder, 'votes.csv'), 'utf8')));
    expect(files[1]).toBe(files[0]);
    expect(files[2]).not.toBe(files[0]);
    const annotators = (await readFile(assay.path('a', 'annotators.csv'), 'utf8')).trimEnd().split('\n');
    expect(annotators.slice(0, 2)).toEqual(['annotator,behaviour,skill', expect.stringMatching(/^annotator-00,honest,0\.\d+$/)]);
    expect(annotators).toHaveLength(21);
    for (const extension of ['csv', 'ndjson']) {
      const found = JSON.parse((await assay.run(['aggregate', assay.path('a', `votes.${extension}`), '-m', 'dawid-skene', '-g', assay.path('a', `gold.${extension}`), '--json', '--out', assay.path('out')])).out) as { votes: number; goldItems: number; accuracy: number };
      expect(found).toMatchObject({ votes: 2800, goldItems: 400 });
      expect(found.accuracy).toBeGreaterThan(0.95);
    }
  });

  it('refuses what the simulator refuses, as usage', async () => {
    expect(await assay.run(['simulate', '--skill', '2'])).toMatchObject({ code: 2, err: 'assay: simulate: option skill is 2; it must be from 0 to 1\n' });
    expect(await assay.run(['simulate', '--items', 'x'])).toMatchObject({ code: 2, err: 'assay: option items is "x"; it must be a number\n' });
  });
});

describe('assay agree', () => {
  const votes = 'item,annotator,label\n1,a,3\n1,b,3\n2,a,1\n2,b,1\n3,a,2\n3,b,3\n4,b,10\n';

  it('measures every metric, or one, with intervals and by class', async () => {
    const path = await assay.file('votes.csv', votes);
    const all = JSON.parse((await assay.run(['agree', path, '--json', '--per-class', '--replicates', '50'])).out) as { measures: { metric: string; value: number; interval: unknown; perClass: object }[] };
    expect(all.measures.map(({ metric }) => metric)).toEqual(agreementMetrics.map(({ id }) => id));
    expect(all.measures[0]).toMatchObject({ metric: 'percent', comparedItems: 3, votedItems: 4 });
    expect(all.measures[0]!.value).toBeCloseTo(2 / 3, 12);
    // Classes that are numbers are in the order of numbers.
    expect(Object.keys(all.measures[0]!.perClass).sort()).toEqual(['1', '10', '2', '3']);
    expect(all.measures.every(({ interval }) => interval !== null)).toBe(true);
    const { code, out } = await assay.run(['agree', path, '-m', 'krippendorff-alpha-ordinal']);
    expect(code).toBe(0);
    expect(out).toMatch(/krippendorff-alpha-ordinal/);
  });

  it('asks for the order of classes that are no numbers, and takes it', async () => {
    const path = await assay.file('grades.csv', 'item,annotator,label\n1,a,low\n1,b,mid\n2,a,high\n2,b,high\n');
    expect(await assay.run(['agree', path, '-m', 'krippendorff-alpha-ordinal'])).toMatchObject({ code: 2, err: expect.stringContaining('give --classes, a list of high, low, mid in order') as string });
    expect(await assay.run(['agree', path, '--classes', 'low,high'])).toMatchObject({ code: 2, err: 'assay: --classes leaves out "mid", which has votes\n' });
    const near = JSON.parse((await assay.run(['agree', path, '-m', 'krippendorff-alpha-interval', '--classes', 'low,mid,high', '--json'])).out) as { measures: { value: number }[] };
    const far = JSON.parse((await assay.run(['agree', path, '-m', 'krippendorff-alpha-interval', '--classes', 'mid,high,low', '--json'])).out) as { measures: { value: number }[] };
    expect(near.measures[0]!.value).toBeGreaterThan(far.measures[0]!.value);
  });

  it('writes the observed agreement of each item with two votes or more', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label\na,x,1\na,y,1\na,z,2\nb,x,2\nc,x,2\nc,y,2\n');
    const { out } = await assay.run(['agree', path, '--items', '--out', assay.path('items'), '--json']);
    expect(JSON.parse(out)).toMatchObject({ files: [expect.stringContaining('items.csv') as string] });
    expect(await readFile(assay.path('items/items.csv'), 'utf8')).toBe(`item,votes,percent\na,3,${1 - 2 / 3}\nc,2,1\n`);
  });

  it('leaves ratios out where a class lies below zero, and says so where they are asked for', async () => {
    const path = await assay.file('below.csv', 'item,annotator,label\na,x,-1\na,y,1\n');
    const { measures } = JSON.parse((await assay.run(['agree', path, '--json'])).out) as { measures: { metric: string }[] };
    expect(measures.map(({ metric }) => metric)).toEqual(agreementMetrics.map(({ id }) => id).filter((id) => id !== 'krippendorff-alpha-ratio'));
    expect(await assay.run(['agree', path, '-m', 'krippendorff-alpha-ratio'])).toMatchObject({
      code: 2, err: expect.stringContaining('krippendorff-alpha-ratio measures from zero, and these classes lie below it: -1; give --class-values') as string,
    });
  });

  it('writes the agreement of each pair of annotators', async () => {
    const path = await assay.file('votes.csv', votes);
    expect((await assay.run(['agree', path, '--pairs', '--out', assay.path('pairs')])).code).toBe(0);
    expect(await readFile(assay.path('pairs/pairs.csv'), 'utf8')).toBe(`first,second,shared_items,percent\na,b,3,${1 - 1 / 3}\n`);
  });

  it.skipIf(!hasShared)('says what the library says of a real crowd', async () => {
    const path = shared('datasets', 'bluebird', 'votes.csv');
    const rows = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    const { value } = measureAgreement({ votes: votesOf(rows).table, metric: 'fleiss-kappa' });
    const found = JSON.parse((await assay.run(['agree', path, '-m', 'fleiss-kappa', '--json'])).out) as { items: number; measures: { value: number }[] };
    expect([found.items, found.measures[0]!.value]).toEqual([108, value]);
  });

  it('tells of columns that it does not read', async () => {
    const { code, err } = await assay.run(['agree', await assay.file('more.csv', 'item,annotator,label,country\ni1,a,x,de\ni1,b,x,de\ni2,a,y,de\ni2,b,y,de\n'), '-m', 'percent']);
    expect({ code, err }).toEqual({ code: 0, err: 'assay: columns not read: country\n' });
  });
});

describe('assay certificate', () => {
  const asJson = async (...words: string[]) => JSON.parse((await assay.run(['certificate', ...words, '--json'])).out) as Record<string, unknown>;

  it('tells the verdict in words with its figures, or as one JSON object, what is not a number as null', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label,country\ni1,a,x,de\ni2,a,y,de\n');
    const { code, out, err } = await assay.run(['certificate', path]);
    expect({ code, err }).toEqual({ code: 0, err: 'assay: columns not read: country\n' });
    expect(out).toMatch(/^These votes do not tell whether another method would decide better than majority vote\. No item has two votes to compare/);
    expect(out).toMatch(/INSUFFICIENT_DATA[^]+items looked at +│ +0 │[^]+This takes for granted: votes are independent/);
    expect(out).not.toContain('NaN');
    expect(await asJson(path)).toMatchObject({ items: 2, annotators: 1, votes: 2, verdict: 'INSUFFICIENT_DATA', holds: null, regret: { mean: null, low: null, high: null }, draws: 0 });
  });

  it('takes draws, items and a seed, and scores majority vote and iBCC on gold that the certificate does not see', async () => {
    expect((await assay.run(['simulate', '--items', '200', '--annotators', '10', '--classes', '3', '--spammers', '0.5', '--out', assay.path('crowd')])).code).toBe(0);
    const [votes, gold] = [assay.path('crowd', 'votes.csv'), assay.path('crowd', 'gold.csv')];
    const options = ['--draws', '30', '--max-items', '50', '--seed', '4'];
    const rows = (await readFile(votes, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    const expected = JSON.parse(JSON.stringify(majorityVoteCertificate({ votes: votesOf(rows).table }, { draws: 30, maxItems: 50, seed: 4 }))) as object;
    expect(await asJson(votes, ...options)).toMatchObject(expected);
    const scored = await asJson(votes, ...options, '--gold', gold);
    expect(scored).toMatchObject({ ...expected, seed: 4, evaluatedItems: 50, goldItems: 200 });
    for (const method of ['majority-vote', 'ibcc']) {
      const { accuracy } = JSON.parse((await assay.run(['aggregate', votes, '-m', method, '-g', gold, '--json', '--out', assay.path('out')])).out) as { accuracy: number };
      expect((scored.accuracy as Record<string, number>)[method]).toBe(accuracy);
    }
  });

  it('refuses what cannot be done: as usage, or with the file, or with the option to lower', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label\ni1,a,x\ni1,b,y\n');
    expect(await assay.run(['certificate', path, '--draws', '0'])).toMatchObject({ code: 2, err: expect.stringContaining('It must be a whole number from 1 to 100000.') as string });
    expect(await assay.run(['certificate', path, '--max-items', '1.5'])).toMatchObject({ code: 2, err: expect.stringContaining('It must be a whole number from 1') as string });
    expect(await assay.run(['certificate', assay.path('none.csv')])).toEqual({ code: 1, out: '', err: `assay: ${assay.path('none.csv')}: there is no such file\n` });
    const votes = Array.from({ length: 30_000 }, (_, v) => `i${v >> 1},a${v % 7},${v % 3}\n`).join('');
    const many = await assay.file('many.csv', `item,annotator,label\n${votes}`);
    expect(await assay.run(['certificate', many, '--draws', '100000', '--max-items', '15000'])).toEqual({
      code: 1, out: '', err: 'assay: 100000 draws for 30000 votes over 3 classes take 9.0e+9 numbers, more than 5000000000; make at most 55555 draws, or look at fewer items (maxItems)\n',
    });
  });

  it.skipIf(!hasShared).each([['bluebird', 'MV_NOT_OPTIMAL_UNDER_MODEL'], ['flag', 'MV_OPTIMAL_UNDER_MODEL']])('says what the library says of a real crowd: %s', async (name, verdict) => {
    const path = shared('datasets', name, 'votes.csv');
    const rows = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    expect(await asJson(path, '--repeats', 'keep-all')).toMatchObject({ ...majorityVoteCertificate({ votes: votesOf(rows).table }), verdict });
  });
});

describe('assay advise', () => {
  const asJson = async (...words: string[]) => {
    const { code, out, err } = await assay.run(['advise', ...words, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as MethodAdvice & { seed: number };
  };
  const unmeasured = (advice: Pick<MethodAdvice, 'methods'>) => advice.methods.map((method) => ({ ...method, measuredSeconds: null }));
  const rowsOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);

  it('says what the library says, but for what it measures', async () => {
    expect((await assay.run(['simulate', '--items', '150', '--annotators', '10', '--classes', '3', '--spammers', '0.3', '--out', assay.path('advised')])).code).toBe(0);
    const [path, goldPath] = [assay.path('advised', 'votes.csv'), assay.path('advised', 'gold.csv')];
    const crowd = votesOf(await rowsOf(path));
    const answers = new Map((await rowsOf(goldPath)).map(([item, answer]) => [item, answer]));
    const gold = Int32Array.from(crowd.items, (item) => crowd.classes.indexOf(answers.get(item)!));
    const options = { methods: ['majority-vote', 'dawid-skene', 'soft-label-mean'], draws: 2, seed: 4 };
    const found = await asJson(path, '--gold', goldPath, '--methods', options.methods.join(','), '--draws', '2', '--seed', '4');
    const expected = JSON.parse(JSON.stringify(methodAdvice(crowd, { ...options, gold }))) as MethodAdvice;
    expect({ ...found, methods: unmeasured(found) }).toMatchObject({ ...expected, methods: unmeasured(expected), seed: 4 });
    expect(found.methods.every(({ measuredSeconds }) => measuredSeconds >= 0)).toBe(true);
    const bounded = await asJson(path, '--max-operations', '300000');
    expect(bounded.methods[0]!.stability!.draws).toBe(1);
    expect(bounded.leftOut.map(({ method }) => method)).toContain('soft-label-mean');
  });

  it('tells it in words and a table, and what was left out', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label\ni1,a,x\ni1,b,y\ni2,a,y\ni2,b,y\n');
    const gold = await assay.file('gold.csv', 'item,class\ni2,y\n');
    const { code, out, err } = await assay.run(['advise', path, '--gold', gold]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Take soft-label-mean\. 1 gold answer is too few to choose by \(20 are needed\); on crowds whose truth is known/);
    for (const { method } of methodAdvice(votesOf([['i1', 'a', 'x']])).methods) expect(out).toContain(`│ ${method} `);
    expect(out).not.toMatch(/NaN|undefined|null/);
    expect((await assay.run(['advise', path, '--max-operations', '20000'])).out).toMatch(/Left out: soft-label-mean, it would take about \d+ s a run\./);
    const strange = await assay.file('other-gold.csv', 'item,class\ni9,y\n');
    expect((await assay.run(['advise', path, '--gold', strange])).err).toBe('assay: no item with a gold answer has votes, so nothing is scored\n');
  });

  it('refuses what cannot be done: as usage, or with the file, or with the method', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label\ni1,a,x\ni1,b,y\ni2,a,z\n');
    expect(await assay.run(['advise', path, '--methods', 'nope'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no method "nope"') as string });
    expect(await assay.run(['advise', path, '--draws', '101'])).toMatchObject({ code: 2, err: expect.stringContaining('It must be a whole number from 0 to 100.') as string });
    expect(await assay.run(['advise', assay.path('none.csv')])).toEqual({ code: 1, out: '', err: `assay: ${assay.path('none.csv')}: there is no such file\n` });
    expect(await assay.run(['advise', path, '--methods', 'kos'])).toEqual({ code: 1, out: '', err: 'assay: kos cannot be compared on these votes: it tells at most 2 classes apart, and there are 3\n' });
    expect(await assay.run(['advise', path, '--methods', 'wawa,wawa'])).toEqual({ code: 1, out: '', err: 'assay: methods names "wawa" twice\n' });
    expect(await assay.run(['advise', path, '--max-operations', '1'])).toMatchObject({ code: 1, err: expect.stringMatching(/^assay: no method can be compared on 3 votes within 1 steps/) as string });
  });
});
