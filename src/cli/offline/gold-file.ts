import { calibration, VoteTable } from '../../aggregation/index.js';
import { FormatError } from '../../formats/text/fault.js';
import { readText } from '../../formats/formats.js';
import { goldTable } from '../../formats/rows/tables.js';
import { refusing } from '../refusal.js';
import { bytesOf } from './votes-file.js';

export const goldHelp = `
GOLD is a file of the same kinds with the columns item and class (or label, or gold). It is for scoring alone: no method sees it.`;

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
 * Scores of the items that have votes and gold; null when there are none. A gold answer that no vote ever named is a class
 * that every soft label gives probability 0.
 */
export function scored(gold: ReadonlyMap<string, string>, codeOf: (item: string) => number, votes: VoteTable, classes: readonly string[], posteriors: Float64Array): GoldScores | null {
  const indices = new Map(classes.map((name, k) => [name, k]));
  const answers: number[] = [];
  const items: number[] = [];
  for (const [id, answer] of gold) {
    const item = codeOf(id);
    if (item < 0 || votes.itemOffsets[item] === votes.itemOffsets[item + 1]) continue;
    if (!indices.has(answer)) indices.set(answer, indices.size);
    items.push(item);
    answers.push(indices.get(answer)!);
  }
  if (items.length === 0) return null;
  const K = indices.size;
  const rows = new Float64Array(items.length * K);
  items.forEach((item, row) => rows.set(posteriors.subarray(item * classes.length, (item + 1) * classes.length), row * K));
  const { accuracy, nll, brier, ece } = calibration(rows, K, answers);
  return { goldItems: items.length, accuracy, nll, brier, ece };
}
