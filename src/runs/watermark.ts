import type { Transaction } from '../platform/database/transaction.js';
import { changesOf } from '../projects/vote-changes.js';
import { lockVotes } from '../projects/vote-lock.js';
import type { Pin } from './runs.store.js';

/**
 * What a run of the project reads: all that has happened up to a watermark. Tickets commit out of order; so the lock waits
 * for the writers under way, and whoever writes after it takes a ticket above the watermark.
 * @param asked an older watermark, to repeat a run; the newest where null.
 */
export async function readPin(transaction: Transaction, projectId: number, asked: number | null): Promise<Pin> {
  await lockVotes(transaction, projectId, 'exclusive');
  if (asked != null) return { watermark: asked, changes: null, ...await countsAt(transaction, projectId, asked) };
  const [row]: Pin[] = await transaction.query(
    `select ${NEWEST} as watermark,
            ${changesOf('$1')} as changes,
            next_item_code as "itemCount", next_annotator_code as "annotatorCount"
     from project_codes where project_id = $1`,
    [projectId],
  );
  return row!;
}

/** The newest watermark a run may ask for: every ticket up to it is settled by the time a run holds the lock. */
export async function newestWatermark(transaction: Transaction, projectId: number): Promise<number> {
  const [row]: { watermark: number }[] = await transaction.query(`select ${NEWEST} as watermark`, [projectId]);
  return row!.watermark;
}

/** Each part is the end of an index, or of a handful of rows. */
const NEWEST = `greatest(
  coalesce((select max(seq) from votes where project_id = $1), 0),
  coalesce((select max(ended_seq) from votes where project_id = $1 and ended_seq is not null), 0),
  coalesce((select max(seq) from gold_answers where project_id = $1), 0),
  coalesce((select max(ended_seq) from gold_answers where project_id = $1 and ended_seq is not null), 0),
  coalesce((select max(seq) from annotator_priors where project_id = $1), 0),
  coalesce((select max(ended_seq) from annotator_priors where project_id = $1 and ended_seq is not null), 0),
  coalesce((select max(last_seq) from prediction_versions where project_id = $1), 0))`;

/** N and M as an earlier run of that watermark had them; else up to the last item and annotator that anything had happened to. */
async function countsAt(transaction: Transaction, projectId: number, watermark: number): Promise<Pick<Pin, 'itemCount' | 'annotatorCount'>> {
  const [earlier]: Pick<Pin, 'itemCount' | 'annotatorCount'>[] = await transaction.query(
    `select item_count as "itemCount", annotator_count as "annotatorCount" from runs
     where project_id = $1 and watermark = $2 and item_count is not null order by id limit 1`,
    [projectId, watermark],
  );
  if (earlier) return earlier;
  const [row]: Pick<Pin, 'itemCount' | 'annotatorCount'>[] = await transaction.query(
    `select greatest(voted.items, (select max(item_code) + 1 from gold_answers where project_id = $1 and seq <= $2), 0) as "itemCount",
            greatest(voted.annotators, (select max(annotator_code) + 1 from annotator_priors where project_id = $1 and seq <= $2)) as "annotatorCount"
     from (select max(item_code) + 1 as items, coalesce(max(annotator_code) + 1, 0) as annotators from votes where project_id = $1 and seq <= $2) voted`,
    [projectId, watermark],
  );
  return row!;
}
