import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../../platform/request-context.js';
import { MATRIX_COLUMNS, matrixOf } from '../../results/packed-matrix.js';
import { wilsonInterval } from './accuracy.js';
import type { AnnotatorResult, ConfusionMatrix, ConfusionRow } from './annotator-result.entity.js';

const FIGURES = `annotator_code as "annotatorCode", quality, accuracy, accuracy_low as "accuracyLow", accuracy_high as "accuracyHigh"`;
/** K x K numbers may be many: they are read only where they were asked for. */
const CONFUSION = `annotator_code as "annotatorCode", confusion_labels as "confusionLabels", ${MATRIX_COLUMNS}, confusion_evidence as "confusionEvidence",
  (select confusion_implied from runs where runs.project_id = annotator_results.project_id and runs.id = annotator_results.run_id) as "confusionImplied"`;

const WHERE = 'project_id = $1 and annotator_code = any($2) and run_id = coalesce($3::bigint, (select current_run_id from projects where id = $1))';
/** Up to so many numbers, what matrices may have is what they are counted as. Beyond, it is asked for first: most annotators use few of many classes. */
const NUMBERS_UNASKED = 2 ** 17;

/** Of the named run, else of the project's current one; all annotators asked for at once are one statement. */
@Injectable()
export class AnnotatorResultsService {
  constructor(private readonly source: DataSource) {}

  figures(context: RequestContext, projectId: number, runId: number | null, annotatorCode: number): Promise<AnnotatorResult | null> {
    return this.load(context, 'figures', FIGURES, projectId, runId, annotatorCode, async () => {});
  }

  async confusion(context: RequestContext, projectId: number, runId: number | null, annotatorCode: number, classes: string[]): Promise<ConfusionMatrix | null> {
    const K = classes.length;
    const row = await this.load(context, 'confusion', CONFUSION, projectId, runId, annotatorCode, async (codes) => {
      context.budget?.spendNumbers(codes.length * K * K <= NUMBERS_UNASKED ? codes.length * K * K : K * await this.countRows(projectId, runId, codes));
    });
    const numbers = row && matrixOf(row, K);
    if (!row?.confusionLabels || !numbers) return null;
    const { confusionLabels, confusionEvidence } = row;
    return {
      classes,
      rows: confusionLabels.map((label, r) => rowOf(classes[label]!, Array.from(numbers.subarray(r * K, (r + 1) * K)), confusionEvidence)),
      implied: row.confusionImplied ?? false,
    };
  }

  /** Of the matrices: one for each class that was voted for. */
  private async countRows(projectId: number, runId: number | null, codes: readonly number[]): Promise<number> {
    const [row] = await this.source.query<{ count: number }[]>(`select coalesce(sum(cardinality(confusion_labels)), 0)::int8 as count from annotator_results where ${WHERE}`, [projectId, codes, runId]);
    return row!.count;
  }

  /** @param spend told whose rows are about to be read */
  private load(
    context: RequestContext, what: string, columns: string, projectId: number, runId: number | null, code: number, spend: (codes: readonly number[]) => Promise<void>,
  ) {
    return context.loader<number, AnnotatorResult>(`${what}:${projectId}:${runId ?? 'current'}`, async (codes) => {
      await spend(codes);
      const rows: AnnotatorResult[] = await this.source.query(
        `select ${columns} from annotator_results where ${WHERE}`, [projectId, codes, runId],
      );
      const found = new Map(rows.map((row) => [row.annotatorCode, row]));
      return codes.map((annotator) => found.get(annotator) ?? null);
    }).load(code);
  }
}

/** @param evidence votes and pseudo-votes behind each column; null where the method does not tell */
function rowOf(vote: string, probabilities: number[], evidence: number[] | null): ConfusionRow {
  const intervals = evidence && probabilities.map((p, k) => wilsonInterval(p, evidence[k]!));
  return { vote, probabilities, low: intervals && intervals.map(({ low }) => low), high: intervals && intervals.map(({ high }) => high) };
}
