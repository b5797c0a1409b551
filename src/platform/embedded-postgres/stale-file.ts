import { link, readFile, rename, rm } from 'node:fs/promises';
import { nullIfAbsent } from './cluster.js';

/**
 * Removes a file that was judged false by its text. Another process may have put a true one in its place meanwhile: that
 * one goes back.
 */
export async function removeStale(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(nullIfAbsent);
  const moved = await readFile(aside, 'utf8').catch(nullIfAbsent);
  if (moved !== null && moved !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
