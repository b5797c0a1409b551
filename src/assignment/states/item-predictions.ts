import type { Client } from 'pg';
import { int4Array } from '../../platform/database/binary-array.js';
import { readCopy, sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { CURRENT_VERSIONS } from '../../predictions/current-versions.js';
import type { ItemFacts } from './item-facts.js';

/** Of each active model that has a complete version. */
const VERSIONS = `select id from (${CURRENT_VERSIONS}) current where id is not null order by model`;

/** Of all N items, by the models' current versions unless others are named; null without any. */
export async function readPoolPredictions(client: Client, projectId: number, N: number, K: number, named?: readonly number[]): Promise<ItemFacts['predictions']> {
  const versions = named ?? (await client.query<{ id: number }>(VERSIONS, [projectId])).rows.map(({ id }) => id);
  if (versions.length === 0) return null;
  const counts = new Uint8Array(N);
  const models: Float64Array[] = [];
  for (const id of versions) {
    const matrix = new Float64Array(N * K);
    for await (const rows of readCopy(client, `select item_code, probabilities from predictions where project_id = ${sqlInteger(projectId)} and version_id = ${sqlInteger(id)}`)) {
      while (rows.next()) {
        const item = rows.int4();
        rows.float8Array(matrix, item * K);
        counts[item]!++;
      }
    }
    models.push(matrix);
  }
  return { models: models.map((matrix) => evenWhereAbsent(matrix, counts, models.length, K)), present: counts.map((count) => (count === models.length ? 1 : 0)) };
}

/** Of some items, by their places in `codes`. */
export async function readTouchedPredictions(transaction: Transaction, projectId: number, codes: Int32Array, K: number): Promise<ItemFacts['predictions']> {
  const versions: { id: number }[] = await transaction.query(VERSIONS, [projectId]);
  if (versions.length === 0) return null;
  const rows: { code: number; version: number; row: string }[] = await transaction.query(
    `select item_code as code, version_id as version, array_to_string(probabilities, ' ') as row
     from predictions where project_id = $1 and version_id = any($2::int4[]) and item_code = any($3::int4[])`,
    [projectId, versions.map(({ id }) => id), int4Array(codes)],
  );
  const placeOf = new Map(Array.from(codes, (code, place) => [code, place]));
  const counts = new Uint8Array(codes.length);
  const models = versions.map(() => new Float64Array(codes.length * K));
  for (const { code, version, row } of rows) {
    const place = placeOf.get(code)!;
    counts[place]!++;
    models[versions.findIndex(({ id }) => id === version)]!.set(row.split(' ').map(Number), place * K);
  }
  return { models: models.map((matrix) => evenWhereAbsent(matrix, counts, models.length, K)), present: counts.map((count) => (count === models.length ? 1 : 0)) };
}

/** Rows of items that lack a model are not read as predictions; they must be probabilities all the same. */
function evenWhereAbsent(matrix: Float64Array, counts: Uint8Array, models: number, K: number): Float64Array {
  counts.forEach((count, item) => {
    if (count < models) matrix.fill(1 / K, item * K, (item + 1) * K);
  });
  return matrix;
}
