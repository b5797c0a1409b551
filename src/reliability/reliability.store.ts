import type { Client } from 'pg';
import { BinaryCopy } from '../platform/database/binary-copy.js';
import type { EvaluatedProject } from './evaluated-project.js';
import type { Figures } from './figures.js';
import type { Flag } from './flags.js';

const COLUMNS = [
  'agreement', 'chance', 'informedness', 'accuracy', 'accuracy_low', 'accuracy_high', 'gold_accuracy', 'gold_accuracy_low', 'gold_accuracy_high',
  'top_class_share', 'median_seconds', 'recent_accuracy',
  'project_id', 'annotator_code', 'votes', 'gold_votes', 'timed_votes', 'recent_votes', 'skips', 'top_class',
];

/**
 * Replaces a project's figures and brings its flags up to date, in one transaction.
 * @param startedAt the moment, by the database, that the figures are of
 * @returns false where newer ones stand already, or the project is gone
 */
export async function storeFigures(client: Client, project: EvaluatedProject, figures: readonly Figures[], flags: readonly Flag[], startedAt: string, seconds: () => number): Promise<boolean> {
  await client.query('begin');
  // Nobody deletes the project until the commit; of one that was deleted nothing may be written any more.
  const held = await client.query(`select 1 from projects where id = $1 for key share`, [project.id]);
  if (held.rowCount === 0) {
    await client.query('rollback');
    return false;
  }
  const { rowCount } = await client.query(
    `insert into reliability_states as state (project_id, requested_at, evaluated_at, run_id, changes, gold_seq, pause_rule)
     values ($1, $2, $2, $3, $4, $5, $6)
     on conflict (project_id) do update set evaluated_at = $2, run_id = $3, changes = $4, gold_seq = $5, pause_rule = $6
       where state.evaluated_at is null or state.evaluated_at <= $2`,
    [project.id, startedAt, project.runId, project.changes, project.goldSeq, project.pauseRule],
  );
  if (rowCount === 0) {
    await client.query('rollback');
    return false;
  }
  await client.query(`delete from annotator_reliability where project_id = $1`, [project.id]);
  await writeFigures(client, project.id, figures);
  await writeFlags(client, project.id, flags);
  await client.query(`update reliability_states set seconds = $2 where project_id = $1`, [project.id, seconds()]);
  await client.query('commit');
  return true;
}

async function writeFigures(client: Client, projectId: number, figures: readonly Figures[]): Promise<void> {
  const copy = new BinaryCopy(client, 'annotator_reliability', COLUMNS);
  for (const one of figures) {
    copy.row(COLUMNS.length);
    const numbers = [
      one.agreement, one.chance, one.informedness, one.accuracy.value, one.accuracy.low, one.accuracy.high,
      one.goldAccuracy.value, one.goldAccuracy.low, one.goldAccuracy.high, one.topClassVotes / one.votes, one.medianSeconds, one.recentAccuracy,
    ];
    for (const number of numbers) copy.float8(number);
    for (const count of [projectId, one.code, one.votes, one.goldVotes, one.timedVotes, one.recentVotes, one.skips]) copy.int4(count);
    if (one.topClass < 0) copy.null();
    else copy.int2(one.topClass);
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
}

/** A flag that stands keeps the time since when it does; one that no longer holds ends. */
async function writeFlags(client: Client, projectId: number, flags: readonly Flag[]): Promise<void> {
  const found = [projectId, flags.map((flag) => flag.code), flags.map((flag) => flag.kind)];
  await client.query(
    `update annotator_flags flag set ended_at = clock_timestamp()
     where project_id = $1 and ended_at is null and not exists (
       select 1 from unnest($2::int4[], $3::text[]) as found(code, kind) where found.code = flag.annotator_code and found.kind = flag.kind)`,
    found,
  );
  await client.query(
    `insert into annotator_flags as flag (project_id, annotator_code, kind, value, threshold, explanation)
     select $1, * from unnest($2::int4[], $3::text[], $4::float8[], $5::float8[], $6::text[])
     on conflict (project_id, annotator_code, kind) where ended_at is null do update
       set value = excluded.value, threshold = excluded.threshold, explanation = excluded.explanation`,
    [...found, flags.map((flag) => flag.value), flags.map((flag) => flag.threshold), flags.map((flag) => flag.explanation)],
  );
}
