import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { queryByIndex } from '../platform/database/by-index.js';
import { notFound } from '../platform/errors.js';
import { Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { RequestContext } from '../platform/request-context.js';
import { requireText } from '../platform/text.js';
import { Transactions } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { FLAG_COLUMNS, type AnnotatorFlag } from './annotator-flag.entity.js';
import { RELIABILITY_COLUMNS, type AnnotatorReliability } from './annotator-reliability.entity.js';
import { flagKinds, type FlagKind } from './flags.js';

const byCode = new Keyset<Annotator>([{ sql: 'flag.annotator_code', type: 'int4' }], (annotator) => [annotator.code]);
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
    // A page's worth from each kind's place in the index; who is flagged for several reasons is listed once.
    const parameters: unknown[] = [project.id, kind == null ? flagKinds : [kind]];
    const { where, orderBy, order, limit } = byCode.page(args, parameters, [{ sql: 'flag.kind', value: 'wanted.kind' }]);
    const rows = await queryByIndex<{ code: number }>(this.source,
      `select distinct page.code from unnest($2::text[]) as wanted(kind)
       cross join lateral (
         select flag.annotator_code as code from annotator_flags flag where flag.project_id = $1 and ${RAISED} and ${where} order by ${orderBy} limit ${limit}
       ) page
       order by page.code ${order[0]!.direction} limit ${limit}`,
      parameters,
    );
    const annotators = await this.annotators.byCodes(project.id, rows.map((row) => row.code));
    return byCode.connection(args, annotators.map((annotator) => annotator!), (annotator) => annotator);
  }

  /** Hides a flag that stands, until it has ended and is raised anew. @throws NOT_FOUND without one. */
  async dismiss(project: Project, actor: Actor, externalId: string, kind: FlagKind, reason: string | null): Promise<AnnotatorFlag> {
    if (reason != null) requireText(reason, 'input.reason');
    const annotator = await this.annotators.findByExternalId(project, externalId);
    if (!annotator) throw notFound('annotator', externalId);
    return this.transactions.run(async (transaction) => {
      // Nobody erases them until the commit: the audit log would name them behind it.
      const held: unknown[] = await transaction.query(
        `select 1 from annotators where project_id = $1 and code = $2 and external_id = $3 for key share`, [project.id, annotator.code, externalId]);
      if (held.length === 0) throw notFound('annotator', externalId);
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
