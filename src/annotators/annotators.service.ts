import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodeDictionary } from '../projects/code-dictionary.js';
import { byIndex } from '../platform/database/by-index.js';
import { notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import type { RequestContext } from '../platform/request-context.js';
import { RowStatus, type RowResult } from '../platform/row-result.js';
import { textFault } from '../platform/text.js';
import { Transactions } from '../platform/database/transaction.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { Annotator, AnnotatorKind, type AnnotatorStatus } from './annotator.entity.js';
import { acceptRows } from './annotator-rows.js';
import type { AnnotatorInput } from './annotators.inputs.js';

export const AnnotatorConnection = connectionType(Annotator);

export type AnnotatorTerms = Pick<Annotator, 'status' | 'statusReason' | 'cost' | 'capacity'>;

const byCode = new Keyset<Annotator>([{ sql: 'annotator.code', type: 'int4' }], (annotator) => [annotator.code]);

@Injectable()
export class AnnotatorsService {
  readonly dictionary: CodeDictionary;

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly access: ProjectAccess,
  ) {
    this.dictionary = new CodeDictionary(source, transactions, 'annotators');
  }

  /** Makes the annotators that are new, and gives the others what was named of kind, cost and capacity. */
  async upsert(project: Project, rows: AnnotatorInput[]): Promise<RowResult[]> {
    const { places, results } = acceptRows(rows, 'input.annotators', (row) => row.externalId, settingFault);
    const ids = [...places.keys()];
    const given = ids.map((id) => rows[places.get(id)!]!);
    const kinds = given.map((row) => row.kind ?? null);
    const costs = given.map((row) => row.cost ?? null);
    const capacities = given.map((row) => row.capacity ?? null);
    await this.transactions.run(async (transaction) => {
      const old: { external_id: string }[] = await transaction.query(
        `select external_id from annotators where project_id = $1 and external_id = any($2)`, [project.id, ids],
      );
      const known = new Set(old.map((row) => row.external_id));
      await this.dictionary.insertIn(transaction, project.id, ids, [
        { name: 'kind', sqlType: 'text', values: kinds.map((kind) => kind ?? AnnotatorKind.HUMAN) },
        { name: 'cost', sqlType: 'float8', values: costs.map((cost) => cost ?? 1) },
        { name: 'capacity', sqlType: 'int4', values: capacities },
      ]);
      // A capacity of null is a value, where it was not left out.
      const [updated]: [{ external_id: string }[], number] = await transaction.query(
        `update annotators set (kind, cost, capacity) = (next.kind, next.cost, next.capacity)
         from (
           select old.code, coalesce(given.kind, old.kind) as kind, coalesce(given.cost, old.cost) as cost,
                  case when given.names_capacity then given.capacity else old.capacity end as capacity
           from unnest($2::text[], $3::text[], $4::float8[], $5::int4[], $6::boolean[]) as given(external_id, kind, cost, capacity, names_capacity)
           join annotators old on old.project_id = $1 and old.external_id = given.external_id
         ) next
         where annotators.project_id = $1 and annotators.code = next.code
           and (annotators.kind, annotators.cost, annotators.capacity) is distinct from (next.kind, next.cost, next.capacity)
         returning annotators.external_id`,
        [project.id, ids, kinds, costs, capacities, given.map((row) => row.capacity !== undefined)],
      );
      const changed = new Set(updated.map((row) => row.external_id));
      for (const [id, index] of places) {
        results[index] = { index, status: !known.has(id) ? RowStatus.CREATED : changed.has(id) ? RowStatus.UPDATED : RowStatus.UNCHANGED };
      }
    });
    return results;
  }

  /** Whether items may be given to an annotator, and on what terms. The code is one the dictionary gave. */
  async terms(projectId: number, code: number): Promise<AnnotatorTerms> {
    const [row] = await this.source.query<AnnotatorTerms[]>(
      `select status, status_reason as "statusReason", cost, capacity from annotators where project_id = $1 and code = $2`, [projectId, code],
    );
    if (!row) throw new Error(`project ${projectId} has no annotator with code ${code}`);
    return row;
  }

  async findByExternalId(project: Project, externalId: string): Promise<Annotator | null> {
    return textFault(externalId) ? null : this.source.getRepository(Annotator).findOneBy({ projectId: project.id, externalId });
  }

  /** By global id; what the caller may not see is absent. */
  async find(caller: Principal, id: string): Promise<Annotator> {
    const [projectId, code] = readGlobalId('Annotator', id);
    const absent = () => notFound('annotator', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const annotator = code == null || code > 0x7fffffff ? null : await this.source.getRepository(Annotator).findOneBy({ projectId: project.id, code });
    if (!annotator) throw absent();
    return annotator;
  }

  /** All that a request asks for at once are one statement. */
  ofCode(context: RequestContext, projectId: number, code: number): Promise<Annotator | null> {
    return context.loader<number, Annotator>(`annotators:${projectId}`, (codes) => this.byCodes(projectId, codes)).load(code);
  }

  async byCodes(projectId: number, codes: readonly number[]): Promise<(Annotator | null)[]> {
    const query = this.source.getRepository(Annotator).createQueryBuilder('annotator')
      .where('annotator.project_id = :projectId and annotator.code = any(:codes)', { projectId, codes }).orderBy('annotator.code');
    const rows = await byIndex(this.source, (runner) => query.setQueryRunner(runner).getMany());
    const found = new Map(rows.map((annotator) => [annotator.code, annotator]));
    return codes.map((code) => found.get(code) ?? null);
  }

  async page(project: Project, args: PageArgs, status: AnnotatorStatus | null = null): Promise<ConnectionOf<Annotator>> {
    const query = this.source.getRepository(Annotator).createQueryBuilder('annotator').where('annotator.project_id = :projectId', { projectId: project.id });
    if (!status) return readPage(query, byCode, args);
    // The conditions of the index by status, which hold for all.
    query.andWhere(`annotator.code >= 0 and annotator.status > ''`).setParameters({ status });
    return readPage(query, byCode, args, [{ sql: 'annotator.status', value: ':status' }]);
  }
}

function settingFault({ cost, capacity }: AnnotatorInput): { code: string; message: string } | null {
  if (cost != null && !(cost > 0 && cost < Infinity)) return { code: 'INVALID_COST', message: `cost ${cost} is not a finite number above 0` };
  if (capacity != null && capacity < 0) return { code: 'INVALID_CAPACITY', message: `capacity ${capacity} is below 0; give 0 for none, or null for any number` };
  return null;
}
