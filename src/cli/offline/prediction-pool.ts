import { FormatError } from '../../formats/text/fault.js';
import { refusing, Refusal } from '../refusal.js';
import { checked, comesTwice, eachPrediction } from './predictions-file.js';
import type { Votes } from './votes-file.js';

export const poolHelp = `
PREDICTIONS is a file of one model's probabilities: the columns item and p_<class> for each class, one row an item; or item and
probabilities, a list in the order of the classes. Items with votes need a row, by a model that had not seen their votes; the
others are new. --unlabelled is a file of further new items. An ensemble is several of each, in the same order.`;

/** All items that models predict, with votes or without. */
export interface PredictionPool {
  /** Ids by number: the items of --predictions in the order of the first such file, then those of --unlabelled. */
  ids: string[];
  numbers: Map<string, number>;
  /** One row-major array a model, K numbers an item. */
  models: Float64Array[];
}

/**
 * The files of an ensemble, the n-th of either kind by the n-th model.
 * @throws Refusal naming file, line and value: for a row that is no distribution, an item that comes twice, an item that one
 *   model has and another not, an item with votes that is missing or among the unlabelled, and a class without votes.
 */
export async function readPredictionPool(paths: readonly string[], unlabelled: readonly string[], votes: Votes): Promise<PredictionPool> {
  if (unlabelled.length > 0 && unlabelled.length !== paths.length) {
    throw new Refusal(`${counted(paths.length)} of --predictions and ${counted(unlabelled.length)} of --unlabelled; give one of each a model, in the same order`, true);
  }
  const pool: PredictionPool = { ids: [], numbers: new Map(), models: [] };
  const labelled = await readPart(pool, paths, votes);
  requireVoted(paths[0]!, pool, votes);
  const others = unlabelled.length > 0 ? await readPart(pool, unlabelled, votes, paths[0]) : null;
  pool.models = labelled.map((rows, m) => (others ? appended(rows, others[m]!) : rows));
  return pool;
}

/** Files of the same items, which follow those the pool has. @param before the file those come from, where these are the unlabelled. */
async function readPart(pool: PredictionPool, paths: readonly string[], votes: Votes, before?: string): Promise<Float64Array[]> {
  const { ids, numbers } = pool;
  const { classes, table: { itemOffsets } } = votes;
  const K = classes.length;
  const start = ids.length;
  const models: Float64Array[] = [];
  for (const path of paths) {
    const isFirst = models.length === 0;
    let rows = new Float64Array((isFirst ? 1 << 10 : ids.length - start) * K);
    const seen = new Set<number>();
    await refusing(path, async () => {
      await eachPrediction(path, classes, (id, line, row) => {
        let number = numbers.get(id);
        if (number !== undefined && number < start) throw new FormatError(`item ${JSON.stringify(id)} is in ${before!}, too; keep it in one of them`, line);
        if (number === undefined) {
          if (!isFirst) throw new FormatError(`item ${JSON.stringify(id)} is not in ${paths[0]!}; the models of an ensemble predict the same items`, line);
          const voted = before === undefined ? -1 : votes.itemIds.find(id);
          if (voted >= 0 && itemOffsets[voted] !== itemOffsets[voted + 1]) throw new FormatError(`item ${JSON.stringify(id)} has votes; its row belongs in --predictions`, line);
          number = ids.push(id) - 1;
          numbers.set(id, number);
          if ((ids.length - start) * K > rows.length) rows = appended(rows, new Float64Array(rows.length));
        } else if (seen.has(number)) throw comesTwice(id, line);
        seen.add(number);
        rows.set(checked(id, line, row, classes), (number - start) * K);
      }, (unread) => requireKnownClasses(unread, classes));
      const absent = ids.findIndex((_, number) => number >= start && !seen.has(number));
      if (absent >= 0) throw new FormatError(`item ${JSON.stringify(ids[absent])} is in ${paths[0]!} and not here; the models of an ensemble predict the same items`);
    });
    models.push(rows.subarray(0, (ids.length - start) * K));
  }
  return models;
}

function requireVoted(path: string, { numbers }: PredictionPool, { table: { itemCount, itemOffsets }, itemIds }: Votes): void {
  for (let item = 0; item < itemCount; item++) {
    if (itemOffsets[item] === itemOffsets[item + 1] || numbers.has(itemIds.text(item))) continue;
    throw new Refusal(`${path}: item ${JSON.stringify(itemIds.text(item))} has votes, but no prediction here`);
  }
}

/** A class that no vote names would be left out of every row, and the rows would sum to less than 1. */
function requireKnownClasses(unread: readonly string[], classes: readonly string[]): void {
  const others = unread.filter((name) => name.startsWith('p_')).map((name) => name.slice(2));
  if (others.length === 0) return;
  throw new FormatError(`p_${others[0]!} is of a class that no vote names; name them all: --classes ${[...classes, ...others].join(',')}`, 1);
}

function appended(rows: Float64Array, more: Float64Array): Float64Array<ArrayBuffer> {
  const both = new Float64Array(rows.length + more.length);
  both.set(rows);
  both.set(more, rows.length);
  return both;
}

function counted(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
