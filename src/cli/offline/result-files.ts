import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bestClass, confusablePairs, entropy, runParameters, tiedClasses, findingCell, findingColumn, type AggregationMethod, type ConfusionMatrices, type MethodResult } from '../../aggregation/index.js';
import { confusionColumns, confusionRow } from '../../formats/rows/confusion.js';
import { classColumn } from '../../formats/rows/tables.js';
import { csv } from '../../formats/csv/csv.js';
import type { Format } from '../../formats/rows/format.js';
import { Json, type CellValue } from '../../formats/text/writer.js';
import { wilsonInterval } from '../../runs/results/accuracy.js';
import { refusing } from '../refusal.js';
import type { Votes } from './votes-file.js';

/** How long a command may hold a folder, ms; longer, and it was killed meanwhile. */
const HELD_MS = 10_000;

/** The files of one command, which appear together: other commands that write to the folder come wholly before or wholly after. */
class ResultFiles {
  private readonly unfinished = new Map<string, string>();
  private readonly paths: string[] = [];

  constructor(private readonly folder: string) {}

  async add(name: string, columns: readonly string[], rows: Iterable<readonly CellValue[]>, format: Format = csv): Promise<void> {
    const path = join(this.folder, `${name}.${format.extension}`);
    // A name of its own: another command may be writing the same file.
    const part = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
    this.unfinished.set(path, part);
    await refusing(path, async () => {
      await mkdir(this.folder, { recursive: true });
      await pipeline(format.write(columns, [rows]), createWriteStream(part));
    });
  }

  /** @returns the paths, in the order in which the files were added */
  async publish(): Promise<string[]> {
    const release = await hold(this.folder);
    try {
      for (const [path, part] of this.unfinished) {
        await refusing(path, () => rename(part, path));
        this.unfinished.delete(path);
        this.paths.push(path);
      }
    } finally {
      await release();
    }
    return this.paths;
  }

  async discard(): Promise<void> {
    // Why it is not there is told already.
    for (const part of this.unfinished.values()) await rm(part, { force: true }).catch(() => undefined);
  }
}

/** Waits until no other command moves its files into the folder. @returns what lets the next one */
async function hold(folder: string): Promise<() => Promise<void>> {
  const lock = join(folder, '.assay-moves-files');
  for (;;) {
    try {
      await mkdir(lock);
      return () => rm(lock, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const since = await stat(lock).then(({ mtimeMs }) => mtimeMs, () => Date.now());
    if (Date.now() - since > HELD_MS) await rm(lock, { recursive: true, force: true });
    await sleep(2 + Math.random() * 10);
  }
}

/** @returns the paths of what `write` added, once all of it is there; nothing is left where one cannot be written */
async function together(folder: string, write: (files: ResultFiles) => Promise<void>): Promise<string[]> {
  const files = new ResultFiles(folder);
  try {
    await write(files);
    return await refusing(folder, () => files.publish());
  } finally {
    await files.discard();
  }
}

/** Writes a table to `name` in `folder`, making the folder. The file appears whole or not at all. @returns its path */
export async function writeTable(folder: string, name: string, columns: readonly string[], rows: Iterable<readonly CellValue[]>, format: Format = csv): Promise<string> {
  const [path] = await together(folder, (files) => files.add(name, columns, rows, format));
  return path!;
}

export interface ResultChoice {
  /** N class indices, -1 where unknown; null where the method was given none. */
  gold: Int32Array | null;
  /** Also the annotators' confusion matrices: those of the method, or those that its soft labels imply. */
  withMatrices: boolean;
  onItems: (count: number) => void;
}

/**
 * What the method found about items, annotators and classes, each to a file of its own, as the service has them for download: items
 * with votes, or whose class the method was given, and annotators with votes.
 * @returns their paths
 */
export function writeResults(folder: string, votes: Votes, method: AggregationMethod, result: MethodResult, { gold, withMatrices, onItems }: ResultChoice): Promise<string[]> {
  const items = foundAbout(method, result, 'item', votes.classes);
  const crowd = foundAbout(method, result, 'annotator', votes.classes);
  const { first, second, confusionProbability } = result.findings ?? {};
  return together(folder, async (files) => {
    await files.add('soft-labels', ['item', 'label', 'confidence', 'entropy', 'votes', 'tie', ...votes.classes.map(classColumn), ...items.columns], softLabels(votes, result, items, gold, onItems));
    await files.add('annotators', ['annotator', 'votes', ...(result.annotatorQuality ? ['quality'] : []), ...crowd.columns], annotators(votes, result, crowd));
    if (withMatrices) {
      const { confusion } = runParameters(votes.table, result);
      await files.add('confusion-matrices', ['annotator', 'vote', 'implied', ...confusionColumns(votes.classes, confusion.evidence !== undefined)], matrices(votes, result.confusion === undefined, confusion));
    }
    if (!first || !second || !confusionProbability) return;
    const pairs = confusablePairs(first, second, confusionProbability);
    await files.add('confusable-pairs', ['first', 'second', 'items', 'mean_confusion', 'examples'], pairs.map((pair) => [
      votes.classes[pair.first]!, votes.classes[pair.second]!, pair.items, pair.meanConfusion, new Json(JSON.stringify(pair.examples.map((item) => votes.itemIds.text(item)))),
    ]));
  });
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

/** A row for each class that an annotator voted for, as the service has them for download. */
function* matrices({ annotatorIds, classes }: Votes, implied: boolean, { offsets, labels, values, evidence }: ConfusionMatrices): Generator<CellValue[]> {
  const K = classes.length;
  for (let annotator = 0; annotator + 1 < offsets.length; annotator++) {
    const behind = evidence ? Array.from(evidence.subarray(annotator * K, (annotator + 1) * K)) : null;
    for (let row = offsets[annotator]!; row < offsets[annotator + 1]!; row++) {
      yield [annotatorIds.text(annotator), classes[labels[row]!]!, implied, ...confusionRow(Array.from(values.subarray(row * K, (row + 1) * K)), behind, wilsonInterval)];
    }
  }
}
