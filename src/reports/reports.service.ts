import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Events } from '../events/events.service.js';
import { Idempotency } from '../platform/database/idempotency.js';
import { Transactions } from '../platform/database/transaction.js';
import { AssayError, conflict, invalid, notFound } from '../platform/errors.js';
import { globalId, readGlobalId } from '../platform/graphql/global-id.js';
import type { ConnectionOf, PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import type { RequestContext } from '../platform/request-context.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import { holdProject, ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { newestWatermark, readPin } from '../runs/watermark.js';
import { reportKind, type ReportKind } from './report-kind.js';
import { readRows, readTable, type ReportRow } from './report-pages.js';
import type { Requested } from './report.inputs.js';
import { reportCancelled, ReportWork } from './report-work.js';
import { ReportStatus, type Report } from './report.entity.js';
import { ReportsStore, type ReportData, type ReportKey } from './reports.store.js';

/** Of one project, waiting or under way. */
const MOST_UNFINISHED = 20;

/** A checked question of one kind. */
export interface Question<Request extends object, Shown extends Report> {
  kind: ReportKind<Request, Shown>;
  /** Complete, with its defaults, lists in an order of their own: what is asked the same way is the same question. */
  request: Request;
  /** The newest where null. */
  watermark?: bigint | null;
}

@Injectable()
export class ReportsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly access: ProjectAccess,
    private readonly audit: Audit,
    private readonly events: Events,
    private readonly store: ReportsStore,
    private readonly work: ReportWork,
  ) {}

  /**
   * The report of that question, which is there or is going to be.
   * @throws INVALID_INPUT for a watermark of the future; LIMIT_EXCEEDED (429) where too many of the project's are not done yet.
   */
  async request<Request extends object, Shown extends Report>(project: Project, { kind, request, watermark: given }: Question<Request, Shown>, idempotencyKey: string | null): Promise<Requested<Shown>> {
    const asked = given == null ? null : Number(given);
    const { answer, replayed } = await this.transactions.run((transaction) => this.idempotency.once(
      transaction, { projectId: project.id, workspaceId: project.workspaceId, key: idempotencyKey }, ['requestReport', kind.name, request, asked],
      async () => {
        await holdProject(transaction, project.id);
        const { watermark, itemCount, annotatorCount } = await readPin(transaction, project.id, asked);
        if (asked != null) {
          const newest = await newestWatermark(transaction, project.id);
          if (asked < 0 || asked > newest) throw invalid(`input.watermark is ${asked}; the project's votes go from 0 to ${newest}`, 'input.watermark');
        }
        const key = createHash('sha256').update(JSON.stringify([kind.name, kind.version, watermark, request])).digest('base64url');
        const { id, isDue } = await this.store.need(transaction, { projectId: project.id, kind: kind.name, version: kind.version, request, key, watermark, itemCount, annotatorCount });
        if (isDue) {
          const unfinished = await this.store.unfinished(transaction, project.id);
          if (unfinished > MOST_UNFINISHED) throw new AssayError('LIMIT_EXCEEDED', `${unfinished - 1} reports of the project wait or are under way; ask for this one once some are done`, { retryAfterSeconds: 10, status: 429 });
          await this.store.dropBeyond(transaction, project.id);
          await this.work.enqueue(transaction, { projectId: project.id, reportId: id });
        }
        return { id };
      },
    ));
    const report = await this.store.read({ projectId: project.id, reportId: answer.id });
    if (!report) throw conflict('the report that this key asked for was dropped since; ask again with a new key');
    return { report: shown(report) as Shown, replayed };
  }

  /** By global id; what the caller may not see is absent. */
  async find(caller: Principal, id: string): Promise<Report> {
    const [projectId, reportId] = readGlobalId('Report', id);
    const absent = () => notFound('report', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const row = reportId == null ? null : await this.store.read({ projectId: project.id, reportId });
    if (!row) throw absent();
    return shown(row);
  }

  page(project: Project, args: PageArgs): Promise<ConnectionOf<Report>> {
    return this.store.page(project.id, args, shown);
  }

  /** One that was cancelled before stays so. @throws CONFLICT for one that ended otherwise. */
  async cancel(caller: Principal, actor: Actor, id: string): Promise<Report> {
    const { projectId, number: reportId } = await this.find(caller, id);
    await this.transactions.run(async (transaction) => {
      if (!await this.store.cancel(transaction, { projectId, reportId })) return;
      await this.events.publish(reportCancelled, { projectId, reportId }, transaction);
      await this.audit.record(transaction, actor, 'cancelReport', projectId, { report: reportId });
    });
    const report = await this.find(caller, id);
    if (report.status !== ReportStatus.CANCELLED) throw conflict(`the report has ${report.status.toLowerCase()} already`);
    return report;
  }

  /** Rows of one of its tables; null where the report has no such table. @throws NOT_FOUND where it was dropped meanwhile. */
  async rows<T>({ projectId, number: reportId, directory }: Report, table: string, order: string, args: PageArgs, toNode: (row: ReportRow) => T): Promise<ConnectionOf<T> | null> {
    const found = directory?.[table];
    if (!found) return null;
    return readTable(found, order, args, (from, bytes) => this.slice({ projectId, reportId }, from, bytes), toNode);
  }

  /** So many rows of a table, from one on: all that a request asks of one table are one statement. @throws NOT_FOUND where the report was dropped meanwhile. */
  async stretch(context: RequestContext, report: Report, table: string, order: string, first: number, count: number): Promise<ReportRow[]> {
    const { projectId, number: reportId } = report;
    const found = report.directory![table]!;
    const rows = await context.loader<string, ReportRow[]>(`report rows:${report.nodeId}:${table}:${order}`, async (keys) => {
      const asked = keys.map((key) => key.split(':').map(Number) as [first: number, count: number]);
      const slices = await this.store.slices({ projectId, reportId }, asked.map(([from, length]) => [found.orders[order]! + from * found.width, length * found.width]));
      return asked.map(([from], i) => (slices[i] ? readRows(found, from, slices[i]) : null));
    }).load(`${first}:${count}`);
    if (!rows) throw notFound('report', report.nodeId);
    return rows;
  }

  private async slice(key: ReportKey, from: number, bytes: number): Promise<Buffer> {
    const [slice] = await this.store.slices(key, [[from, bytes]]);
    if (!slice) throw notFound('report', globalId('Report', key.projectId, key.reportId));
    return slice;
  }
}

/** As the class of its kind. */
function shown({ id, ...row }: ReportData): Report {
  const report = new (reportKind(row.kind).type)();
  return Object.assign(report, row, { number: id });
}
