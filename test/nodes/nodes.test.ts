import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/nodes');
/** Those in support beside the oldest that is promised, by the npm packages that ship them. */
const majors = ['20', '22', '24', '26'] as const;
const newest = majors.at(-1)!;
const tests = [
  'test/main-job.test.ts', 'test/aggregation/acquisition/activelab.golden.test.ts', 'test/aggregation/crowdlab', 'test/aggregation/label-quality',
  'test/aggregation/methods', 'test/aggregation/fast-path.test.ts', 'test/aggregation/collapsed-fast-path.test.ts', 'test/aggregation/subtype-fast-path.test.ts',
];

/** Another Node's executable, installed beside the packages of the project and not among them. */
async function nodeOf(major: string): Promise<string> {
  if (process.versions.node.split('.')[0] === major) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(cache, major);
  const file = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${major}`], { cwd: folder, shell: process.platform === 'win32' });
  }
  return file;
}

const nodes = new Map<string, string>();
beforeAll(async () => {
  for (const major of majors) nodes.set(major, await nodeOf(major));
});

describe.each(majors)('Node %s', (major) => {
  it('is the one that is asked', async () => {
    const { stdout } = await run(nodes.get(major)!, ['--version']);
    expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
  });

  it('computes the same bits as this one, by each method, score and metric', async () => {
    const bits = async (node: string) => (await run(node, [join(root, 'test/nodes/bits.mjs')], { maxBuffer: 2 ** 24 })).stdout.trim().split('\n');
    const [here, there] = [await bits(process.execPath), await bits(nodes.get(major)!)];
    expect(here.length).toBeGreaterThan(150);
    expect(there).toEqual(here);
  });
});

it(`the main job and the kernels' golden tests pass under Node ${newest}`, async () => {
  const node = nodes.get(newest)!;
  const report = join(cache, 'report.json');
  const outer = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const env = { ...Object.fromEntries(outer), PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const ended = await run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...tests, '--reporter=json', `--outputFile=${report}`], { cwd: root, env, maxBuffer: 2 ** 26 })
    .catch((error: Error & { stdout: string }) => error);
  const { numFailedTests, numFailedTestSuites, numPassedTests } = JSON.parse(await readFile(report, 'utf8')) as Record<string, number>;
  expect([numFailedTests, numFailedTestSuites], ended instanceof Error ? `${ended.message}\n${ended.stdout.slice(-4000)}` : '').toEqual([0, 0]);
  expect(numPassedTests).toBeGreaterThan(200);
  console.log(`Node ${newest}: ${numPassedTests} tests passed`);
});
