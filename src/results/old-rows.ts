import type pg from 'pg';
import { readCopy } from '../platform/database/binary-copy-reader.js';
import type { Asked } from '../platform/database/prepared.js';
import { Connection } from '../platform/database/connection.js';
import type { RunKey } from './blocks.js';
import { LabelWriter } from './label-writer.js';
import { sqlKey } from './stored-labels.js';

/**
 * Before a run's blocks are read: waits until its labels are in them.
 * @returns whether that is known for good: a run under way may be an older process's
 */
export async function labelsReady(database: Asked, url: string, key: RunKey): Promise<boolean> {
  const [run] = await database.query<{ inBlocks: boolean }>(
    `select label_blocks_since is not null as "inBlocks" from runs where project_id = $1 and id = $2 and status = 'SUCCEEDED' and results_dropped_at is null`, [key.projectId, key.runId],
  );
  if (run && !run.inBlocks) await convertRows(url, key);
  return run != null;
}

/** Begins to read one moment of the database, in which the labels of the project's current run are in blocks. */
export async function beginWithLabels(client: pg.ClientBase, url: string, projectId: number): Promise<void> {
  for (;;) {
    await client.query('begin isolation level repeatable read, read only');
    const { rows: [old] } = await client.query<{ runId: number }>(
      `select run.id::float8 as "runId" from projects project join runs run on run.project_id = project.id and run.id = project.current_run_id
       where project.id = $1 and run.status = 'SUCCEEDED' and run.label_blocks_since is null and run.results_dropped_at is null`, [projectId],
    );
    if (!old) return;
    await client.query('rollback');
    await convertRows(url, { projectId, runId: old.runId });
  }
}

/** Writes a run's rows into blocks, in a transaction of its own. */
async function convertRows(url: string, key: RunKey): Promise<void> {
  const writing = await Connection.open(url, 'assay old results');
  try {
    await writing.query('begin');
    await rowsToBlocks(writing, url, key);
    await writing.query('commit');
  } finally {
    // Without a commit this rolls back.
    await writing.end();
  }
}

/**
 * Writes the rows that an older version made of a run's soft labels into blocks. The rows stay, for processes of that version.
 * The run's row is held: whoever comes second finds it done.
 * @param writing amid a transaction @param url of the database, for a second connection that reads
 * @returns whether it was still to be done
 */
export async function rowsToBlocks(writing: pg.ClientBase, url: string, { projectId, runId }: RunKey): Promise<boolean> {
  const { rows: [run] } = await writing.query<OldRun>(
    `select run.item_count as "itemCount", cardinality(project.classes) as "classCount", coalesce(cardinality(run.item_findings), 0) as findings
     from runs run join projects project on project.id = run.project_id
     where run.project_id = $1 and run.id = $2 and run.status = 'SUCCEEDED' and run.label_blocks_since is null and run.results_dropped_at is null for update of run`,
    [projectId, runId],
  );
  if (!run) return false;
  const reading = await Connection.open(url, 'assay old results');
  try {
    await copyRows(reading, new LabelWriter(writing, { projectId, runId }, run.itemCount, run.classCount), { projectId, runId }, run);
  } finally {
    await reading.end();
  }
  await writing.query(`update runs set label_blocks_since = clock_timestamp() where project_id = $1 and id = $2`, [projectId, runId]);
  return true;
}

interface OldRun {
  itemCount: number;
  classCount: number;
  /** How many numbers were found about each item. */
  findings: number;
}

async function copyRows(reading: pg.Client, writer: LabelWriter, key: RunKey, { itemCount, classCount, findings }: OldRun): Promise<void> {
  const { projectId, runId } = sqlKey(key);
  const columns = Array.from({ length: findings }, () => new Float64Array(itemCount).fill(NaN));
  const row = new Float64Array(Math.max(classCount, findings));
  const query = `select item_code, votes, probabilities, findings from soft_labels where project_id = ${projectId} and run_id = ${runId} order by item_code`;
  for await (const rows of readCopy(reading, query)) {
    while (rows.next()) {
      const [item, votes] = [rows.int4(), rows.int4()];
      rows.float8Array(row, 0);
      writer.add(item, votes, row, 0);
      if (rows.isNull()) continue;
      rows.float8Array(row, 0);
      columns.forEach((column, f) => (column[item] = row[f]!));
    }
    if (writer.isFull) await writer.flush();
  }
  await writer.end(columns);
}
