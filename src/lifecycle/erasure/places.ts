import type { Transaction } from '../../platform/database/transaction.js';
import type { Mentions } from './mentions.js';

/** Where something that was written about an annotator may name them. */
interface Place {
  table: string;
  /** What tells two rows of a project apart, as text. */
  key: string;
  /** Columns of text, text[] or jsonb. */
  columns: readonly [name: string, type: 'text' | 'text[]' | 'jsonb'][];
}

export const places: readonly Place[] = [
  { table: 'audit_log', key: 'id', columns: [['detail', 'jsonb']] },
  { table: 'idempotency_keys', key: 'key', columns: [['response', 'jsonb']] },
  { table: 'api_keys', key: 'id', columns: [['name', 'text']] },
  { table: 'annotators', key: 'code', columns: [['status_reason', 'text']] },
  { table: 'annotator_flags', key: 'id', columns: [['explanation', 'text']] },
  { table: 'gold_answers', key: 'seq', columns: [['reason', 'text']] },
  { table: 'annotator_priors', key: 'seq', columns: [['reason', 'text']] },
  { table: 'reports', key: 'id', columns: [['failure', 'text']] },
  { table: 'runs', key: 'id', columns: [['options', 'jsonb'], ['warnings', 'text[]'], ['failure', 'text'], ['findings', 'jsonb'], ['confusable_pairs', 'jsonb']] },
];

/**
 * Puts the pseudonym wherever a place of the project names the id. Of any length: who wrote about a person rarely did so ten thousand times.
 * @returns how many rows of each table were changed
 */
export async function replaceMentions(transaction: Transaction, projectId: number, mentions: Mentions): Promise<Record<string, number>> {
  const changed: Record<string, number> = {};
  for (const { table, key, columns } of places) {
    const isNamed = columns.map(([name]) => `position($2 in coalesce(to_jsonb(${name})::text, '')) > 0`).join(' or ');
    const rows: Record<string, unknown>[] = await transaction.query(
      `select ${key}::text as key, ${columns.map(([name]) => name).join(', ')} from ${table} where project_id = $1 and (${isNamed})`, [projectId, mentions.needle],
    );
    let count = 0;
    for (const row of rows) {
      const named = columns.map(([name]) => mentions.inJson(row[name]));
      // Another word may have the id's letters in it.
      if (columns.every(([name], i) => JSON.stringify(named[i]) === JSON.stringify(row[name]))) continue;
      const values = columns.map(([, type], i) => (type === 'jsonb' && named[i] != null ? JSON.stringify(named[i]) : named[i]));
      count++;
      await transaction.query(
        `update ${table} set ${columns.map(([name, type], i) => `${name} = $${i + 3}::${type}`).join(', ')} where project_id = $1 and ${key}::text = $2`, [projectId, row['key'], ...values],
      );
    }
    if (count > 0) changed[table] = count;
  }
  return changed;
}
