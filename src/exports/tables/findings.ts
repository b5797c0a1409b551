import { findingCell, findingColumn, findingsOf } from '../../aggregation/index.js';
import type { CellValue } from '../../formats/text/writer.js';
import type { Run } from '../../runs/run.entity.js';
import type { Column } from '../reading/column.js';

/** What a run found about items, or annotators: a column each, to stand behind the others. */
export interface FindingCells {
  names: string[];
  /** Appends a cell for each name. @param number what was found, by its place among the run's names; NaN and undefined are unknown */
  write: (number: (place: number) => number | undefined, cells: CellValue[]) => void;
}

export function findingCells({ methodId }: Run, per: 'item' | 'annotator', names: readonly string[] | null, classes: readonly string[]): FindingCells {
  const found = findingsOf(methodId, per).filter(({ name }) => names?.includes(name));
  const places = found.map(({ name }) => names!.indexOf(name));
  return { names: found.map(findingColumn), write: (number, cells) => found.forEach((spec, i) => cells.push(findingCell(spec, number(places[i]!), classes))) };
}

/** @param sql the numbers, a float8[] in the order of `names` */
export function findingColumns(run: Run, per: 'item' | 'annotator', names: readonly string[] | null, classes: readonly string[], sql: string): Column[] {
  const { names: columns, write } = findingCells(run, per, names, classes);
  if (columns.length === 0) return [];
  return [{
    names: columns, sql,
    read: (rows, cells) => {
      const numbers = rows.isNull() ? [] : rows.float8s();
      write((place) => numbers[place], cells);
    },
  }];
}
