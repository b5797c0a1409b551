import { predictionTable, type PredictionTable } from '../formats/rows/tables.js';
import type { Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import type { GivenVersion } from '../predictions/predictions.store.js';
import type { PredictionsService } from '../predictions/predictions.service.js';
import { answerOf, rowCounts, type BulkSink } from './bulk-sink.js';

/** Probabilities that are committed together: rows with very many classes come in smaller batches. */
const BATCH_NUMBERS = 1_000_000;

/** @param complete whether the version is complete with this upload, and may become the current one */
export function predictionsSink(
  predictions: PredictionsService, project: Project, actor: Actor, { complete, ...given }: GivenVersion & { complete: boolean },
): BulkSink<PredictionTable, (typeof rowCounts)[number]> {
  return {
    kind: `predictions ${JSON.stringify(given)}`,
    table: predictionTable(project.classes),
    counts: rowCounts,
    batchRows: Math.min(10_000, Math.max(1, Math.floor(BATCH_NUMBERS / project.classes.length))),
    async write(rows, note) {
      await predictions.submit(project, actor, given, rows, { finish: false, alongside: (transaction, results) => note(transaction, answerOf(results)) });
    },
    finish: (transaction, isWhole) => predictions.finish(transaction, project.id, given, isWhole && complete),
  };
}
