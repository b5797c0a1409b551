import pg from 'pg';
import { classScale, VoteTable } from '../aggregation/index.js';
import { copiedVotes, integer, type Snapshot } from '../runs/snapshot/copied-votes.js';
import type { ReportTask } from '../reports/report-kind.js';
import type { VoteSelection } from './vote-selection.js';

/** When a vote was given, or else received. */
export const GIVEN_AT = 'coalesce(voted_at, received_at)';

/** SQL of the class votes that stood at the watermark and are selected; items are not selected here. */
export function selectedVotes(task: ReportTask<{ selection: VoteSelection }>): string {
  return `${selectedAnswers(task)} and outcome = 0`;
}

/** The same of votes of every outcome. */
export function selectedAnswers({ projectId, watermark, request: { selection } }: ReportTask<{ selection: VoteSelection }>): string {
  const { annotators, timeFrom, timeTo, guidelineVersions } = selection;
  return [
    `from votes where project_id = ${integer(projectId)} and seq <= ${integer(watermark)} and (ended_seq is null or ended_seq > ${integer(watermark)})`,
    ...(annotators ? [`annotator_code = any('{${annotators.map(integer).join()}}'::int4[])`] : []),
    ...(timeFrom != null ? [`${GIVEN_AT} >= ${pg.escapeLiteral(timeFrom)}::timestamptz`] : []),
    ...(timeTo != null ? [`${GIVEN_AT} < ${pg.escapeLiteral(timeTo)}::timestamptz`] : []),
    ...(guidelineVersions ? [`guideline_version = any(array[${guidelineVersions.map((version) => pg.escapeLiteral(version)).join()}]::text[])`] : []),
  ].join(' and ');
}

/** In no order; a vote table brings them into its own. */
export async function readSelectedVotes(client: pg.Client, task: ReportTask<{ selection: VoteSelection }>): Promise<Snapshot> {
  // The log is read in its order, as snapshots are.
  await client.query('set local enable_bitmapscan = off');
  return copiedVotes(client, `select item_code, annotator_code, class_index ${selectedVotes(task)}`);
}

/** @param classes the names, in the project's order */
export function voteTable(votes: Snapshot, { itemCount, annotatorCount }: Pick<ReportTask<object>, 'itemCount' | 'annotatorCount'>, classes: readonly string[]): VoteTable {
  return new VoteTable({ ...votes, itemCount, annotatorCount, classCount: classes.length, classScale: classScale(classes, true) });
}
