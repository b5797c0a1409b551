import { goldTable } from '../formats/rows/tables.js';
import type { GoldService } from '../gold/gold.service.js';
import type { Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { answerOf, rowCounts, type BulkSink } from './bulk-sink.js';

export function goldSink(gold: GoldService, project: Project, actor: Actor): BulkSink<typeof goldTable, (typeof rowCounts)[number]> {
  return {
    kind: 'gold',
    table: goldTable,
    counts: rowCounts,
    batchRows: 10_000,
    async write(rows, note) {
      await gold.set(project, actor, rows, { alongside: (transaction, results) => note(transaction, answerOf(results)) });
    },
  };
}
