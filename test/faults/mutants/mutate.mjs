/**
 * Breaks one promise at a time and shows that its test fails: `npm run test:mutants`, or with promises to take (`-- F1 F10`).
 * Each is a copy of the project in a folder of its own, changed at one place, built, and asked for the one test.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { mutants } from './mutants.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const PARTS = ['src', 'migrations', 'test', 'docs', 'bench', 'package.json', 'tsconfig.json', 'schema.graphql', '.swcrc', 'vitest.faults.config.ts'];

const asked = process.argv.slice(2);
const chosen = mutants.filter(({ promise }) => asked.length === 0 || asked.includes(promise));
const table = new Table({ head: ['', 'what is broken', '', 's'], style: { head: [], border: [] }, wordWrap: true, colWidths: [5, 70, 34, 6] });
let survived = 0;
for (const mutant of chosen) {
  const from = Date.now();
  const verdict = await verdictOn(mutant);
  if (!verdict.startsWith('found')) survived++;
  console.log(`${mutant.promise}: ${mutant.breaks}: ${verdict}`);
  table.push([mutant.promise, mutant.breaks, verdict, Math.round((Date.now() - from) / 1000)]);
}
console.log(`\n${table.toString()}\n${chosen.length - survived} of ${chosen.length} mutants found`);
process.exitCode = survived > 0 ? 1 : 0;

async function verdictOn({ promise, edits }) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-mutant-'));
  try {
    for (const part of PARTS) await cp(join(root, part), join(folder, part), { recursive: true }).catch((error) => { if (error.code !== 'ENOENT') throw error; });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of edits) {
      const text = await readFile(join(folder, file), 'utf8');
      if (text.split(find).length !== 2) return `cannot be made: ${file} has changed`;
      await writeFile(join(folder, file), text.replace(find, () => replace));
    }
    await mkdir(join(folder, 'dist'), { recursive: true });
    const bin = (name) => join(root, 'node_modules/.bin', name);
    await run(bin('swc'), ['src', 'migrations', '-d', 'dist'], { cwd: folder });
    const report = join(folder, 'report.json');
    await run(bin('vitest'), ['run', '--config', 'vitest.faults.config.ts', 'test/faults/promises', '-t', `${promise} `, '--reporter=json', `--outputFile=${report}`], { cwd: folder, maxBuffer: 2 ** 28 })
      .catch(() => undefined);
    const { testResults } = JSON.parse(await readFile(report, 'utf8'));
    const tests = testResults.flatMap((file) => file.assertionResults).filter((test) => test.title.startsWith(`${promise} `));
    if (tests.some((test) => test.status === 'failed')) return 'found';
    if (tests.some((test) => test.status === 'passed')) return 'SURVIVED';
    return 'not tested here (the test was skipped)';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
