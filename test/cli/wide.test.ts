import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
});
afterAll(() => assay.remove());

/** Krippendorff's example of three raters, as a table with a rater a column, and its votes one a row. */
const wide = ',r1,r2,r3\n0,1,1,\n1,1,1,1\n2,2,,2\n3,,,\n';
const long = 'item,annotator,class\n0,r1,1\n0,r2,1\n1,r1,1\n1,r2,1\n1,r3,1\n2,r1,2\n2,r3,2\n';
const predictions = 'item,p_1,p_2\n0,0.9,0.1\n1,0.8,0.2\n2,0.3,0.7\n';

/** What a command says of the votes of both files, but for what names or times the files. */
async function both(command: (path: string) => string[]): Promise<Record<string, unknown>[]> {
  const paths = [await assay.file('long.csv', long), await assay.file('wide.csv', wide)];
  const answers = [];
  for (const [place, path] of paths.entries()) {
    const { code, out, err } = await assay.run([...command(path), '--json', '--out', assay.path(`wide-${place}`), ...(place === 1 ? ['--wide'] : [])]);
    expect({ code, err }).toEqual({ code: 0, err: place === 1 ? 'assay: 1 row without an answer passed over\n' : '' });
    answers.push({ ...JSON.parse(out) as object, seconds: null, files: null });
  }
  return answers;
}

describe('--wide', () => {
  it('gives aggregate, agree and next the votes that a table with a row a vote has', async () => {
    const [one, other] = await both((path) => ['aggregate', path, '-m', 'dawid-skene']);
    expect(other).toEqual(one);
    const labels = await Promise.all([0, 1].map((place) => readFile(assay.path(`wide-${place}`, 'soft-labels.csv'), 'utf8')));
    expect(labels[1]).toBe(labels[0]);
    const [agreed, alike] = await both((path) => ['agree', path, '--pairs']);
    expect(alike).toEqual(agreed);
    expect((agreed!.measures as { metric: string; value: number }[]).find(({ metric }) => metric === 'krippendorff-alpha-nominal')?.value).toBe(1);
    const model = await assay.file('model.csv', predictions);
    const [next, same] = await both((path) => ['next', path, '-p', model, '-n', '3']);
    expect({ ...same, models: null }).toEqual({ ...next, models: null });
  });

  it('gives certificate the same, and takes the item by --map', async () => {
    const words = ['--json', '--draws', '5', '--seed', '1'];
    const certify = async (...more: string[]) => JSON.parse((await assay.run(['certificate', ...more, ...words])).out) as unknown;
    const moved = await assay.file('moved.csv', wide.replaceAll(/^([^,]*),(.*)$/gm, '$2,$1').replace(/,$/m, ',unit'));
    expect(await certify(moved, '--wide', '--map', 'item=unit')).toEqual(await certify(await assay.file('long.csv', long)));
  });

  it.each<[string, string, string[], number, string]>([
    ['a table with a row a vote', long, ['--wide'], 1, ', line 1: the header has the column "annotator", so that the table has a row a vote and is not wide; leave out --wide (?wide=true)'],
    ['a wide table without it', wide, [], 1, "or by --wide (?wide=true) that each of its columns is an annotator's"],
    ['an annotator with two columns', 'id,a,a\n1,x,y\n', ['--wide'], 1, ', line 1: the header has "a" twice; a wide table has one column for an annotator'],
    ['NDJSON', '{"item":1,"a":"x"}\n', ['--wide'], 1, ': a wide table is a CSV file, and this is ndjson'],
    ['a map of annotators', wide, ['--wide', '--map', 'annotator=r1'], 2, '--map: there is no column "annotator" in a wide table to map'],
    ['no votes', 'id,a,b\n1,,\n', ['--wide'], 1, ': there are no votes'],
  ])('refuses %s', async (_, text, words, code, message) => {
    const ended = await assay.run(['aggregate', await assay.file('near.csv', text), ...words]);
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(message) as string });
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
  });
});
