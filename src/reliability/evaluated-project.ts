import type { Client } from 'pg';
import type { RunParameters } from '../aggregation/index.js';
import { readCopy, sqlInteger } from '../platform/database/binary-copy-reader.js';
import { unpackRow } from '../results/packed-matrix.js';
import { changesOf } from '../projects/vote-changes.js';

/** What an evaluation reads of a project beside its votes, in one snapshot with them. */
export interface EvaluatedProject {
  id: number;
  classes: string[];
  runId: number | null;
  pauseRule: string | null;
  /** Tell whether anything was written since: as project_counts and gold_answers have it. */
  changes: number;
  goldSeq: number;
  itemCount: number;
  annotatorCount: number;
}

/** @returns null where the project is gone. */
export async function readProject(client: Client, projectId: number): Promise<EvaluatedProject | null> {
  const { rows } = await client.query<EvaluatedProject>(
    `select project.id, project.classes, project.current_run_id::float8 as "runId", project.pause_rule as "pauseRule",
            next_item_code as "itemCount", next_annotator_code as "annotatorCount", happened.changes::float8 as changes, happened.gold::float8 as "goldSeq"
     from projects project join project_codes on project_codes.project_id = project.id cross join lateral (${HAPPENED}) happened
     where project.id = $1`,
    [projectId],
  );
  return rows[0] ?? null;
}

/** For `cross join lateral`, over the alias project. Counts only grow, and the newest ticket of gold tells of each of its changes. */
export const HAPPENED = `
  select ${changesOf('project.id')} as changes,
         greatest((select coalesce(max(seq), 0) from gold_answers where project_id = project.id),
                  (select coalesce(max(ended_seq), 0) from gold_answers where project_id = project.id and ended_seq is not null)) as gold`;

/** @returns null without a current run, or where that one left no matrices (a method without any over very many classes). */
export async function readParameters(client: Client, { id, runId, classes, annotatorCount }: EvaluatedProject): Promise<RunParameters | null> {
  if (runId == null) return null;
  const { rows: [run] } = await client.query<{ priors: number[] | null; labels: number[] | null; values: number[] | null }>(
    `select class_priors as priors, pooled_labels as labels, pooled_values as values from runs where project_id = $1 and id = $2`, [id, runId],
  );
  if (!run?.priors || !run.labels || !run.values) return null;
  return {
    classPriors: Float64Array.from(run.priors),
    confusion: await readMatrices(client, id, runId, classes.length, annotatorCount),
    pooled: { offsets: Int32Array.of(0, run.labels.length), labels: Int32Array.from(run.labels), values: Float64Array.from(run.values) },
  };
}

async function readMatrices(client: Client, projectId: number, runId: number, K: number, annotatorCount: number): Promise<RunParameters['confusion']> {
  const { rows } = await client.query<{ code: number; labels: number[] }>(
    `select annotator_code as code, confusion_labels as labels from annotator_results
     where project_id = $1 and run_id = $2 and confusion_labels is not null order by annotator_code`, [projectId, runId],
  );
  const offsets = new Int32Array(annotatorCount + 1);
  for (const { code, labels } of rows) offsets[code + 1] = labels.length;
  for (let annotator = 0; annotator < annotatorCount; annotator++) offsets[annotator + 1]! += offsets[annotator]!;
  const values = new Float64Array(offsets[annotatorCount]! * K);
  let at = 0;
  for await (const copied of readCopy(client, `
    select confusion_values, confusion_starts, confusion_rows from annotator_results
    where project_id = ${sqlInteger(projectId)} and run_id = ${sqlInteger(runId)} and confusion_labels is not null order by annotator_code`)) {
    while (copied.next()) {
      if (!copied.isNull()) {
        at += copied.float8Array(values, at);
        continue;
      }
      const packed = { starts: Int32Array.from(copied.int4s()), bytes: copied.raw() };
      for (let row = 0; row + 1 < packed.starts.length; row++, at += K) unpackRow(packed, row, K, values, at);
    }
  }
  return { offsets, labels: Int32Array.from(rows.flatMap((row) => row.labels)), values };
}

/** N classes, -1 where nobody told. */
export async function readGold(client: Client, { id, itemCount }: EvaluatedProject): Promise<Int32Array> {
  const gold = new Int32Array(itemCount).fill(-1);
  for await (const rows of readCopy(client, `select item_code, class_index from gold_answers where project_id = ${sqlInteger(id)} and ended_seq is null`)) {
    while (rows.next()) gold[rows.int4()] = rows.int2();
  }
  return gold;
}

/** M counts of answers without a class. */
export async function readSkips(client: Client, { id, annotatorCount }: EvaluatedProject): Promise<Int32Array> {
  const skips = new Int32Array(annotatorCount);
  const { rows } = await client.query<{ code: number; skips: number }>(
    `select annotator_code as code, other_outcomes as skips from annotator_counts where project_id = $1 and other_outcomes > 0`, [id],
  );
  for (const row of rows) skips[row.code] = row.skips;
  return skips;
}
