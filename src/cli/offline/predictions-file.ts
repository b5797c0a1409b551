import { classShares } from '../../aggregation/index.js';
import { FormatError } from '../../formats/text/fault.js';
import { readText } from '../../formats/formats.js';
import { classColumn, predictionTable } from '../../formats/rows/tables.js';
import { mostColumns } from '../../formats/text/scanner.js';
import { refusing } from '../refusal.js';
import { bytesOf, type Votes } from './votes-file.js';

export const predictionsHelp = `
PREDICTIONS is a file of one model's probabilities, for the methods that read them: the columns item and p_<class> for every
class, also those without votes, one row an item; or item and probabilities, a list in the order of the classes. Rows of items without
votes are passed over.`;

/** The classes that a file of predictions has columns for, voted or not; none where it has a list. */
export async function predictedClasses(path: string): Promise<string[]> {
  if (path === '-') return [];
  const header = await refusing(path, async () => {
    for await (const { unread } of readText(bytesOf(path), { row: 'prediction', columns: { item: predictionTable([]).columns.item } }, { batchSize: 1, mostUnread: mostColumns })) return unread;
    return [];
  });
  const prefix = classColumn('');
  return header.filter((name) => name.length > prefix.length && name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

/**
 * One model's N x K probabilities, row-major, for the items of the votes.
 * @throws Refusal naming file, line and value; also for an item that comes twice, and for one that has votes and does not come at all.
 */
export async function readPredictions(path: string, { table, itemIds, classes }: Votes): Promise<Float64Array> {
  const K = classes.length;
  const probabilities = new Float64Array(table.itemCount * K).fill(NaN);
  await refusing(path, async () => {
    await eachPrediction(path, classes, (id, line, row) => {
      const item = itemIds.find(id);
      if (item < 0) return;
      if (!Number.isNaN(probabilities[item * K])) throw comesTwice(id, line);
      probabilities.set(checked(id, line, row, classes), item * K);
    });
    const shares = classShares(table);
    for (let item = 0; item < table.itemCount; item++) {
      if (!Number.isNaN(probabilities[item * K])) continue;
      // Of items that nobody gave a class nothing is said; like the service, what would be guessed of any item stands in.
      if (table.itemOffsets[item] === table.itemOffsets[item + 1]) probabilities.set(shares, item * K);
      else throw new FormatError(`item ${JSON.stringify(itemIds.text(item))} has votes, but no prediction here`);
    }
  });
  return probabilities;
}

/** Rows in the order of the file, the probabilities as they stand there. @throws FormatError at the first that cannot be read. */
export async function eachPrediction(
  path: string, classes: readonly string[], take: (id: string, line: number, probabilities: ArrayLike<number>) => void, look?: (unread: readonly string[]) => void,
): Promise<void> {
  for await (const { rows, rejects, unread } of readText(bytesOf(path), predictionTable(classes))) {
    look?.(unread);
    const refused = rejects[0];
    for (const row of rows) {
      if (refused && row.line > refused.line) break;
      take(row.item, row.line, row.probabilities);
    }
    if (refused) throw new FormatError(refused.message, refused.line);
  }
}

/** @throws FormatError unless the row is a distribution over the classes. */
export function checked(id: string, line: number, row: ArrayLike<number>, classes: readonly string[]): ArrayLike<number> {
  const K = classes.length;
  if (row.length !== K) throw new FormatError(`item ${JSON.stringify(id)} has ${row.length} probabilities for ${K} classes: ${classes.join(', ')}; name all classes by --classes`, line);
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const p = row[k]!;
    if (!(p >= 0 && p <= 1)) throw new FormatError(`p_${classes[k]!} ${p} is out of range; it must be from 0 to 1`, line);
    sum += p;
  }
  if (Math.abs(sum - 1) > 1e-6) throw new FormatError(`the probabilities of item ${JSON.stringify(id)} sum to ${sum}; they must sum to 1 within 1e-6`, line);
  return row;
}

export function comesTwice(id: string, line: number): FormatError {
  return new FormatError(`item ${JSON.stringify(id)} comes twice; keep one row`, line);
}
