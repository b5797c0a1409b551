import { looseName, namesOf, slotsByLooseName, slotsByName, type WantedColumn, type WantedColumns } from './scanner.js';

/** Which of the wanted columns each column of a file is. */
export interface MatchedHeader {
  /** For each column of the file its slot, -1 where nobody reads it. */
  slotOf: number[];
  /** Two columns of the file that are one slot's. */
  clash: { slot: number; names: [string, string] } | null;
}

/** Columns by their names, in any case and with blanks around; one that is named to the letter goes before one that is nearly. */
export function matchHeader(names: readonly string[], columns: WantedColumns): MatchedHeader {
  const slots = slotsByName(columns);
  const looseSlots = slotsByLooseName(columns);
  const exact = new Set(names.map((name) => slots.get(name)));
  const nameOf = new Map<number, string>();
  let clash: MatchedHeader['clash'] = null;
  const slotOf = names.map((name) => {
    const loose = looseSlots.get(looseName(name));
    const slot = slots.get(name) ?? (exact.has(loose) ? undefined : loose);
    if (slot === undefined) return -1;
    const other = nameOf.get(slot);
    if (other !== undefined) clash ??= { slot, names: [other, name] };
    nameOf.set(slot, name);
    return slot;
  });
  return { slotOf, clash };
}

/** The columns that a file must have and has not. @param slotOf as of `matchHeader` */
export function missingColumns(slotOf: readonly number[], columns: WantedColumns): WantedColumn[] {
  const there = new Set(slotOf);
  const slots = slotsByName(columns);
  return columns.filter(({ inHeader, required, insteadOf }, slot) => (inHeader || required) && !there.has(slot) && (insteadOf === undefined || !there.has(slots.get(insteadOf)!)));
}

/** What a file may call a column, for messages. */
export function namesShown(column: WantedColumn): string {
  return namesOf(column).join(' or ');
}

/**
 * What to do about missing columns, as the end of a message: columns that the file has by another name are told by a map, and a table
 * of votes that has neither annotators nor classes may have a column for each annotator.
 */
export function remedyFor(missing: readonly WantedColumn[]): string {
  const unnamed = missing.filter(({ from, insteadOf }) => from == null && insteadOf === undefined).map(({ name }) => name);
  if (unnamed.length === 0) return '';
  const map = unnamed.map((name) => `${name}=NAME`).join(',');
  const isWide = unnamed.includes('annotator') && unnamed.includes('class');
  return `; tell by --map ${map} (in a request ?map=${map}) what the file calls ${unnamed.length > 1 ? 'them' : 'it'}${isWide ? ', or by --wide (?wide=true) that each of its columns is an annotator\'s' : ''}`;
}
