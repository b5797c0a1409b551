import type { Service } from '../setup/service.js';

/** What goes on beside requests: the queue, the sweeps, and keys' last use. */
const BACKGROUND = /pgboss|advisory|transaction|commit|rollback|status = 'QUEUED'|happened\.changes|results_dropped_at is null|lease_until|api_keys/i;

/** The SQL statements that requests send while `work` runs, keys' look-up apart. */
export async function statementsOf(service: Service, work: () => Promise<unknown>): Promise<string[]> {
  const { logger } = service.source;
  const seen: string[] = [];
  const note = { ...logger, logQuery: (sql: string) => void (BACKGROUND.test(sql) || seen.push(sql.replace(/\s+/g, ' '))) };
  service.source.logger = note;
  try {
    await work();
  } finally {
    service.source.logger = logger;
  }
  return seen;
}
