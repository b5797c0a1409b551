import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { damaged, draws, seedsOf, tryReader, tryVote } from './fuzz.js';

const folder = new URL('crashers/', import.meta.url);

describe('damaged files', () => {
  it.each(['csv', 'ndjson', 'parquet'])('of %s are read or refused in words, the same however they are cut', async (format) => {
    for (const seed of seedsOf(format)) await expect(tryReader(format, seed, draws(seed.length))).resolves.toBeUndefined();
    for (let n = 1; n <= (format === 'parquet' ? 12 : 400); n++) {
      const draw = draws(n);
      await expect(tryReader(format, damaged(seedsOf(format), draw), draw), `drawn by ${n}`).resolves.toBeUndefined();
    }
  });

  // Found by test/faults/fuzz.test.ts, which keeps them here.
  it.each(readdirSync(folder).filter((name) => !name.endsWith('.md')))('that once broke a reader break it no more: %s', async (name) => {
    const [format, seed] = name.split('-') as [string, string];
    await expect(tryReader(format, readFileSync(new URL(name, folder)), draws(Number(seed)))).resolves.toBeUndefined();
  });

  it('of votes are checked or refused', () => {
    for (let n = 1; n <= 5000; n++) expect(() => tryVote(draws(n))).not.toThrow();
  });
});
