import { float8Array, int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';
import { changesOf } from '../projects/vote-changes.js';
import { CURRENT_VERSIONS } from './current-versions.js';

export interface StoredVersion {
  id: number;
  outOfSample: boolean;
  trainingWatermark: number | null;
}

/** What a caller says of a version; null is as it was, or the default for a new one. */
export interface GivenVersion {
  model: string;
  version: string;
  outOfSample: boolean | null;
  trainingWatermark: number | null;
}

/** Numbers of one statement's rows: their items' codes and N x K probabilities. */
export interface PredictionColumns {
  items: Int32Array;
  probabilities: Float64Array;
}

const CHANGES = changesOf('$1');

/** What of them had happened by a ticket: the tickets above it are taken off. Both are seen by one snapshot, and written by one transaction. */
const changesUntil = (ticket: string) => `${CHANGES}
  - (select count(*) from votes where project_id = $1 and seq > ${ticket}) - (select count(*) from votes where project_id = $1 and ended_seq > ${ticket})`;

/** The rows of a statement, as `parameters` gives them: item, and its K numbers out of $4 from place `first` on. */
const GIVEN = `select item, place::int, ((place - 1) * $5)::int as first from unnest($3::int4[]) with ordinality as rows(item, place)`;
const NUMBERS = `($4::float8[])[first + 1 : first + $5]`;

function parameters(projectId: number, versionId: number, { items, probabilities }: PredictionColumns): unknown[] {
  return [projectId, versionId, int4Array(items), float8Array(probabilities), items.length === 0 ? 0 : probabilities.length / items.length];
}

/** SQL of predictions. Every method runs in the caller's transaction; those that write, under the project's shared vote lock. */
export const predictionsStore = {
  async version(transaction: Transaction, projectId: number, { model, version }: Pick<GivenVersion, 'model' | 'version'>): Promise<StoredVersion | null> {
    const rows: StoredVersion[] = await transaction.query(
      `select id, out_of_sample as "outOfSample", training_watermark as "trainingWatermark" from prediction_versions
       where project_id = $1 and model = $2 and version = $3`,
      [projectId, model, version],
    );
    return rows[0] ?? null;
  },

  /** @returns null where another call has made it meanwhile. */
  async addVersion(transaction: Transaction, projectId: number, { model, version, outOfSample, trainingWatermark }: GivenVersion): Promise<StoredVersion | null> {
    await transaction.query(`insert into prediction_models (project_id, model) values ($1, $2) on conflict do nothing`, [projectId, model]);
    const rows: StoredVersion[] = await transaction.query(
      `insert into prediction_versions (project_id, model, version, out_of_sample, training_watermark, changes_before)
       values ($1, $2, $3, $4, $5::bigint, case when $5 is null then null else ${changesUntil('$5')} end)
       on conflict do nothing returning id, out_of_sample as "outOfSample", training_watermark as "trainingWatermark"`,
      [projectId, model, version, outOfSample ?? true, trainingWatermark],
    );
    return rows[0] ?? null;
  },

  async modelCount(transaction: Transaction, projectId: number): Promise<number> {
    const [row]: { count: number }[] = await transaction.query(`select count(*)::int as count from prediction_models where project_id = $1`, [projectId]);
    return row!.count;
  },

  /** Whether a ticket has been given yet; tickets are the same for all projects. */
  async isPast(transaction: Transaction, ticket: number): Promise<boolean> {
    const [row]: { past: boolean }[] = await transaction.query(`select $1::bigint between 0 and last_value as past from vote_ticket`, [ticket]);
    return row!.past;
  },

  /**
   * Writes rows of items that have none in the version, all under one ticket. Items are distinct and ascend: writers that
   * meet take their locks in one order. @returns the items that were written, or null where all were.
   */
  async insert(transaction: Transaction, projectId: number, versionId: number, columns: PredictionColumns): Promise<Set<number> | null> {
    const [written]: { count: number; items: number[] | null; seq: number }[] = await transaction.query(
      `with ticket as (select nextval('vote_ticket') as seq),
            written as (
              insert into predictions (seq, project_id, version_id, item_code, probabilities)
              select (select seq from ticket), $1, $2, item, ${NUMBERS} from (${GIVEN}) given on conflict do nothing returning item_code
            )
       select (select seq from ticket) as seq, count(*)::int as count, case when count(*) < cardinality($3) then array_agg(item_code) end as items from written`,
      parameters(projectId, versionId, columns),
    );
    const { count, items, seq } = written!;
    if (count > 0) {
      await transaction.query(
        `update prediction_versions set row_count = row_count + $3, last_seq = greatest(last_seq, $4) where project_id = $1 and id = $2`,
        [projectId, versionId, count, seq],
      );
    }
    return count === columns.items.length ? null : new Set(items);
  },

  /** The places of those rows whose items have the very same numbers in the version. */
  async same(transaction: Transaction, projectId: number, versionId: number, columns: PredictionColumns): Promise<Set<number>> {
    if (columns.items.length === 0) return new Set();
    const rows: { place: number }[] = await transaction.query(
      `select place - 1 as place from (${GIVEN}) given
       join predictions on project_id = $1 and version_id = $2 and item_code = item where probabilities = ${NUMBERS}`,
      parameters(projectId, versionId, columns),
    );
    return new Set(rows.map((row) => row.place));
  },

  async completeVersion(transaction: Transaction, projectId: number, versionId: number): Promise<void> {
    await transaction.query(`update prediction_versions set complete = true where project_id = $1 and id = $2 and not complete`, [projectId, versionId]);
  },

  /** Has everything scored anew, if the version is a current one. */
  async rescore(transaction: Transaction, projectId: number, versionId: number): Promise<void> {
    await transaction.query(
      `update projects set scoring_version = scoring_version + 1 where id = $1 and $2 in (select id from (${CURRENT_VERSIONS}) current)`, [projectId, versionId],
    );
  },
};

/** For queries of versions with all that is told of them: $1 is the project. */
export const VERSION_COLUMNS = `
  version.project_id as "projectId", version.id, version.model, version.version, version.row_count as rows, version.out_of_sample as "outOfSample",
  version.training_watermark as "trainingWatermark", ${CHANGES} - version.changes_before as "votesSince", version.complete, version.created_at as "createdAt",
  version.id in (select id from (${CURRENT_VERSIONS}) current) as current`;
