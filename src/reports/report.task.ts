import { Connection } from '../platform/database/connection.js';
import type { ReportModule, ReportTask } from './report-kind.js';
import { packed } from './report-pages.js';
import type { ReportLease } from './reports.store.js';

export interface ReportTaskInput {
  url: string;
  /** The module of the kind. */
  module: string;
  lease: ReportLease;
  task: ReportTask<object>;
}

/** Works a report out on a kernel thread and keeps it: its result is one statement, which writes nothing where another has the lease. */
export async function run({ url, module, lease, task }: ReportTaskInput): Promise<void> {
  const kind = await import(module) as ReportModule<object, unknown, object>;
  const client = await Connection.open(url, 'assay report');
  try {
    await client.query('begin isolation level repeatable read, read only');
    const facts = await kind.read(client, task);
    await client.query('commit');
    const { result, tables } = await kind.report(facts, task);
    const { directory, pages } = packed(tables ?? []);
    const { rows: [clock] } = await client.query<{ now: string }>(`select clock_timestamp()::text as now`);
    const { rowCount } = await client.query(
      `update reports set status = 'SUCCEEDED', fence = null, lease_until = null, finished_at = $4, result = $5, directory = $6, pages = $7
       where project_id = $1 and id = $2 and fence = $3 and status = 'RUNNING'`,
      [lease.projectId, lease.reportId, lease.fence, clock!.now, JSON.stringify(result), JSON.stringify(directory), pages],
    );
    if (rowCount !== 1) throw Object.assign(new Error('the report is no longer this worker\'s'), { name: 'FenceError' });
  } finally {
    await client.end();
  }
}
