import { rejectedRow, requireRowCount, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';

/** The rows of a call whose external id may be used: where each id stands, and the answers to the others. */
export interface AcceptedRows {
  places: Map<string, number>;
  results: RowResult[];
}

/** @throws for too few or too many rows; a row with an id that is no text, or that came before, is refused alone. */
export function acceptRows<Row>(rows: readonly Row[], field: string, idOf: (row: Row) => string, faultOf?: (row: Row) => { code: string; message: string } | null): AcceptedRows {
  requireRowCount(rows, field);
  const places = new Map<string, number>();
  const results: RowResult[] = [];
  rows.forEach((row, index) => {
    const id = idOf(row);
    const textual = textFault(id);
    const earlier = places.get(id);
    const fault = textual ? null : faultOf?.(row);
    if (textual) results[index] = rejectedRow(index, 'INVALID_ID', `externalId ${excerpt(id)}: ${textual}`);
    else if (earlier != null) results[index] = rejectedRow(index, 'REPEATED_ROW', `externalId ${excerpt(id)} is row ${earlier} already`);
    else if (fault) results[index] = rejectedRow(index, fault.code, fault.message);
    else places.set(id, index);
  });
  return { places, results };
}
