import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withTables } from '../../docs/tables.mjs';
import { acquisitionScores, findingColumn, agreementMetrics, crowdOptions, methods } from '../../src/aggregation/index.js';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/aggregation.md', root), 'utf8');
/** Each piece of code that uses the package, with the output printed below it. */
const examples = ['docs/aggregation.md', 'README.md'].filter((file) => existsSync(new URL(file, root))).flatMap((file) => {
  const blocks = readFileSync(new URL(file, root), 'utf8').matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs);
  return [...blocks].filter(([, code]) => code!.includes("'assay/aggregation'")).map(([, code, output]) => ({ file, code: code!, output: output! }));
});
const built = existsSync(new URL('dist/src/aggregation/index.js', root));

describe('docs/aggregation.md', () => {
  it('shows the tables of the registries (else: npm run build && node docs/tables.mjs)', () => {
    expect(page).toBe(withTables(page, { methods, findingColumn, agreementMetrics, acquisitionScores, crowdOptions }));
  });

  it('has examples', () => expect(examples.filter(({ file }) => file === 'docs/aggregation.md')).toHaveLength(2));

  // Run as a reader would: pasted into Node, the package found by its name.
  it.skipIf(!built).each(examples)('prints what it says: example $# of the pages ($file)', async ({ code, output }) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: root });
    expect(stdout).toBe(output);
  });
});

it('the package pulls in no framework, no database and no file access', () => {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: URL) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b(?! type)[^;'"]*?\bfrom '([^']+)';$/gm)) {
      if (!from!.startsWith('.')) outside.add(from!);
      else visit(new URL(from!.replace(/\.js$/, '.ts'), file));
    }
  };
  visit(new URL('src/aggregation/index.ts', root));
  expect(seen.size).toBeGreaterThan(40);
  expect([...seen].filter((file) => !file.includes('/src/aggregation/'))).toEqual([]);
  expect([...outside].filter((name) => !['node:module', 'node:worker_threads', 'node:os'].includes(name))).toEqual([]);
});
