import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => { assay = await Program.build(); });
afterAll(() => assay.remove());

/** Votes that tell in each of their results whose they are. */
const votesOf = (who: string) => `item,annotator,class\n${Array.from({ length: 400 }, (_, n) => `${who} item ${n >> 1},${who} annotator ${n % 2},${n % 3 ? 'a' : 'b'}\n`).join('')}`;
const RUNS = 32;
const AT_ONCE = 8;

describe('commands that write to one folder at once', () => {
  it(`${RUNS} runs, ${AT_ONCE} at a time, all succeed, and the files are those of one of them`, async () => {
    const files = await Promise.all(['one', 'two'].map((who) => assay.file(`${who}.csv`, votesOf(who))));
    const folder = assay.path('shared');
    let next = 0;
    const owners = new Set<string>();
    const ownersNow = async () => {
      const texts = await Promise.all(['soft-labels.csv', 'annotators.csv', 'confusable-pairs.csv'].map((name) => readFile(`${folder}/${name}`, 'utf8')));
      const told = texts.map((text) => /(one|two) (item|annotator)/.exec(text)![1]!);
      owners.add([...new Set(told)].join(' and '));
      for (const text of texts.slice(0, 2)) expect(text.endsWith('\n')).toBe(true);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let n = next++; n < RUNS; n = next++) {
        const { code, err } = await assay.runAlone(['aggregate', files[n % 2]!, '--method', 'top-two', '--out', folder]);
        expect({ code, err }).toMatchObject({ code: 0 });
        expect(err).not.toContain('fault');
      }
    }));
    await ownersNow();
    expect([['one'], ['two']]).toContainEqual([...owners]);
    expect((await readdir(folder)).sort()).toEqual(['annotators.csv', 'confusable-pairs.csv', 'soft-labels.csv']);
  });

  it('--json writes files only where --out says so', async () => {
    const file = await assay.file('alone/votes.csv', votesOf('one'));
    const { code, out } = await assay.run(['aggregate', file, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { files: [] }]);
    expect(await readdir(assay.path('alone'))).toEqual(['votes.csv']);
    expect(await readdir(assay.path('..'))).not.toContain('soft-labels.csv');
    const told = JSON.parse((await assay.run(['aggregate', file, '--json', '--out', assay.path('alone')])).out);
    expect(told.files).toEqual([assay.path('alone', 'soft-labels.csv'), assay.path('alone', 'annotators.csv')]);
  });

  it('leave nothing half-written where they cannot write, and say so in one line', async () => {
    const file = await assay.file('blocked/votes.csv', votesOf('one'));
    await assay.file('blocked/annotators.csv/taken', '');
    const { code, err } = await assay.run(['aggregate', file, '--out', assay.path('blocked')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^assay: .*annotators\.csv: this is a folder, not a file\n$/);
    expect((await readdir(assay.path('blocked'))).filter((name) => name.includes('part') || name.startsWith('.'))).toEqual([]);
  });
});
