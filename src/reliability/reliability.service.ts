import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { notFound } from '../platform/errors.js';
import { Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { RequestContext } from '../platform/request-context.js';
import { excerpt, requireText } from '../platform/text.js';
import { Transactions } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { FLAG_COLUMNS, type AnnotatorFlag } from './annotator-flag.entity.js';
import { RELIABILITY_COLUMNS, type AnnotatorReliability } from './annotator-reliability.entity.js';
import type { FlagKind } from './flags.js';

const byCode = new Keyset<Annotator>([{ sql: 'annotator.code', type: 'int4' }], (annotator) => [annotator.code]);
/** Flags that people should look at. */
const RAISED = 'ended_at is null and dismissed_at is null';

@Injectable()
export class ReliabilityService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly annotators: AnnotatorsService,
    private readonly audit: Audit,
  ) {}

  /** One statement for all annotators of a request. */
  figures(context: RequestContext, { projectId, code }: Annotator): Promise<AnnotatorReliability | null> {
    return context.loader<number, AnnotatorReliability>(`reliability:${projectId}`, async (codes) => {
      const rows: (AnnotatorReliability & { code: number })[] = await this.source.query(
        `select ${RELIABILITY_COLUMNS} from annotator_reliability found join reliability_states state on state.project_id = found.project_id
         where found.project_id = $1 and found.annotator_code = any($2)`,
        [projectId, codes],
      );
      const found = new Map(rows.map((row) => [row.code, row]));
      return codes.map((one) => found.get(one) ?? null);
    }).load(code);
  }

  async flags(context: RequestContext, { projectId, code }: Annotator, history: boolean): Promise<AnnotatorFlag[]> {
    const found = await context.loader<number, AnnotatorFlag[]>(`flags:${projectId}:${history}`, async (codes) => {
      const rows: (AnnotatorFlag & { code: number })[] = await this.source.query(
        `select ${FLAG_COLUMNS} from annotator_flags where project_id = $1 and annotator_code = any($2) and (${RAISED} or $3) order by id`, [projectId, codes, history],
      );
      return codes.map((one) => rows.filter((row) => row.code === one));
    }).load(code);
    return found ?? [];
  }

  async flagged(project: Project, args: PageArgs, kind: FlagKind | null): Promise<ConnectionOf<Annotator>> {
    const query = this.source.getRepository(Annotator).createQueryBuilder('annotator').where(
      `annotator.project_id = :projectId and annotator.code in (
         select annotator_code from annotator_flags where project_id = :projectId and ${RAISED} and (kind = :kind or :kind::text is null))`,
      { projectId: project.id, kind },
    );
    return readPage(query, byCode, args);
  }

  /** Hides a flag that stands, until it has ended and is raised anew. @throws NOT_FOUND without one. */
  async dismiss(project: Project, actor: Actor, externalId: string, kind: FlagKind, reason: string | null): Promise<AnnotatorFlag> {
    if (reason != null) requireText(reason, 'input.reason');
    const annotator = await this.annotators.findByExternalId(project, externalId);
    if (!annotator) throw notFound('annotator', excerpt(externalId));
    return this.transactions.run(async (transaction) => {
      const [rows]: [AnnotatorFlag[], number] = await transaction.query(
        `update annotator_flags set dismissed_at = coalesce(dismissed_at, clock_timestamp())
         where project_id = $1 and annotator_code = $2 and kind = $3 and ended_at is null returning ${FLAG_COLUMNS}`,
        [project.id, annotator.code, kind],
      );
      if (!rows[0]) throw notFound('flag', kind);
      await this.audit.record(transaction, actor, 'dismissFlag', project.id, { annotator: externalId, kind, reason });
      return rows[0];
    });
  }
}
