// Plans of statements as the service has them executed, from the database's own log (auto_explain).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { runningEmbeddedPostgres } from '../../dist/src/platform/embedded-postgres/embedded-postgres.js';

/** Connections that are opened from now on log the plan of each statement, with what it took. The database's superuser alone may ask for that. */
export async function logPlans(folder) {
  const url = new URL(await runningEmbeddedPostgres(folder));
  url.username = 'postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  for (const setting of ["session_preload_libraries = 'auto_explain'", 'auto_explain.log_min_duration = 0', 'auto_explain.log_analyze = on', 'auto_explain.log_buffers = on', 'auto_explain.log_parameter_max_length = 0']) {
    await client.query(`alter database assay set ${setting}`);
  }
  await client.end();
}

export async function logNoPlans(folder) {
  const url = new URL(await runningEmbeddedPostgres(folder));
  url.username = 'postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('alter database assay reset all');
  await client.end();
}

/** @returns the last plan of a statement whose text the pattern fits; null without one */
export function lastPlan(folder, pattern) {
  const log = readFileSync(join(folder, 'postgres/server.log'), 'utf8');
  const entries = log.split(/^(?=\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] )/m).filter((entry) => / plan:\n/.test(entry) && pattern.test(entry));
  const entry = entries.at(-1);
  if (!entry) return null;
  const lines = entry.split('\n');
  const first = lines.findIndex((line) => /\(cost=/.test(line));
  return `${/duration: ([\d.]+) ms/.exec(lines[0])[1]} ms\n${lines.slice(first).join('\n').replaceAll('\t', '').trimEnd()}`;
}
