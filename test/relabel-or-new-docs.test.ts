import { execFile } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildSchema, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from './cli/program.js';
import { hasShared, shared } from './setup/shared.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = readFileSync(join(root, 'docs/relabel-or-new.md'), 'utf8');

describe('docs/relabel-or-new.md', () => {
  it('shows queries that the schema takes', () => {
    const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));
    const queries = [...page.matchAll(/```graphql\n(.*?)```/gs)].map(([, query]) => query!);
    expect(queries).toHaveLength(1);
    for (const query of queries) expect(validate(schema, parse(query))).toEqual([]);
  });

  it('has a figure that is drawn of both pools and four policies, and says what it shows', () => {
    const svg = readFileSync(join(root, 'docs/activelab.svg'), 'utf8');
    expect(svg.match(/<polyline/g)).toHaveLength(16);
    const ends = [...svg.matchAll(/<tspan font-weight="600">([\d.]+)<\/tspan> ([^<]+)</g)].map(([, value, name]) => `${name} ${value}`);
    expect(ends.filter((end) => end === 'ActiveLab 0.937' || end === 'least confidence 0.937')).toHaveLength(2);
    expect(svg).toContain('>658 votes: as accurate as random with 1,275<');
  });
});

describe.skipIf(!hasShared)('the worked example of docs/relabel-or-new.md', () => {
  let assay: Program;
  let folder: string;
  beforeAll(async () => {
    assay = await Program.build();
    folder = mkdtempSync(join(tmpdir(), 'assay-docs-'));
    mkdirSync(join(folder, 'adult'));
    writeFileSync(join(folder, 'adult/votes.csv'), gunzipSync(readFileSync(shared('datasets', 'adult2', 'votes.csv.gz'))));
  });
  afterAll(async () => {
    await assay.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('prints what it says, command by command', async () => {
    const examples = [...page.matchAll(/```sh\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, commands, output]) => ({ commands: commands!.trim().split('\n'), output: output! }));
    expect(examples.map(({ commands }) => commands.length)).toEqual([2, 1]);
    for (const { commands, output } of examples) {
      let printed = '';
      for (const command of commands) {
        // The scripts and the program of this checkout, as a reader has them in the folder that the commands are given in.
        const [program, ...words] = command.replace('npm run --silent assay --', `node ${join(assay.folder, 'dist/src/cli.js')}`).replace('node bench/', `node ${root}bench/`).split(' ');
        expect(program).toBe('node');
        printed += (await promisify(execFile)(process.execPath, words, { cwd: folder })).stdout;
      }
      expect(printed).toBe(output);
    }
    const files = ['campaign/votes.csv', '--predictions', 'campaign/predictions.csv', '--unlabelled', 'campaign/unlabelled.csv', '--repeats', 'keep-all'];
    const { stdout } = await promisify(execFile)(process.execPath, [join(assay.folder, 'dist/src/cli.js'), 'next', ...files, '--out', 'campaign', '--json'], { cwd: folder });
    const told = JSON.parse(stdout) as { models: { weight: number }[]; meanAnnotatorWeight: number };
    expect(page).toContain(`the model weighs ${told.models[0]!.weight.toFixed(2)} and the mean annotator ${told.meanAnnotatorWeight.toFixed(2)},`);
    const [overturned, named, others, left] = [...page.match(/overturn: (\d+) of (\d+) of the sites named, (\d+) of (\d+) of the others/)!].slice(1).map(Number);
    expect(page).toContain(`${Math.round((100 * overturned!) / named!)}% of the sites it sends back had a wrong label by the majority of all their votes, and ${Math.round((100 * others!) / left!)}% of those that it leaves alone.`);
  });
});
