import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bestClass, type MethodResult } from '../../aggregation/index.js';
import { csv } from '../../formats/csv/csv.js';
import type { Format } from '../../formats/rows/format.js';
import type { CellValue } from '../../formats/text/writer.js';
import { refusing } from '../refusal.js';
import type { Votes } from './votes-file.js';

/** Writes a table to `name` in `folder`, making the folder. The file appears whole or not at all. @returns its path */
export async function writeTable(folder: string, name: string, columns: readonly string[], rows: Iterable<readonly CellValue[]>, format: Format = csv): Promise<string> {
  const path = join(folder, `${name}.${format.extension}`);
  const unfinished = `${path}.part`;
  await refusing(path, async () => {
    await mkdir(folder, { recursive: true });
    try {
      await pipeline(format.write(columns, [rows]), createWriteStream(unfinished));
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  });
  return path;
}

export async function writeResults(folder: string, votes: Votes, result: MethodResult, onItems: (count: number) => void): Promise<string[]> {
  return [
    await writeTable(folder, 'soft-labels', ['item', 'label', 'confidence', ...votes.classes.map((name) => `p_${name}`)], softLabels(votes, result, onItems)),
    await writeTable(folder, 'annotators', ['annotator', 'votes', ...(result.annotatorQuality ? ['quality'] : [])], annotators(votes, result)),
  ];
}

function* softLabels({ table, itemIds, classes }: Votes, { posteriors }: MethodResult, onItems: (count: number) => void): Generator<CellValue[]> {
  const K = classes.length;
  for (let item = 0; item < table.itemCount; item++) {
    if (item % 10_000 === 0) onItems(item);
    const best = bestClass(posteriors, item * K, K);
    const row: CellValue[] = [itemIds.text(item), classes[best]!, posteriors[item * K + best]!];
    for (let k = 0; k < K; k++) row.push(posteriors[item * K + k]);
    yield row;
  }
}

function* annotators({ table, annotatorIds }: Votes, { annotatorQuality }: MethodResult): Generator<CellValue[]> {
  const counts = new Int32Array(table.annotatorCount);
  for (let vote = 0; vote < table.voteCount; vote++) counts[table.annotators[vote]!]!++;
  for (let annotator = 0; annotator < table.annotatorCount; annotator++) {
    const row: CellValue[] = [annotatorIds.text(annotator), counts[annotator]!];
    // NaN, of those without votes, is an empty cell.
    if (annotatorQuality) row.push(annotatorQuality[annotator]);
    yield row;
  }
}
