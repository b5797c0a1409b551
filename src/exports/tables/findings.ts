import { findingCell, findingColumn, findingsOf } from '../../aggregation/index.js';
import type { Run } from '../../runs/run.entity.js';
import type { Column } from '../reading/column.js';

/** What a run found about items, or annotators: a column each, to stand behind the others. @param sql the numbers, a float8[] in the order of `names` */
export function findingColumns({ methodId }: Run, per: 'item' | 'annotator', names: readonly string[] | null, classes: readonly string[], sql: string): Column[] {
  const found = findingsOf(methodId, per).filter(({ name }) => names?.includes(name));
  if (found.length === 0) return [];
  const places = found.map(({ name }) => names!.indexOf(name));
  return [{
    names: found.map(findingColumn), sql,
    read: (rows, cells) => {
      const numbers = rows.isNull() ? [] : rows.float8s();
      found.forEach((spec, i) => cells.push(findingCell(spec, numbers[places[i]!], classes)));
    },
  }];
}
