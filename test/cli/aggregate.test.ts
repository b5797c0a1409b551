import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, defaultMethodId, runParameters, votes as votesOf } from '../../src/aggregation/index.js';
import { csv } from '../../src/formats/csv/csv.js';
import { id, number } from '../../src/formats/rows/table.js';
import { wilsonInterval } from '../../src/runs/results/accuracy.js';
import { readBack } from '../formats/streams.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
});
afterAll(() => assay.remove());

const votes = 'item,annotator,label\ni1,ann,cat\ni1,bob,cat\ni1,eve,dog\ni2,ann,dog\ni2,bob,cat\ni3,eve,"bird, ""big"""\n';
const asNdjson = votes.trimEnd().split('\n').slice(1).map((row) => {
  const [item, annotator, ...label] = row.split(',');
  return JSON.stringify({ task: item, worker: annotator, class: label.join(',').replace(/^"|"$/g, '').replaceAll('""', '"') });
}).join('\n');

/** Of the CSV above. */
const parsed = votesOf(votes.trimEnd().split('\n').slice(1).map((row) => {
  const [item, annotator, ...label] = row.split(',');
  return [item!, annotator!, label.join(',').replace(/^"|"$/g, '').replaceAll('""', '"')] as const;
}));

const json = (text: string) => JSON.parse(text) as Record<string, unknown> & { seconds: Record<string, number> };

describe('assay aggregate', () => {
  it('refuses what would cost more than it may, and announces what takes long', async () => {
    const path = await assay.file('votes.csv', votes);
    const dear = ['aggregate', path, '--method', 'dawid-skene', '--option', 'tolerance=0', '--option', 'maxIterations=1000000', '--out', assay.path('dear')];
    const refused = await assay.run([...dear, '--max-operations', '1e6']);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/dawid-skene would take about [\d.e+]+ operations .* for 6 votes on 3 items by 3 annotators in 3 classes, and --max-operations is 1e\+6: choose another method \(.*\), .* or raise --max-operations/);
    expect((await assay.run([...dear, '--max-megabytes', '0'])).err).toMatch(/must be a number above 0/);
    // Estimated at the usual number of iterations; a tolerance of 1 ends each start at its first.
    const classes = Array.from({ length: 1500 }, (_, k) => `c${k}`).join(',');
    const long = await assay.run(['aggregate', await assay.file('few.csv', 'item,annotator,label\ni1,ann,cat\ni1,bob,dog\ni2,ann,dog\ni2,bob,dog\ni3,ann,cat\ni3,bob,cat\n'), '--method', 'ebcc', '--option', 'subtypes=100', '--option', 'seeds=12', '--option', 'tolerance=1', '--classes', `cat,dog,${classes}`, '--out', assay.path('long')]);
    expect(long.err).toMatch(/ebcc takes about [\d.e+]+ operations \(\d+ s\) and [\d,]+ MB here/);
  });

  it('writes a soft label an item and a line an annotator, and prints what it did as a table', async () => {
    const path = await assay.file('votes.csv', votes);
    const { code, out, err } = await assay.run(['aggregate', path, '--method', 'majority-vote', '--out', assay.path('out', 'deep')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/items +│ +3 │[^]+annotators +│ +3 │[^]+votes +│ +6 │[^]+classes +│ +3 │/);
    expect(await readFile(assay.path('out/deep/soft-labels.csv'), 'utf8')).toBe(
      'item,label,confidence,entropy,votes,tie,"p_bird, ""big""",p_cat,p_dog\n' +
      `i1,cat,${2 / 3},${-(2 / 3) * Math.log(2 / 3) - (1 / 3) * Math.log(1 / 3)},3,false,0,${2 / 3},${1 / 3}\ni2,cat,0.5,${Math.log(2)},2,true,0,0.5,0.5\ni3,"bird, ""big""",1,0,1,false,1,0,0\n`,
    );
    expect(await readFile(assay.path('out/deep/annotators.csv'), 'utf8')).toMatch(/^annotator,votes,quality\nann,2,[\d.]+\nbob,2,[\d.]+\neve,2,[\d.]+\n$/);
  });

  it('gives the same files for CSV, NDJSON, gzip and standard input', async () => {
    const sources: [string, string | Buffer][] = [['a.csv', votes], ['b.ndjson', asNdjson], ['c.csv.gz', gzipSync(votes)], ['d', gzipSync(asNdjson)]];
    const results: string[] = [];
    for (const [name, content] of sources) {
      expect((await assay.run(['aggregate', await assay.file(name, content), '-m', 'dawid-skene', '--out', assay.path('same')])).err).toBe('');
      results.push(await readFile(assay.path('same/soft-labels.csv'), 'utf8') + await readFile(assay.path('same/annotators.csv'), 'utf8'));
    }
    expect((await assay.run(['aggregate', '-', '-m', 'dawid-skene', '--out', assay.path('same')], votes)).code).toBe(0);
    results.push(await readFile(assay.path('same/soft-labels.csv'), 'utf8') + await readFile(assay.path('same/annotators.csv'), 'utf8'));
    expect(new Set(results).size).toBe(1);
  });

  it('prints one JSON object with counts, iterations, seconds a phase and, with gold, the scores', async () => {
    const path = await assay.file('votes.csv', votes);
    const gold = await assay.file('gold.csv', 'item,label\ni1,cat\ni2,dog\ni3,never voted\nunknown,cat\n');
    expect(await assay.run(['aggregate', path, '--gold', gold])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('the gold answer "never voted" of item "i3" is not among the classes') as string });
    const { code, out, err } = await assay.run(['aggregate', path, '--classes', '["bird, \\"big\\"","cat","dog","never voted"]', '-m', 'majority-vote', '--gold', gold, '--json', '--out', assay.path('out')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const found = json(out);
    expect(found).toMatchObject({ method: 'majority-vote', items: 3, annotators: 3, votes: 6, classes: 4, converged: true, ties: 1, goldItems: 3 });
    expect(found.iterations).toBeTypeOf('number');
    expect(Object.keys(found.seconds)).toEqual(['read', 'aggregate', 'write']);
    expect(Object.values(found.seconds).every((seconds) => seconds >= 0)).toBe(true);
    // Right, a tie of two, and a class nobody named.
    expect(found.accuracy).toBeCloseTo((1 + 0.5 + 0) / 3, 12);
    expect(found.brier).toBeCloseTo((2 / 9 + 0.5 + 2) / 3, 12);
    const loss = (p: number) => -Math.log(0.99 * p + 0.01 / 4);
    expect(found.nll).toBeCloseTo((loss(2 / 3) + loss(0.5) + loss(0)) / 3, 12);
  });

  it('runs the default method unless told otherwise', async () => {
    const path = await assay.file('votes.csv', votes);
    expect(json((await assay.run(['aggregate', path, '--json', '--out', assay.path('out')])).out)).toMatchObject({ method: defaultMethodId, items: 3 });
  });

  it('takes the options of the method and the seed', async () => {
    const path = await assay.file('votes.csv', votes);
    const found = json((await assay.run(['aggregate', path, '-m', 'dawid-skene', '-o', 'maxIterations=1', '--option', 'smoothing=0.5', '--seed', '7', '--json', '--out', assay.path('out')])).out);
    expect(found).toMatchObject({ iterations: 1, converged: false, seed: 7, options: { maxIterations: 1, smoothing: 0.5 } });
  });

  it('runs an earlier version of the method, and refuses one that there is not', async () => {
    const path = await assay.file('votes.csv', votes);
    for (const version of [1, 2]) {
      const { out } = await assay.run(['aggregate', path, '--method-version', String(version), '--json', '--out', assay.path('versions')]);
      expect(json(out)).toMatchObject({ method: 'soft-label-mean', version });
      const cells = (await readFile(assay.path('versions/soft-labels.csv'), 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',').slice(-4, -1).map(Number));
      expect(cells.flat()).toEqual([...aggregate(parsed, 'soft-label-mean', { version }).posteriors]);
    }
    // Options are those of the version.
    expect((await assay.run(['aggregate', path, '--method-version', '1', '-o', 'rho=0.2'])).err).toMatch(/rho/);
    expect(await assay.run(['aggregate', path, '--method-version', '99'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no version 99 of soft-label-mean here; there are: 1, 2') });
    expect((await assay.run(['methods', 'ebcc'])).out).toMatch(/earlier versions +│ +1 /);
  });

  it('writes confusion matrices where they are asked for, with intervals where the method tells them', async () => {
    const path = await assay.file('votes.csv', votes);
    const names = ['bird, ""big""', 'cat', 'dog'];
    const quoted = (cell: string) => (cell.includes('"') ? `"${cell}"` : cell);
    for (const method of ['hierarchical-dawid-skene', 'dawid-skene', 'majority-vote']) {
      const { out } = await assay.run(['aggregate', path, '-m', method, '--matrices', '--out', assay.path('matrices')]);
      expect(out).toContain('confusion-matrices.csv');
      const { offsets, labels, values, evidence } = runParameters(parsed.table, aggregate(parsed, method)).confusion;
      expect(evidence !== undefined).toBe(method === 'hierarchical-dawid-skene');
      const columns = [...names.map((name) => `p_${name}`), ...(evidence ? ['low_', 'high_'].flatMap((end) => names.map((name) => end + name)) : [])];
      const rows = parsed.annotators.flatMap((annotator, a) => Array.from(labels.subarray(offsets[a], offsets[a + 1]), (label, r) => {
        const chances = [...values.subarray((offsets[a]! + r) * 3, (offsets[a]! + r + 1) * 3)];
        const intervals = evidence ? chances.map((chance, k) => wilsonInterval(chance, evidence[a * 3 + k]!)) : [];
        return [annotator, quoted(names[label]!), method === 'majority-vote', ...chances, ...intervals.map(({ low }) => low), ...intervals.map(({ high }) => high)].join(',');
      }));
      expect(await readFile(assay.path('matrices/confusion-matrices.csv'), 'utf8')).toBe(`${[['annotator', 'vote', 'implied', ...columns.map(quoted)].join(','), ...rows].join('\n')}\n`);
    }
    expect(await assay.run(['aggregate', path, '--matrices', '--json'])).toMatchObject({ code: 2, err: expect.stringContaining('--matrices with --json needs --out') });
  });

  it('reads a model\'s predictions for the methods that want them', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,label\ni1,ann,cat\ni1,bob,cat\ni2,ann,dog\ni2,bob,cat\ni3,bob,dog\n');
    const good = 'item,p_dog,p_cat\ni3,0.9,0.1\ni1,0.2,0.8\nelsewhere,0.5,0.5\ni2,0.95,0.05\n';
    const words = ['aggregate', path, '-m', 'crowdlab', '--out', assay.path('crowdlab')];
    const model = await assay.file('model.csv', good);
    expect((await assay.run([...words, '--predictions', model, '--predictions', model])).code).toBe(0);
    const labels = (await readFile(assay.path('crowdlab/soft-labels.csv'), 'utf8')).split('\n').map((row) => row.split(',').slice(0, 2));
    expect(labels.slice(0, 4)).toEqual([['item', 'label'], ['i1', 'cat'], ['i2', 'dog'], ['i3', 'dog']]);
    for (const [content, message] of [
      [good.replace('i1,0.2', 'i1,0.3'), `, line 3: the probabilities of item "i1" sum to 1.1; they must sum to 1 within 1e-6`],
      [good.replace('0.95,0.05', '1.95,0.05'), ', line 5: p_dog 1.95 is out of range; it must be from 0 to 1'],
      [good.replace('i1,0.2,0.8\n', ''), ': item "i1" has votes, but no prediction here'],
      [`${good}i1,0.2,0.8\n`, ', line 6: item "i1" comes twice; keep one row'],
      [good.replace('p_cat', 'p_bird'), ', line 1: the header has the columns "item,p_dog,p_bird", and needs item or task, p_bird, p_cat, p_dog'],
      [good.replace('0.2', 'NaN'), ', line 3: p_dog "NaN" is not a number'],
    ] as const) {
      await assay.file('model.csv', content);
      expect(await assay.run([...words, '--predictions', model])).toEqual({ code: 1, out: '', err: `assay: ${model}${message}\n` });
    }
    expect(await assay.run(words)).toMatchObject({ code: 1, err: expect.stringContaining('crowdlab reads predictions') as string });
    expect(await assay.run(['aggregate', path, '-m', 'majority-vote', '-p', model])).toMatchObject({ code: 2, err: 'assay: majority-vote does not read predictions; leave out --predictions\n' });
  });

  it('finds the classes of predictions however many they are, and needs none of items that nobody gave a class', async () => {
    const classes = Array.from({ length: 25 }, (_, k) => `c${k}`);
    const model = await assay.file('many.csv', `item,note,${classes.map((name) => `p_${name}`).join(',')}\ni1,x,${classes.map((_, k) => (k === 24 ? 1 : 0)).join(',')}\ni2,x,${classes.map((_, k) => (k === 1 ? 1 : 0)).join(',')}\n`);
    const path = await assay.file('some.csv', 'item,annotator,class,outcome\ni1,ann,c1,\ni1,bob,c1,\ni2,ann,c2,\ni2,bob,c1,\ni3,bob,,SKIP\n');
    const { code, out, err } = await assay.run(['aggregate', path, '-m', 'crowdlab', '-p', model, '--json', '--out', assay.path('many')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(json(out)).toMatchObject({ classes: 25, items: 3, votes: 4, otherOutcomes: 1 });
    expect((await readFile(assay.path('many/soft-labels.csv'), 'utf8')).trimEnd().split('\n').map((row) => row.split(',')[0])).toEqual(['item', 'i1', 'i2']);
  });

  it('keeps ids byte for byte, guarded against spreadsheets', async () => {
    const path = await assay.file('odd.csv', 'item,annotator,label\n=1+1,@bob,-1\n"a\nb",@bob,+1\n🙂,é,-1\n🙂,e\u0301,-1\n');
    expect((await assay.run(['aggregate', path, '-m', 'majority-vote', '--out', assay.path('odd')])).code).toBe(0);
    const labels = await readFile(assay.path('odd/soft-labels.csv'));
    expect(labels.toString().split('\n').slice(0, 2)).toEqual(['item,label,confidence,entropy,votes,tie,p_-1,p_+1', "'=1+1,-1,1,0,1,false,1,0"]);
    const table = { row: 'label', columns: { item: { read: id }, label: { read: id }, confidence: { read: number(0, 1) } } };
    expect((await readBack(csv, table, labels)).rows.map(({ item, label }) => [item, label])).toEqual([['=1+1', '-1'], ['a\nb', '+1'], ['🙂', '-1']]);
    expect((await readFile(assay.path('odd/annotators.csv'), 'utf8')).match(/^[^,]+/gm)).toEqual(['annotator', "'@bob", 'é', 'e\u0301']);
  });

  it('leaves out outcomes that are no class, and tells the columns it did not read', async () => {
    const path = await assay.file('skips.csv', 'item,annotator,class,outcome,country\ni1,ann,cat,,de\ni1,bob,,SKIP,de\ni2,bob,dog,CLASS,fr\n');
    const { code, out, err } = await assay.run(['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('out')]);
    expect(code).toBe(0);
    expect(json(out)).toMatchObject({ items: 2, annotators: 2, votes: 2, otherOutcomes: 1 });
    expect(err).toBe('assay: columns not read: country\n');
  });

  it('does not mind a reader that goes away', async () => {
    const child = assay.start(['methods']);
    child.stdout.destroy();
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(Buffer.concat(errors).toString()).toBe('');
  });
});

describe('refused input ends with code 1 and one line that names file, line and value', () => {
  const header = 'item,annotator,label\n';
  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', ': the file is empty; a header with item or task, annotator or worker or performer, class or label is needed'],
    ['a header alone', header, ': there are no votes'],
    ['an unknown column in place of the class', 'item,annotator,answer\ni,a,cat\n', ', line 1: the header has the columns "item,annotator,answer", and needs item or task, annotator or worker or performer, class or label; tell by --map class=NAME'],
    ['a NUL', `${header}i,a,cat\nj\0,a,dog\n`, ', line 3: item "j\\x00" holds a NUL character; leave it out'],
    ['an id of 64 KB', `${header}i,${'a'.repeat(65_536)},cat\n`, `, line 2: annotator "${'a'.repeat(60)}" (65536 bytes) is 65536 bytes long; ids have at most 1024`],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from(`${header}i,a,`), Buffer.from([0xe9]), Buffer.from('\n')]), ', line 2: class "\\xe9" is not valid UTF-8; save the file as UTF-8'],
    ['a missing cell', `${header}i,a,cat\ni,b\n`, ', line 3: the row has 2 cells, the header 3; a cell that holds a comma goes in quotes'],
    ['truncated NDJSON', `${asNdjson}\n{"task":"i9","wor`, ', line 7: the file ends inside a row: "{\\"task\\":\\"i9\\",\\"wor"'],
    ['half a surrogate pair', '{"item":"\\ud800","annotator":"a","class":"c"}\n', ', line 1: \\ud800 is half of a surrogate pair, which is no character'],
    ['broken gzip', gzipSync(votes.repeat(3)).subarray(0, 60), 'the gzip data breaks off after'],
    ['another kind of file', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 10, 0, 1, 2]), ', line 1: column 1 of the header "PK\\x03\\x04\\x00\\x00\\x00\\x00" holds a NUL character; leave it out'],
  ])('%s', async (_name, content, message) => {
    const path = await assay.file('bad', content);
    const { code, out, err } = await assay.run(['aggregate', path, '-m', 'majority-vote', '--out', assay.path('bad-out')]);
    expect(err).toContain(`assay: ${path}`);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(existsSync(assay.path('bad-out'))).toBe(false);
  });

  it('standard input is named as such', async () => {
    expect(await assay.run(['aggregate', '-', '-m', 'majority-vote'], 'item,annotator,label\n,a,b\n')).toEqual({ code: 1, out: '', err: 'assay: standard input, line 2: item is missing or empty; every vote needs one\n' });
  });

  it('a missing file, a folder, a folder to write to that is a file', async () => {
    const path = await assay.file('votes.csv', votes);
    expect(await assay.run(['aggregate', assay.path('none.csv'), '-m', 'majority-vote'])).toEqual({ code: 1, out: '', err: `assay: ${assay.path('none.csv')}: there is no such file\n` });
    expect((await assay.run(['aggregate', assay.path('.'), '-m', 'majority-vote'])).err).toMatch(/this is a folder, not a file\n$/);
    expect((await assay.run(['aggregate', path, '-m', 'majority-vote', '--out', path])).err).toMatch(/votes\.csv\/soft-labels\.csv: (this is a file, not a folder|part of the path is a file, not a folder)\n$/);
  });

  it('gold that contradicts itself, or has a bad row', async () => {
    const path = await assay.file('votes.csv', votes);
    const gold = await assay.file('gold.csv', 'item,label\ni1,cat\ni2,cat\ni1,dog\n');
    expect(await assay.run(['aggregate', path, '-m', 'majority-vote', '--gold', gold])).toMatchObject({ code: 1, err: `assay: ${gold}, line 4: item "i1" has the gold answer "dog", and before "cat"; keep one\n` });
    await assay.file('gold.csv', 'item,label\ni1,cat\ni2,\n');
    expect(await assay.run(['aggregate', path, '-m', 'majority-vote', '--gold', gold])).toMatchObject({ code: 1, err: `assay: ${gold}, line 3: class is missing or empty; every gold answer needs one\n` });
  });

  it('a method that cannot take these votes says why', async () => {
    const path = await assay.file('votes.csv', votes);
    expect(await assay.run(['aggregate', path, '-m', 'kos'])).toEqual({ code: 1, out: '', err: 'assay: kos tells at most 2 classes apart; there are 3\n' });
  });
});

describe('wrong usage ends with code 2', () => {
  it.each([
    [['aggregate', 'votes.csv', '-m', 'nope'], /there is no method "nope"; there are: majority-vote, dawid-skene, /],
    [['aggregate', 'votes.csv', '-m'], /option '-m, --method <id>' argument missing/],
    [['aggregate', '-m', 'majority-vote'], /missing required argument 'votes'/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '-o', 'nope=1'], /dawid-skene has no option "nope"; it has: tolerance, maxIterations/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '-o', 'maxIterations=many'], /option maxIterations is "many"; it must be a number/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '-o', 'maxIterations=0'], /option maxIterations is 0; it must be from 1 to/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '-o', 'maxIterations'], /It must be name=value/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '--seed', '-1'], /It must be a whole number from 0/],
    [['aggregate', 'votes.csv', '-m', 'dawid-skene', '--nope'], /unknown option '--nope'/],
    [['agregate'], /unknown command 'agregate'[^]*Did you mean aggregate/],
    [[], /Usage: assay/],
  ])('%j', async (words, message) => {
    const { code, out, err } = await assay.run(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /);
  });

  it('help and version are no faults', async () => {
    expect(await assay.run(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    expect((await assay.run(['help', 'aggregate'])).out).toContain('--method <id>');
    expect((await assay.run(['aggregate', '--help'])).code).toBe(0);
  });
});

describe.skipIf(!hasShared)('real crowds', () => {
  it('reach the known accuracies: web by Dawid-Skene .826, by majority vote with ties split .731', async () => {
    const words = ['--gold', shared('datasets', 'web', 'gold.csv'), '--json', '--out', assay.path('web')];
    const [dawidSkene, majority] = await Promise.all(['dawid-skene', 'majority-vote'].map(async (method, i) => json((await assay.run(['aggregate', shared('datasets', 'web', 'votes.csv'), '-m', method, ...words, '--out', assay.path(`web${i}`)])).out)));
    expect(dawidSkene).toMatchObject({ items: 2665, annotators: 177, votes: 15567, classes: 5, goldItems: 2653, converged: true });
    expect(Math.abs((dawidSkene!.accuracy as number) - 0.826)).toBeLessThan(0.003);
    expect(Math.abs((majority!.accuracy as number) - 0.731)).toBeLessThan(0.0005);
  });

  it('are read whole from gzip: adult2 has 92,721 votes by 825 annotators', async () => {
    const found = json((await assay.run(['aggregate', shared('datasets', 'adult2', 'votes.csv.gz'), '-m', 'majority-vote', '--repeats', 'keep-all', '--json', '--out', assay.path('adult2')])).out);
    expect(found).toMatchObject({ items: 11040, annotators: 825, votes: 92721, classes: 4 });
  });
});

describe('what the service would do with the same rows', () => {
  const labels = async (folder: string) => (await readFile(assay.path(folder, 'soft-labels.csv'), 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(','));

  it('one vote an annotator and item counts, the last by its time, and the repeats are told', async () => {
    const path = await assay.file('repeats.csv', 'task,worker,label\nt1,w1,a\nt1,w1,a\nt1,w1,a\nt1,w2,b\nt1,w3,b\n');
    const words = ['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('repeats')];
    const { out, err } = await assay.run(words);
    expect(json(out)).toMatchObject({ votes: 3, repeats: 2 });
    expect(err).toContain('2 rows repeated an annotator\'s vote on an item');
    expect(await labels('repeats')).toEqual([['t1', 'b', `${2 / 3}`, expect.any(String), '3', 'false', `${1 / 3}`, `${2 / 3}`]]);
    expect(json((await assay.run([...words, '--repeats', 'keep-all'])).out)).toMatchObject({ votes: 5, repeats: 0 });
    const timed = await assay.file('timed.csv', 'item,annotator,class,time\nd1,u1,old,2024-09-04T10:53:35Z\nd1,u2,new,2024-09-05T10:00:00Z\nd1,u3,new,2024-08-28T09:29:03Z\nd1,u2,old,2024-09-04T10:50:00Z\n');
    await assay.run(['aggregate', timed, '-m', 'majority-vote', '--out', assay.path('repeats')]);
    expect((await labels('repeats'))[0]!.slice(0, 2)).toEqual(['d1', 'new']);
    await assay.run(['aggregate', timed, '-m', 'majority-vote', '--repeats', 'keep-first', '--out', assay.path('repeats')]);
    expect((await labels('repeats'))[0]!.slice(0, 2)).toEqual(['d1', 'old']);
  });

  it('items without a class have no label, and annotators without a vote no line', async () => {
    const path = await assay.file('abstained.csv', 'item,annotator,class,outcome\n1,a,x,\n1,b,y,CLASS\n1,c,x,\n2,a,,SKIP\n2,b,,SKIP\n3,d,,UNSURE\n');
    const { out } = await assay.run(['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('abstained')]);
    expect(json(out)).toMatchObject({ items: 3, votes: 3, otherOutcomes: 3, repeats: 0 });
    expect((await labels('abstained')).map((row) => row[0])).toEqual(['1']);
    expect((await readFile(assay.path('abstained/annotators.csv'), 'utf8')).match(/^\w+/gm)).toEqual(['annotator', 'a', 'b', 'c']);
  });

  it('one class alone is a result', async () => {
    const path = await assay.file('one.csv', 'item,annotator,class\n1,a,high\n1,b,high\n2,a,high\n2,b,high\n');
    for (const method of [defaultMethodId, 'majority-vote', 'dawid-skene']) {
      expect((await assay.run(['aggregate', path, '-m', method, '--out', assay.path('one')])).code).toBe(0);
      expect((await labels('one')).map((row) => row.slice(0, 3))).toEqual([['1', 'high', '1'], ['2', 'high', '1']]);
    }
    for (const more of [[], ['--classes', 'low,high']]) {
      const { measures } = JSON.parse((await assay.run(['agree', path, '--json', ...more])).out) as { measures: { metric: string; value: number | null }[] };
      expect(Object.fromEntries(measures.map(({ metric, value }) => [metric, value]))).toMatchObject({ percent: 1, 'krippendorff-alpha-nominal': null, 'fleiss-kappa': null, 'cohen-kappa': null });
    }
  });

  it('predictions and gold may be of classes nobody votes for, where these are named', async () => {
    const path = await assay.file('votes.csv', 'item,annotator,class\n1,A,a\n1,B,a\n2,A,b\n2,B,a\n3,A,b\n3,B,b\n');
    const columns = await assay.file('p.csv', 'item,p_a,p_b,p_c\n1,0.8,0.1,0.1\n2,0.2,0.2,0.6\n3,0.1,0.8,0.1\n');
    const list = await assay.file('list.csv', 'item,probabilities\n1,"[0.8,0.1,0.1]"\n2,"[0.4,0.3,0.3]"\n3,"[0.1,0.8,0.1]"\n');
    const words = ['aggregate', path, '-m', 'crowdlab', '--json', '--out', assay.path('unvoted'), '-p'];
    expect(json((await assay.run([...words, columns])).out)).toMatchObject({ classes: 3 });
    expect(json((await assay.run([...words, list, '--classes', 'a,b,c'])).out)).toMatchObject({ classes: 3 });
    expect((await assay.run([...words, list])).err).toContain('has 3 probabilities for 2 classes: a, b; name all classes by --classes');
    const gold = await assay.file('gold.csv', 'item,class\n1,b\n9,a\n');
    const told = ['aggregate', path, '-m', 'dawid-skene', '--gold', gold, '--gold-as-input', '--json', '--out', assay.path('told')];
    expect(json((await assay.run(told)).out)).not.toHaveProperty('accuracy');
    expect((await labels('told'))[0]!.slice(0, 3)).toEqual(['1', 'b', '1']);
  });

  it('reads columns by the names that the file has for them', async () => {
    const path = await assay.file('foreign.csv', 'HITId,WorkerId,Answer.kind,item\nh1,w1,x,9\nh1,w2,y,9\n');
    const words = ['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('foreign'), '--map'];
    const { out, err } = await assay.run([...words, 'item=HITId,annotator=WorkerId,class=Answer.kind']);
    expect({ ...json(out), err }).toMatchObject({ items: 1, annotators: 2, votes: 2, err: 'assay: columns not read: item\n' });
    expect(await assay.run([...words, 'task=HITId'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no column "task" to map; a vote has: item, annotator, class') as string });
    expect(await assay.run([...words, 'item'])).toMatchObject({ code: 2, err: expect.stringContaining('"item" maps no columns') as string });
  });

  it('tells classes that all but look alike, and keeps them', async () => {
    const path = await assay.file('near.csv', 'item,annotator,class\n1,a,Cat\n1,b,cat\n2,a,cat \n2,b,None\n3,a,1\n3,b,1.0\n');
    const { err, out } = await assay.run(['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('near')]);
    expect(json(out)).toMatchObject({ classes: 6 });
    for (const told of ['"cat" and "cat " differ by blanks', '"None" is a class like any other', '"1" and "1.0" differ by the way a number is written', 'differ by case']) expect(err).toContain(told);
  });
});
