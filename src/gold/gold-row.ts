import { rejectedRow, requireRowCount, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { ClassNames } from '../projects/class-names.js';

/** One row as a caller sends it, from GraphQL or a bulk file. */
export interface GoldRow {
  item: string;
  class: string;
  reason?: string | null;
}

/** A row that may be written, but for its item's code. */
export interface CheckedGold {
  index: number;
  item: string;
  classIndex: number;
  reason: string | null;
}

const REASON_BYTES = 10_000;

/**
 * Rows that may be written, and the results of those that may not.
 * @throws for no rows and for too many.
 */
export function checkGoldRows(rows: readonly GoldRow[], classes: readonly string[]): { accepted: CheckedGold[]; results: RowResult[] } {
  requireRowCount(rows, 'input.rows');
  const names = new ClassNames(classes);
  const { accepted, results } = checkItems(rows.map((row) => row.item));
  const checked: CheckedGold[] = [];
  for (const [item, index] of accepted) {
    const { class: name, reason = null } = rows[index]!;
    const answer = names.indexOf(name);
    const fault = reason == null ? null : textFault(reason, REASON_BYTES);
    if (answer == null) results[index] = rejectedRow(index, 'UNKNOWN_CLASS', names.refusal(name, names.nearest(name)));
    else if (fault) results[index] = rejectedRow(index, 'INVALID_REASON', `reason ${excerpt(reason)}: ${fault}`);
    else checked.push({ index, item, classIndex: answer, reason });
  }
  return { accepted: checked, results };
}

/** Items that are named, each with the row that names it first, and the results of the other rows. */
export function checkItems(ids: readonly string[]): { accepted: Map<string, number>; results: RowResult[] } {
  requireRowCount(ids, 'input.rows');
  const accepted = new Map<string, number>();
  const results: RowResult[] = [];
  ids.forEach((id, index) => {
    const fault = textFault(id);
    const earlier = accepted.get(id);
    if (fault) results[index] = rejectedRow(index, 'INVALID_ID', `item ${excerpt(id)}: ${fault}`);
    else if (earlier != null) results[index] = rejectedRow(index, 'REPEATED_ROW', `item ${excerpt(id)} is row ${earlier} already`);
    else accepted.set(id, index);
  });
  return { accepted, results };
}
