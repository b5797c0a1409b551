import { calibration, NearClasses, type VoteTable } from '../../aggregation/index.js';
import { FormatError } from '../../formats/text/fault.js';
import { readText } from '../../formats/formats.js';
import { goldTable } from '../../formats/rows/tables.js';
import { Refusal, refusing } from '../refusal.js';
import { bytesOf, type Votes } from './votes-file.js';

export const goldHelp = `
GOLD is a file of the same kinds with the columns item and class (or label, or gold). It is for scoring alone: no method sees
it, unless --gold-as-input hands it on.`;

export interface GoldScores {
  /** Items with votes and a gold answer, which is what is scored. */
  goldItems: number;
  /** An item whose best class is shared by t classes counts 1/t if the gold answer is one of them. */
  accuracy: number;
  nll: number;
  brier: number;
  ece: number;
}

/** Item to gold answer. @throws Refusal naming file, line and value, also for an item with two different answers. */
export async function readGold(path: string): Promise<Map<string, string>> {
  return refusing(path, async () => {
    const gold = new Map<string, string>();
    for await (const { rows, rejects } of readText(bytesOf(path), goldTable)) {
      const refused = rejects[0];
      for (const { line, item, class: answer } of rows) {
        if (refused && line > refused.line) break;
        const before = gold.get(item) ?? answer;
        if (before !== answer) throw new FormatError(`item ${JSON.stringify(item)} has the gold answer ${JSON.stringify(answer)}, and before ${JSON.stringify(before)}; keep one`, line);
        gold.set(item, answer);
      }
      if (refused) throw new FormatError(refused.message, refused.line);
    }
    if (gold.size === 0) throw new FormatError('there are no gold answers');
    return gold;
  });
}

/**
 * The answers as the library has them: N class indices, -1 where unknown. Answers for items that are not in the file of votes are passed over.
 * @throws Refusal for an answer that is no class, naming it: scored as wrong, or kept from the method, it would be a mistake without a word.
 */
export function goldAnswers(path: string, gold: ReadonlyMap<string, string>, { table, itemIds, classes }: Votes): Int32Array {
  const indices = new Map(classes.map((name, k) => [name, k]));
  const answers = new Int32Array(table.itemCount).fill(-1);
  for (const [id, answer] of gold) {
    const item = itemIds.find(id);
    if (item < 0) continue;
    const k = indices.get(answer);
    if (k === undefined) {
      const near = new NearClasses(classes).nearest(answer);
      const hint = near === null ? 'name all classes by --classes, if it is one without votes' : `${JSON.stringify(near)} is one`;
      throw new Refusal(`${path}: the gold answer ${JSON.stringify(answer)} of item ${JSON.stringify(id)} is not among the classes ${classes.slice(0, 10).map((name) => JSON.stringify(name)).join(', ')}; ${hint}`);
    }
    answers[item] = k;
  }
  return answers;
}

/** Scores of the items that have votes and gold; null when there are none. @param gold N class indices, -1 where unknown */
export function scored(gold: Int32Array, votes: VoteTable, posteriors: Float64Array): GoldScores | null {
  const { classCount: K, itemOffsets } = votes;
  const items = Array.from(gold.keys()).filter((item) => gold[item]! >= 0 && itemOffsets[item + 1]! > itemOffsets[item]!);
  if (items.length === 0) return null;
  const rows = new Float64Array(items.length * K);
  items.forEach((item, row) => rows.set(posteriors.subarray(item * K, (item + 1) * K), row * K));
  const { accuracy, nll, brier, ece } = calibration(rows, K, items.map((item) => gold[item]!));
  return { goldItems: items.length, accuracy, nll, brier, ece };
}
