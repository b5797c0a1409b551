import { itemTable } from '../formats/rows/tables.js';
import type { ItemsService } from '../items/items.service.js';
import type { Project } from '../projects/project.entity.js';
import { answerOf, rowCounts, type BulkSink } from './bulk-sink.js';

export function itemsSink(items: ItemsService, project: Project): BulkSink<typeof itemTable, (typeof rowCounts)[number]> {
  return {
    kind: 'items',
    table: itemTable,
    counts: rowCounts,
    batchRows: 10_000,
    async write(rows, note) {
      const given = rows.map(({ item, payload }) => ({ item, payload }));
      await items.add(project, given, (transaction, results) => note(transaction, answerOf(results)));
    },
  };
}
