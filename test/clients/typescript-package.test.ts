import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedMutations } from '../../clients/typescript/src/schema-facts.js';
import { startService, type Service } from '../setup/service.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const client = join(root, 'clients/typescript');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** What a program of Node wrote; a compiler tells its faults there, too. */
async function node(words: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<string> {
  const done = await promisify(execFile)(process.execPath, words, { ...options, env: { PATH: process.env.PATH!, ...options.env } })
    .catch((error: Error & { stdout: string }) => { throw new Error(`${error.message}\n${error.stdout}`); });
  return done.stdout;
}

describe('the package of the TypeScript client', () => {
  let service: Service;
  let folder: string;
  let installed: string;
  /** As npm would install it: what its files say, and nothing else. */
  beforeAll(async () => {
    service = await startService();
    folder = await mkdtemp(join(tmpdir(), 'assay-package-'));
    installed = join(folder, 'node_modules/@assay/client');
    await node([compiler, '-p', join(client, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')]);
    await cp(join(client, 'package.json'), join(installed, 'package.json'));
    await symlink(join(root, 'node_modules/ws'), join(folder, 'node_modules/ws'));
    await mkdir(join(folder, 'node_modules/@types'));
    for (const name of ['ws', 'node']) await symlink(join(root, 'node_modules/@types', name), join(folder, 'node_modules/@types', name));
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('says what it has: entries with types, no dependency, our licence and Nodes', async () => {
    const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const [ours, house] = [await read(join(client, 'package.json')), await read(join(root, 'package.json'))];
    expect(ours).toMatchObject({ name: '@assay/client', license: house.license, version: house.version, engines: house.engines, type: 'module', files: ['dist'] });
    expect(Object.keys(ours).filter((name) => /dependencies/i.test(name))).toEqual([]);
    for (const entry of Object.values(ours.exports as Record<string, Record<string, string>>)) for (const path of Object.values(entry)) expect((await stat(join(installed, path))).isFile()).toBe(true);
  });

  it('has a page whose code passes the compiler and runs', async () => {
    const page = await readFile(join(client, 'README.md'), 'utf8');
    const blocks = [...page.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, language, text]) => ({ language, text: text! }));
    await writeFile(join(folder, 'votes.csv'), blocks.find(({ language }) => language === 'csv')!.text);
    await writeFile(join(folder, 'page.mts'), blocks.filter(({ language }) => language === 'ts').map(({ text }) => text).join('\n'));
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--lib', 'es2023', '--noUncheckedIndexedAccess', '--skipLibCheck'];
    await node([compiler, ...options, 'page.mts'], { cwd: folder });
    const stdout = await node(['page.mjs'], { cwd: folder, env: { ASSAY_URL: service.url, ASSAY_KEY: service.key } });
    for (const line of ['5 votes', '0 mail 4 UNKNOWN_CLASS', 'SUCCEEDED', 'NOT_FOUND']) expect(stdout).toContain(line);
    const labels = (await readFile(join(folder, 'soft-labels.csv'), 'utf8')).trimEnd().split('\n');
    expect([labels[0], labels.length]).toEqual(['item,label,confidence,entropy,votes,tie,p_ham,p_spam', 4]);
  });

  it('runs where there is nothing of Node, as in a browser', async () => {
    const names = (await readdir(join(installed, 'dist'))).filter((name) => name.endsWith('.js') && name !== 'node.js');
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(await readFile(join(installed, 'dist', name), 'utf8'), name).not.toMatch(/from '(?!\.\/)|import\(|require\(|\bprocess\b|\bBuffer\b/);
    const stdout = await node(['--no-warnings', '--experimental-vm-modules', join(root, 'test/clients/typescript/browser.mjs'), join(installed, 'dist/index.js')], { env: { ASSAY_URL: service.url, ASSAY_KEY: service.key } });
    expect(JSON.parse(stdout)).toEqual({ created: 2, uploaded: 1, labels: { a: 'ham', b: 'spam', c: 'ham' }, states: 'SUCCEEDED', names: [] });
  });
});

it('the Python client has the list of mutations that heed a key as the schema has it', async () => {
  const text = await readFile(join(root, 'clients/python/assay_client.py'), 'utf8');
  const list = /_KEYED_MUTATIONS = frozenset\((\[.*?\])\)/s.exec(text)![1]!;
  expect((JSON.parse(list) as string[]).sort()).toEqual([...keyedMutations].sort());
});
