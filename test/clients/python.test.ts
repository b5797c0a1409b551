import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';

const client = fileURLToPath(new URL('../../clients/python', import.meta.url));
const scripts = fileURLToPath(new URL('python', import.meta.url));
/** Whether python3 runs here, and this is so of it. */
const python3 = (statements: string, condition: string) => spawnSync('python3', ['-c', `import sys; ${statements}; sys.exit(not (${condition}))`]).status === 0;
const isThere = python3('import unittest', 'sys.version_info >= (3, 9)');
const canBuild = isThere && python3('import setuptools', 'int(setuptools.__version__.split(".")[0]) >= 61');
const hasMypy = isThere && python3('import mypy', 'True');

if (!isThere) console.warn('skipped: tests of the Python client, since there is no python3 of version 3.9 or later');
else if (!canBuild) console.warn('skipped: the package of the Python client, since python3 has no setuptools of version 61 or later');

describe.skipIf(!isThere)('the Python client', () => {
  let service: Service;
  let environment: Record<string, string>;
  let folder: string;
  beforeAll(async () => {
    service = await startService();
    folder = await mkdtemp(join(tmpdir(), 'assay-python-'));
    environment = {
      PATH: process.env.PATH!, HOME: folder, PYTHONPATH: `${client}:${scripts}`, PYTHONDONTWRITEBYTECODE: '1',
      ASSAY_URL: service.url, ASSAY_KEY: service.key, ASSAY_GUEST_KEY: await service.newKey({ scopes: ['votes:write'] }),
    };
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a program of Python wrote; one that fails shows both of its streams. */
  async function python(words: string[], more: Record<string, string> = {}): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)('python3', words, { cwd: folder, env: { ...environment, ...more } });
    return stdout + stderr;
  }
  const projectsNamed = async (name: string) => (await service.source.query<{ id: number }[]>('select id from projects where name = $1', [name])).map(({ id }) => id);

  it('goes on, or says why not, where a service fails in the middle; and tells its key to nobody', async () => {
    expect(await python(['-m', 'unittest', 'test_faults'])).toMatch(/\nOK\n/);
  });

  it('does all that it promises with a service, and what it sent is stored', async () => {
    expect(await python(['-m', 'unittest', 'test_service'])).toMatch(/\nOK\n/);
    const counted = await service.source.query<{ name: string; votes: number; items: number }[]>(
      `select name, count(*)::int as votes, count(distinct item_code)::int as items from votes join projects on projects.id = project_id
       where name like 'votes %' group by name order by name`,
    );
    expect(counted).toEqual([
      { name: 'votes again', votes: 2, items: 2 },
      { name: 'votes of a torn upload', votes: 22_000, items: 22_000 },
      { name: 'votes of files', votes: 5, items: 4 },
      { name: 'votes of frames', votes: 4, items: 4 },
      { name: 'votes of rows', votes: 8, items: 5 },
      { name: 'votes once', votes: 12_000, items: 12_000 },
      { name: 'votes with faults', votes: 20_103, items: 20_103 },
    ]);
    expect(await projectsNamed('votes once')).toHaveLength(1);
  });

  it('has a page whose code runs', async () => {
    const page = await readFile(join(client, 'README.md'), 'utf8');
    const blocks = [...page.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, language, text]) => ({ language, text: text! }));
    const example = blocks.filter(({ language }) => language === 'python').map(({ text }) => text).join('\n');
    await writeFile(join(folder, 'votes.csv'), blocks.find(({ language }) => language === 'csv')!.text);
    await writeFile(join(folder, 'page.py'), example);
    await python(['page.py']);
    const labels = (await readFile(join(folder, 'soft-labels.csv'), 'utf8')).trimEnd().split('\n');
    expect([labels[0], labels.length]).toEqual(['item,label,confidence,entropy,votes,tie,p_ham,p_spam', 4]);
    expect(await projectsNamed('mail')).toHaveLength(1);
  });

  it('is read by the compiler, and by mypy where that is here', async () => {
    await python(['-m', 'compileall', '-q', '-f', join(client, 'assay_client.py')], { PYTHONPYCACHEPREFIX: join(folder, 'cache') });
    if (hasMypy) await python(['-m', 'mypy', '--strict', '--cache-dir', join(folder, 'mypy'), join(client, 'assay_client.py')]);
  });

  it.skipIf(!canBuild)('is built as one module that needs no other', async () => {
    // A copy, since setuptools leaves its traces beside what it builds.
    await cp(client, join(folder, 'source'), { recursive: true });
    const setup = ['-c', `import os, setuptools; os.chdir('source'); setuptools.setup()`];
    await python([...setup, '--quiet', 'build', '--build-base', join(folder, 'built')]);
    expect(await readdir(join(folder, 'built', 'lib'))).toEqual(['assay_client.py']);
    expect(await python([...setup, '--name', '--version', '--license'])).toMatch(/^assay-client\n0\.1\.0\nApache-2\.0\n/m);
    expect(await python(['-c', 'import assay_client; print(assay_client.__version__)'], { PYTHONPATH: join(folder, 'built', 'lib') })).toBe('0.1.0\n');
  });
});
