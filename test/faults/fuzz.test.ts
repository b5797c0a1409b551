import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { damaged, draws, seedsOf, tryReader, tryVote } from '../formats/fuzz.js';
import { dose } from './promises/promised.js';

/** Longer by hand: FUZZ_SECONDS=3600. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? dose(15, 900));
/** Other files each time, unless one is asked for. */
const FIRST = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

test.each(['csv', 'ndjson', 'parquet'])(`the reader of %s meets damaged files for ${SECONDS} s and breaks on none`, async (format) => {
  const seeds = seedsOf(format);
  let count = 0;
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end; count++) {
    const seed = FIRST + count;
    const draw = draws(seed);
    const file = damaged(seeds, draw);
    // What is drawn next tells the table and the cuts: kept by a seed of its own, so that the file alone can be read again.
    const own = 1 + draw(1_000_000);
    await tryReader(format, file, draws(own)).catch(async (error: Error) => {
      const name = `${format}-${own}-${createHash('sha256').update(file).digest('hex').slice(0, 12)}`;
      await writeFile(new URL(`../formats/crashers/${name}`, import.meta.url), file);
      throw new Error(`kept as test/formats/crashers/${name} (FUZZ_SEED=${seed}): ${error.message}`);
    });
  }
  console.log(`${format}: ${count} files from ${FIRST} on`);
  expect(count).toBeGreaterThan(0);
});

test('the check of votes meets odd values and breaks on none', () => {
  for (let n = 0; n < dose(50_000, 5_000_000); n++) tryVote(draws(FIRST + n));
});
