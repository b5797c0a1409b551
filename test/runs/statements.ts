import type { Service } from '../setup/service.js';

/** The look-up of keys, and the queue's own. */
const BESIDE = /pgboss|api_keys/i;
/** Around a page that is read by its index: how it is planned, and the end of that. */
const AROUND_PAGES = /^(begin read only; set local|rollback$)/;

/** The SQL statements that requests send while `work` runs, keys' look-up and the settings of pages apart, on a service that works on no jobs. */
export async function statementsOf(service: Service, work: () => Promise<unknown>): Promise<string[]> {
  const { logger } = service.source;
  const seen: string[] = [];
  const note = { ...logger, logQuery: (sql: string) => void (BESIDE.test(sql) || AROUND_PAGES.test(sql) || seen.push(sql.replace(/\s+/g, ' '))) };
  service.source.logger = note;
  try {
    await work();
  } finally {
    service.source.logger = logger;
  }
  return seen;
}
