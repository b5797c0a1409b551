import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bestClass, confusablePairs, entropy, tiedClasses, findingCell, findingColumn, type AggregationMethod, type MethodResult } from '../../aggregation/index.js';
import { csv } from '../../formats/csv/csv.js';
import type { Format } from '../../formats/rows/format.js';
import { Json, type CellValue } from '../../formats/text/writer.js';
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

/**
 * What the method found about items, annotators and classes, each to a file of its own, as the service has them for download: items
 * with votes, or whose class the method was given, and annotators with votes.
 * @param gold N class indices, -1 where unknown; null where the method was given none
 * @returns their paths
 */
export async function writeResults(folder: string, votes: Votes, method: AggregationMethod, result: MethodResult, gold: Int32Array | null, onItems: (count: number) => void): Promise<string[]> {
  const items = foundAbout(method, result, 'item', votes.classes);
  const crowd = foundAbout(method, result, 'annotator', votes.classes);
  const { first, second, confusionProbability } = result.findings ?? {};
  const files = [
    await writeTable(folder, 'soft-labels', ['item', 'label', 'confidence', 'entropy', 'votes', 'tie', ...votes.classes.map((name) => `p_${name}`), ...items.columns], softLabels(votes, result, items, gold, onItems)),
    await writeTable(folder, 'annotators', ['annotator', 'votes', ...(result.annotatorQuality ? ['quality'] : []), ...crowd.columns], annotators(votes, result, crowd)),
  ];
  if (!first || !second || !confusionProbability) return files;
  const pairs = confusablePairs(first, second, confusionProbability);
  return [...files, await writeTable(folder, 'confusable-pairs', ['first', 'second', 'items', 'mean_confusion', 'examples'], pairs.map((pair) => [
    votes.classes[pair.first]!, votes.classes[pair.second]!, pair.items, pair.meanConfusion, new Json(JSON.stringify(pair.examples.map((item) => votes.itemIds.text(item)))),
  ]))];
}

/** Findings about one kind of thing: their columns, and the cells of the i-th of them. */
interface Found {
  columns: string[];
  cells(i: number): CellValue[];
}

function foundAbout({ finds = [] }: AggregationMethod, { findings = {} }: MethodResult, per: 'item' | 'annotator', classes: readonly string[]): Found {
  const specs = finds.filter((spec) => spec.per === per && findings[spec.name]);
  return { columns: specs.map(findingColumn), cells: (i) => specs.map((spec) => findingCell(spec, findings[spec.name]![i], classes)) };
}

function* softLabels({ table, itemIds, classes }: Votes, { posteriors }: MethodResult, found: Found, gold: Int32Array | null, onItems: (count: number) => void): Generator<CellValue[]> {
  const K = classes.length;
  for (let item = 0; item < table.itemCount; item++) {
    if (item % 10_000 === 0) onItems(item);
    const votes = table.itemOffsets[item + 1]! - table.itemOffsets[item]!;
    // A prior is no finding about an item that nobody labelled.
    if (votes === 0 && (gold?.[item] ?? -1) < 0) continue;
    const at = item * K;
    const best = bestClass(posteriors, at, K);
    const row: CellValue[] = [itemIds.text(item), classes[best]!, posteriors[at + best]!, entropy(posteriors, at, K), votes, tiedClasses(posteriors, at, K) > 1];
    for (let k = 0; k < K; k++) row.push(posteriors[at + k]);
    if (found.columns.length > 0) row.push(...found.cells(item));
    yield row;
  }
}

function* annotators({ table, annotatorIds }: Votes, { annotatorQuality }: MethodResult, found: Found): Generator<CellValue[]> {
  const counts = new Int32Array(table.annotatorCount);
  for (let vote = 0; vote < table.voteCount; vote++) counts[table.annotators[vote]!]!++;
  for (let annotator = 0; annotator < table.annotatorCount; annotator++) {
    if (counts[annotator] === 0) continue;
    const row: CellValue[] = [annotatorIds.text(annotator), counts[annotator]!];
    // NaN is an empty cell.
    if (annotatorQuality) row.push(annotatorQuality[annotator]);
    row.push(...found.cells(annotator));
    yield row;
  }
}
