import { FormatError } from '../../formats/text/fault.js';
import { readText } from '../../formats/formats.js';
import { predictionTable } from '../../formats/rows/tables.js';
import { refusing } from '../refusal.js';
import { bytesOf, type Votes } from './votes-file.js';

export const predictionsHelp = `
PREDICTIONS is a file of one model's probabilities, for the methods that read them: the columns item and p_<class> for every
class that has votes, one row an item; or item and probabilities, a list in the order of the classes. Rows of items without
votes are passed over.`;

/**
 * One model's N x K probabilities, row-major, for the items of the votes.
 * @throws Refusal naming file, line and value; also for an item that comes twice or not at all.
 */
export async function readPredictions(path: string, { table, itemIds, classes }: Votes): Promise<Float64Array> {
  const K = classes.length;
  const probabilities = new Float64Array(table.itemCount * K).fill(NaN);
  await refusing(path, async () => {
    for await (const { rows, rejects } of readText(bytesOf(path), predictionTable(classes))) {
      const refused = rejects[0];
      for (const row of rows) {
        if (refused && row.line > refused.line) break;
        const item = itemIds.find(row.item);
        if (item < 0) continue;
        if (!Number.isNaN(probabilities[item * K])) throw new FormatError(`item ${JSON.stringify(row.item)} comes twice; keep one row`, row.line);
        if (row.probabilities.length !== K) throw new FormatError(`item ${JSON.stringify(row.item)} has ${row.probabilities.length} probabilities for ${K} classes: ${classes.join(', ')}`, row.line);
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const p = row.probabilities[k]!;
          if (!(p >= 0 && p <= 1)) throw new FormatError(`p_${classes[k]!} ${p} is out of range; it must be from 0 to 1`, row.line);
          sum += probabilities[item * K + k] = p;
        }
        if (Math.abs(sum - 1) > 1e-6) throw new FormatError(`the probabilities of item ${JSON.stringify(row.item)} sum to ${sum}; they must sum to 1 within 1e-6`, row.line);
      }
      if (refused) throw new FormatError(refused.message, refused.line);
    }
    for (let item = 0; item < table.itemCount; item++) {
      if (Number.isNaN(probabilities[item * K])) throw new FormatError(`item ${JSON.stringify(itemIds.text(item))} has votes, but no prediction here`);
    }
  });
  return probabilities;
}
