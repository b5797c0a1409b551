import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, majorityVoteCertificate, votes as votesOf, type VoteRow } from '../../src/aggregation/index.js';
import { anaesthesiaVotes } from '../../src/samples/anaesthesia.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** Each piece of shell, with the output printed below it, in the order of its page: later ones use the files of earlier ones. */
const pages = ['docs/certificate.md', 'docs/advice.md', 'docs/examples.md', 'docs/choosing-a-method.md', 'docs/importing.md', 'docs/known-annotators.md'].map((page) => ({
  page,
  examples: [...read(page).matchAll(/```sh\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, commands, output]) => ({ commands: commands!, output: output! })),
}));
/** Crowds that do not come with the project. */
const crowds = ['bluebird', 'flag'];
/** The one thing that differs from call to call: seconds, of the three parts of a run, and of each method behind its estimate. */
const timeless = (text: string) => text.replace(/\d+\.\d\d, \d+\.\d\d, \d+\.\d\d/g, '#.##, #.##, #.##').replace(/(│ 0\.\d{3} +│ \d+\.\d\d +│) \d+\.\d\d +/g, '$1 #.## ');

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
  await assay.file('anaesthesia.csv', `item,annotator,class\n${anaesthesiaVotes.map((vote) => `${vote.item},${vote.annotator},${vote.class}\n`).join('')}`);
  for (const crowd of hasShared ? crowds : []) {
    for (const [file, from] of [[`${crowd}.csv`, 'votes.csv'], [`${crowd}-gold.csv`, 'gold.csv']] as const) await assay.file(file, readFileSync(shared('datasets', crowd, from)));
  }
});
afterAll(() => assay.remove());

/** As a reader would, in bash, with `assay` the program. */
async function output(commands: string): Promise<string> {
  const script = `set -e; assay() { "${process.execPath}" "${join(assay.folder, 'dist/src/cli.js')}" "$@"; }\n${commands}`;
  return (await promisify(execFile)('bash', ['-c', script], { cwd: assay.path() })).stdout;
}

describe.each(pages)('the commands of $page', ({ examples }) => {
  it('are there', () => expect(examples.length).toBeGreaterThan(1));

  it.each(examples)('print what it says: example $#', async ({ commands, output: told }) => {
    if (!hasShared && crowds.some((crowd) => commands.includes(`${crowd}.csv`))) return console.warn(`skipped, since its crowd is not here: ${commands}`);
    expect(timeless(await output(commands))).toBe(timeless(told));
  });
});

describe.skipIf(!hasShared)('the table of crowds in docs/certificate.md', () => {
  const table = [...read('docs/certificate.md').matchAll(/^\| (\w+) \| (.* \|)$/gm)].filter(([, name]) => existsSync(shared('datasets', name!, 'votes.csv')));

  it('has crowds of each kind', () => expect(table.length).toBeGreaterThan(10));

  it.each(table.map(([, name, cells]) => ({ name: name!, cells: cells! })))('tells what is so of $name', ({ name, cells }) => {
    expect(cells).toBe(cellsOf(name));
  });
});

const rowsIn = (name: string, file: string) => readFileSync(shared('datasets', name, file), 'utf8').trimEnd().split('\n').slice(1).map((row) => row.split(','));

function cellsOf(name: string): string {
  const crowd = votesOf(rowsIn(name, 'votes.csv') as unknown as VoteRow[]);
  const K = crowd.classes.length;
  const gold = rowsIn(name, 'gold.csv').map(([item, label]) => [crowd.items.indexOf(item!), crowd.classes.indexOf(label!)] as const).filter(([item]) => item >= 0);
  const accuracy = (method: string) => {
    const { posteriors } = aggregate(crowd.table, method);
    let right = 0;
    for (const [item, k] of gold) {
      const row = posteriors.subarray(item * K, item * K + K);
      const best = Math.max(...row);
      if (k >= 0 && row[k]! >= best * (1 - 1e-9)) right += 1 / row.filter((p) => p >= best * (1 - 1e-9)).length;
    }
    return right / gold.length;
  };
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const { verdict, holds, regret } = majorityVoteCertificate({ votes: crowd.table });
  return `${crowd.items.length} | ${K} | \`${verdict}\` | ${percent(holds)} | ${percent(regret.mean)} | ${['majority-vote', 'dawid-skene', 'ibcc'].map((method) => percent(accuracy(method))).join(' | ')} |`;
}
