import { FormatError, shown } from '../text/fault.js';
import { matchHeader, missingColumns, namesShown, remedyFor } from '../text/header.js';
import { looseName, slotsByLooseName, type WantedColumns } from '../text/scanner.js';
import type { CsvHeader, ReadHeader } from './csv-scanner.js';

/** Columns that a message names. */
const mostNamed = 20;

/** The usual header: the wanted columns by their names, in any order, and others that nobody reads. */
export class NamedColumns implements CsvHeader {
  private readonly known;

  constructor(private readonly columns: WantedColumns) {
    this.known = slotsByLooseName(columns);
  }

  weight(cells: readonly string[]): number {
    return cells.filter((cell) => this.known.has(looseName(cell))).length;
  }

  read(names: readonly string[], line: number): ReadHeader {
    const { columns } = this;
    const { slotOf, clash } = matchHeader(names, columns);
    if (clash) throw new FormatError(`the header has ${clash.names.map((name) => JSON.stringify(name)).join(' and ')}, both for ${columns[clash.slot]!.name}; keep one`, line);
    const missing = missingColumns(slotOf, columns);
    if (missing.length > 0) {
      const text = names.join(',');
      const hint = names.length === 1 && text.includes('|') ? '; cells are separated by commas, tabs or semicolons' : remedyFor(missing);
      throw new FormatError(`the header has the columns ${shown(Buffer.from(text))}, and needs ${this.needed()}${hint}`, line);
    }
    return { slotOf, slots: columns.length };
  }

  absent(): string {
    return `the file is empty; a header with ${this.needed()} is needed`;
  }

  private needed(): string {
    const all = this.columns.filter(({ inHeader, required }) => inHeader || required).map(namesShown);
    return all.length > mostNamed ? `${all.slice(0, mostNamed).join(', ')} and ${all.length - mostNamed} more` : all.join(', ');
  }
}
