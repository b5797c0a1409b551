import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { databaseTime } from '../platform/database/clock.js';
import type { Transaction } from '../platform/database/transaction.js';
import { Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import { REPORT_COLUMNS, type Report } from './report.entity.js';

/** A worker that does not beat for so long has lost its report. By the database's clock alone. */
const LEASE_SECONDS = 15;
/** After so many lost workers or outages a report is given up. */
export const MAX_ATTEMPTS = 3;
/** A report that nobody asked for again for so long is dropped, and of those of one project the ones beyond so many that were used last. */
const KEPT_FOR = '30 days';
const MOST_KEPT = 200;

export interface ReportKey {
  projectId: number;
  reportId: number;
}

/** The right to work on a report. Whoever writes for it names the fence, and writes nothing once another has it. */
export interface ReportLease extends ReportKey {
  fence: string;
}

export interface NewReport {
  projectId: number;
  kind: string;
  version: number;
  request: object;
  key: string;
  watermark: number;
  itemCount: number;
  annotatorCount: number;
}

export interface ClaimedReport extends ReportLease, Omit<NewReport, 'key'> {
  attempt: number;
}

export type ReportData = Omit<Report, 'nodeId' | 'number'> & { id: number };

const newestFirst = new Keyset<ReportData>([{ sql: 'id', type: 'int8', descending: true }], ({ id }) => [id]);

/** Statements are of one project, and are told the database's clock, which is read before. */
@Injectable()
export class ReportsStore {
  constructor(private readonly source: DataSource) {}

  /** The report of that key, made or to be tried again where there is none to be had. @returns whether a worker is to take it up. */
  async need(transaction: Transaction, report: NewReport): Promise<{ id: number; isDue: boolean }> {
    const now = await databaseTime(transaction);
    const [row]: { id: number; isDue: boolean }[] = await transaction.query(
      `insert into reports as kept (project_id, kind, version, request, key, watermark, item_count, annotator_count, status, created_at, used_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'QUEUED', $9, $9)
       on conflict (project_id, key) do update set used_at = excluded.used_at,
         status = case when kept.status in ('FAILED', 'CANCELLED') then 'QUEUED' else kept.status end,
         attempt = case when kept.status in ('FAILED', 'CANCELLED') then 0 else kept.attempt end,
         failure = null, finished_at = case when kept.status in ('FAILED', 'CANCELLED') then null else kept.finished_at end
       returning id, status = 'QUEUED' as "isDue"`,
      [report.projectId, report.kind, report.version, JSON.stringify(report.request), report.key, report.watermark, report.itemCount, report.annotatorCount, now],
    );
    return row!;
  }

  async unfinished(transaction: Transaction, projectId: number): Promise<number> {
    const [row]: { count: number }[] = await transaction.query(`select count(*)::int as count from reports where project_id = $1 and status in ('QUEUED', 'RUNNING')`, [projectId]);
    return row!.count;
  }

  /** @returns null where it is not waiting: done, cancelled, or another worker's. */
  async claim({ projectId, reportId }: ReportKey): Promise<ClaimedReport | null> {
    const fence = randomUUID();
    const [rows]: [Omit<ClaimedReport, keyof ReportLease>[], number] = await this.source.query(
      `update reports set status = 'RUNNING', attempt = attempt + 1, fence = $3, ${LEASE}, started_at = coalesce(started_at, $4)
       where project_id = $1 and id = $2 and status = 'QUEUED'
       returning kind, version, request, watermark, item_count as "itemCount", annotator_count as "annotatorCount", attempt`,
      [projectId, reportId, fence, await databaseTime(this.source.manager)],
    );
    return rows[0] ? { ...rows[0], projectId, reportId, fence } : null;
  }

  /** @returns whether it is still the holder's. */
  async beat(lease: ReportLease): Promise<boolean> {
    return this.changeHeld(this.source.manager, lease, LEASE, [await databaseTime(this.source.manager)]);
  }

  /** Back to the queue. `uncounted` where the worker gave it up in good order. */
  async giveBack(transaction: Transaction, lease: ReportLease, uncounted: boolean): Promise<boolean> {
    return this.changeHeld(transaction, lease, `status = 'QUEUED', fence = null, lease_until = null, attempt = attempt - ${uncounted ? 1 : 0}`);
  }

  async fail(lease: ReportLease, failure: string): Promise<boolean> {
    return this.changeHeld(this.source.manager, lease, `status = 'FAILED', failure = $5, ${ENDING}`, [await databaseTime(this.source.manager), failure]);
  }

  /** From here on the worker's fence is no longer the report's. @returns whether there was something to cancel. */
  async cancel(transaction: Transaction, { projectId, reportId }: ReportKey): Promise<boolean> {
    const [, count]: [unknown[], number] = await transaction.query(
      `update reports set status = 'CANCELLED', fence = null, lease_until = null, finished_at = $3 where project_id = $1 and id = $2 and status in ('QUEUED', 'RUNNING')`,
      [projectId, reportId, await databaseTime(transaction)],
    );
    return count > 0;
  }

  /** Reports whose worker was lost go back to the queue, or are given up. @returns those that wait, the oldest first. */
  async recoverLost(transaction: Transaction): Promise<ReportKey[]> {
    const now = await databaseTime(transaction);
    const lost: ReportKey[] = await transaction.query(`select project_id as "projectId", id as "reportId" from reports where status = 'RUNNING' and lease_until < $1 order by id limit 100`, [now]);
    for (const { projectId, reportId } of lost) {
      await transaction.query(
        `update reports set fence = null, lease_until = null, status = case when attempt < ${MAX_ATTEMPTS} then 'QUEUED' else 'FAILED' end,
           failure = case when attempt < ${MAX_ATTEMPTS} then null else 'the worker was lost ' || attempt || ' times' end,
           finished_at = case when attempt < ${MAX_ATTEMPTS} then null else $3::timestamptz end
         where project_id = $1 and id = $2 and status = 'RUNNING' and lease_until < $3`, [projectId, reportId, now],
      );
    }
    return transaction.query(`select project_id as "projectId", id as "reportId" from reports where status = 'QUEUED' order by id limit 100`);
  }

  /** @returns whether there may be more. */
  async dropUnused(transaction: Transaction): Promise<boolean> {
    const old: ReportKey[] = await transaction.query(
      `select project_id as "projectId", id as "reportId" from reports where used_at < $1::timestamptz - interval '${KEPT_FOR}' and status not in ('QUEUED', 'RUNNING') order by used_at limit 100`,
      [await databaseTime(transaction)],
    );
    for (const { projectId, reportId } of old) await transaction.query(`delete from reports where project_id = $1 and id = $2`, [projectId, reportId]);
    return old.length === 100;
  }

  async dropBeyond(transaction: Transaction, projectId: number): Promise<void> {
    await transaction.query(
      `delete from reports where project_id = $1 and id in (
         select id from reports where project_id = $1 and status not in ('QUEUED', 'RUNNING') order by used_at desc, id desc offset ${MOST_KEPT})`, [projectId],
    );
  }

  async read({ projectId, reportId }: ReportKey): Promise<ReportData | null> {
    const [row] = await this.source.query<ReportData[]>(`select ${REPORT_COLUMNS} from reports where project_id = $1 and id = $2`, [projectId, reportId]);
    return row ?? null;
  }

  async page<T>(projectId: number, args: PageArgs, toNode: (row: ReportData) => T): Promise<ConnectionOf<T>> {
    const parameters: unknown[] = [projectId];
    const { where, orderBy, limit } = newestFirst.page(args, parameters);
    const rows = await this.source.query<ReportData[]>(`select ${REPORT_COLUMNS} from reports where project_id = $1 and ${where} order by ${orderBy} limit ${limit}`, parameters);
    return newestFirst.connection(args, rows, toNode);
  }

  /** Stretches of bytes of its pages, in the order asked. None where the report is gone, or has no pages. */
  async slices({ projectId, reportId }: ReportKey, asked: readonly (readonly [from: number, bytes: number])[]): Promise<Buffer[]> {
    const rows = await this.source.query<{ bytes: Buffer }[]>(
      `select substring(pages from stretch.first for stretch.bytes) as bytes from reports, unnest($3::int4[], $4::int4[]) with ordinality as stretch(first, bytes, place)
       where project_id = $1 and id = $2 and pages is not null order by stretch.place`,
      [projectId, reportId, asked.map(([from]) => from + 1), asked.map(([, bytes]) => bytes)],
    );
    return rows.map(({ bytes }) => bytes);
  }

  /** `$1` to `$3` are the lease; `parameters` begin at `$4`. */
  private async changeHeld(handle: EntityManager, lease: ReportLease, set: string, parameters: unknown[] = []): Promise<boolean> {
    const [, count]: [unknown[], number] = await handle.query(
      `update reports set ${set} where project_id = $1 and id = $2 and fence = $3 and status = 'RUNNING'`,
      [lease.projectId, lease.reportId, lease.fence, ...parameters],
    );
    return count > 0;
  }
}

const LEASE = `lease_until = $4::timestamptz + interval '${LEASE_SECONDS} seconds'`;
const ENDING = `fence = null, lease_until = null, finished_at = $4`;
