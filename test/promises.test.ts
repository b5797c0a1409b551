import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { mutants } from './faults/mutants/mutants.mjs';

const root = new URL('../', import.meta.url);
const promises = new URL('./faults/promises/', import.meta.url);

describe('the mutants of the fault suite', () => {
  it.each(mutants.map((mutant) => [`${mutant.promise}: ${mutant.breaks}`, mutant] as const))('can be made: %s', async (_, { edits }) => {
    for (const { file, find } of edits) expect((await readFile(new URL(file, root), 'utf8')).split(find).length - 1, `places in ${file}`).toBe(1);
  });

  it('are one at least for each promise', async () => {
    const files = (await readdir(promises)).filter((name) => name.endsWith('.test.ts'));
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, promises), 'utf8')));
    const tested = texts.flatMap((text) => [...text.matchAll(/promised\('(F\d+b?)'/g)].map(([, id]) => id!));
    expect(new Set(tested)).toEqual(new Set(mutants.map((mutant) => mutant.promise)));
    expect(new Set(tested).size).toBe(tested.length);
  });
});
