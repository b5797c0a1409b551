import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'vitest';
import { damaged, draws, seedsOf, tryReader, tryVote } from '../formats/fuzz.js';
import { tryForeign } from '../formats/platforms/fuzz.js';
import { dose } from './promises/promised.js';

/**
 * The same files each time, so that nothing but a change makes this fail; other files, for as long as one likes, by hand:
 * FUZZ_SECONDS=3600, from FUZZ_SEED on.
 */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const FIRST = Number(process.env.FUZZ_SEED ?? (SECONDS > 0 ? Date.now() % 2 ** 31 : 1_000_000));

test.each([['csv', dose(8000, 500_000)], ['ndjson', dose(20_000, 1_200_000)], ['parquet', dose(80, 5000)]])('the reader of %s meets damaged files and breaks on none', async (format, files) => {
  const seeds = seedsOf(format);
  const end = Date.now() + SECONDS * 1000;
  let count = 0;
  for (; SECONDS > 0 ? Date.now() < end : count < files; count++) {
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
});

test('the check of votes meets odd values and breaks on none', () => {
  for (let n = 0; n < dose(50_000, 5_000_000); n++) tryVote(draws(FIRST + n));
});

test('the readers of other platforms meet damaged files and break on none', async () => {
  for (let n = 0; n < dose(2000, 500_000); n++) {
    await tryForeign(draws(FIRST + n)).catch((error: Error) => {
      throw new Error(`FUZZ_SEED=${FIRST + n}: ${error.message}`, { cause: error });
    });
  }
});
