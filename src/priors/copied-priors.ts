import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AssayError, invalid, limitExceeded, notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { ROWS_PER_CALL } from '../platform/row-result.js';
import { excerpt } from '../platform/text.js';
import type { Project } from '../projects/project.entity.js';
import { MATRIX_COLUMNS, matrixOf, type MatrixColumns } from '../results/packed-matrix.js';
import type { CheckedPrior } from './prior-row.js';
import { PriorKind } from './priors.inputs.js';

interface SourceRun { id: number; status: string; hasResults: boolean; classPriors: number[] | null }
interface SourceRow extends MatrixColumns { annotator: string; votes: number; accuracy: number; confusionLabels: number[] | null }

/** What a run of another project found out about annotators, as priors of this one. */
@Injectable()
export class CopiedPriors {
  constructor(private readonly source: DataSource) {}

  /** @throws NOT_FOUND for a run of another project as for an absent one; CONFLICT for one without results. */
  async runOf(project: Project, id: string | null): Promise<SourceRun> {
    const [ofProject, named] = id == null ? [project.id, project.currentRunId] : readGlobalId('Run', id);
    if (id == null && named == null) throw new AssayError('CONFLICT', `the project ${excerpt(project.name)} has no current run, from which something would be known; start one there`);
    const rows: SourceRun[] = ofProject !== project.id || named == null ? [] : await this.source.query(
      `select id, status, results_dropped_at is null as "hasResults", class_priors as "classPriors" from runs where project_id = $1 and id = $2`, [project.id, named],
    );
    if (rows.length === 0) throw notFound('run', id ?? '');
    if (rows[0]!.status !== 'SUCCEEDED' || !rows[0]!.hasResults) throw new AssayError('CONFLICT', `the run ${id ?? 'that is current'} has no results to take over; choose one that succeeded and whose results are still there`);
    return rows[0]!;
  }

  /**
   * Of the annotators named, or of all with votes, in the order of their codes; whoever the run knows nothing of is left out.
   * @throws LIMIT_EXCEEDED where all are more than a call may carry; INVALID_INPUT where the classes are others.
   */
  async read(from: Project, run: SourceRun, to: Project, kind: PriorKind, mostVotes: number, ids: readonly string[] | null): Promise<Omit<CheckedPrior, 'index'>[]> {
    const places = kind === PriorKind.CONFUSION ? placesOf(from.classes, to.classes) : null;
    const rows: SourceRow[] = await this.source.query(
      `select annotators.external_id as annotator, annotator_results.votes, accuracy${places ? `, confusion_labels as "confusionLabels", ${MATRIX_COLUMNS}` : ''}
       from annotator_results join annotators on annotators.project_id = $1 and annotators.code = annotator_results.annotator_code
       where annotator_results.project_id = $1 and run_id = $2 and ($3::text[] is null or annotators.external_id = any($3))
       order by annotator_code limit $4`,
      [from.id, run.id, ids, ROWS_PER_CALL + 1],
    );
    if (rows.length > ROWS_PER_CALL) throw limitExceeded(`the run read votes of more than ${ROWS_PER_CALL} annotators; name those who are to be known`, 'input.annotators');
    const source = { projectId: from.id, runId: run.id };
    return rows.flatMap((row) => {
      const votes = Math.min(row.votes, mostVotes);
      const cells = places && cellsOf(row, from.classes.length, run.classPriors, places);
      if (places && !cells) return [];
      return [{ annotator: row.annotator, votes, accuracy: cells ? null : row.accuracy, cells, reason: null, source }];
    });
  }
}

/** Of each class of `from` its place in `to`. @throws INVALID_INPUT naming what one of them lacks. */
function placesOf(from: readonly string[], to: readonly string[]): number[] {
  const missing = [...from.filter((name) => !to.includes(name)), ...to.filter((name) => !from.includes(name))];
  if (missing.length === 0) return from.map((name) => to.indexOf(name));
  throw invalid(`the projects do not have the same classes: ${missing.slice(0, 10).map((name) => excerpt(name)).join(', ')} ${missing.length === 1 ? 'is' : 'are'} in one alone; take over accuracies (kind: ACCURACY), which ask nothing of classes`, 'input.kind');
}

/** Expected counts of answers by true class, up to a common factor. @returns null without a matrix */
function cellsOf(row: SourceRow, K: number, classPriors: number[] | null, places: readonly number[]): CheckedPrior['cells'] {
  const chances = matrixOf(row, K);
  if (!chances || !row.confusionLabels) return null;
  const cells = { truths: [] as number[], labels: [] as number[], counts: [] as number[] };
  row.confusionLabels.forEach((label, r) => {
    for (let k = 0; k < K; k++) {
      const count = row.votes * (classPriors?.[k] ?? 1 / K) * chances[r * K + k]!;
      if (!(count > 0)) continue;
      cells.truths.push(places[k]!);
      cells.labels.push(places[label]!);
      cells.counts.push(count);
    }
  });
  return cells.counts.length > 0 ? cells : null;
}
