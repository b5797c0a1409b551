import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../../platform/request-context.js';
import type { AnnotatorResult, ConfusionMatrix } from './annotator-result.entity.js';

const FIGURES = `annotator_code as "annotatorCode", quality, accuracy, accuracy_low as "accuracyLow", accuracy_high as "accuracyHigh"`;
/** K x K numbers may be many: they are read only where they were asked for. */
const CONFUSION = `annotator_code as "annotatorCode", confusion_labels as "confusionLabels", confusion_values as "confusionValues",
  (select confusion_implied from runs where runs.project_id = annotator_results.project_id and runs.id = annotator_results.run_id) as "confusionImplied"`;

/** Of the named run, else of the project's current one; all annotators asked for at once are one statement. */
@Injectable()
export class AnnotatorResultsService {
  constructor(private readonly source: DataSource) {}

  figures(context: RequestContext, projectId: number, runId: number | null, annotatorCode: number): Promise<AnnotatorResult | null> {
    return this.load(context, 'figures', FIGURES, projectId, runId, annotatorCode);
  }

  async confusion(context: RequestContext, projectId: number, runId: number | null, annotatorCode: number, classes: string[]): Promise<ConfusionMatrix | null> {
    const row = await this.load(context, 'confusion', CONFUSION, projectId, runId, annotatorCode);
    if (!row?.confusionLabels || !row.confusionValues) return null;
    const { confusionLabels, confusionValues } = row;
    const K = classes.length;
    return {
      classes,
      rows: confusionLabels.map((label, r) => ({ vote: classes[label]!, probabilities: confusionValues.slice(r * K, (r + 1) * K) })),
      implied: row.confusionImplied ?? false,
    };
  }

  private load(context: RequestContext, what: string, columns: string, projectId: number, runId: number | null, code: number) {
    return context.loader<number, AnnotatorResult>(`${what}:${projectId}:${runId ?? 'current'}`, async (codes) => {
      const rows: AnnotatorResult[] = await this.source.query(
        `select ${columns} from annotator_results
         where project_id = $1 and annotator_code = any($2)
           and run_id = coalesce($3::bigint, (select current_run_id from projects where id = $1))`,
        [projectId, codes, runId],
      );
      const found = new Map(rows.map((row) => [row.annotatorCode, row]));
      return codes.map((annotator) => found.get(annotator) ?? null);
    }).load(code);
  }
}
