import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodeDictionary } from '../projects/code-dictionary.js';
import { notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/pagination.js';
import type { Principal } from '../platform/principal.js';
import { rejectedRow, requireRowCount, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { Transactions } from '../platform/transaction.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { Annotator, AnnotatorKind } from './annotator.entity.js';
import type { AnnotatorInput } from './annotators.inputs.js';

export const AnnotatorConnection = connectionType(Annotator);

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

  /** Makes the annotators that are new, and gives the others the kind that was named. */
  async upsert(project: Project, rows: AnnotatorInput[]): Promise<RowResult[]> {
    requireRowCount(rows, 'input.annotators');
    const accepted = new Map<string, number>();
    const results: RowResult[] = [];
    rows.forEach((row, index) => {
      const fault = textFault(row.externalId);
      const earlier = accepted.get(row.externalId);
      if (fault) results[index] = rejectedRow(index, 'INVALID_ID', `externalId ${excerpt(row.externalId)}: ${fault}`);
      else if (earlier != null) results[index] = rejectedRow(index, 'REPEATED_ROW', `externalId ${excerpt(row.externalId)} is row ${earlier} already`);
      else accepted.set(row.externalId, index);
    });
    const ids = [...accepted.keys()];
    const kinds = ids.map((id) => rows[accepted.get(id)!]!.kind ?? null);
    await this.transactions.run(async (transaction) => {
      const old: { external_id: string; kind: AnnotatorKind }[] = await transaction.query(
        `select external_id, kind from annotators where project_id = $1 and external_id = any($2)`, [project.id, ids],
      );
      const before = new Map(old.map((row) => [row.external_id, row.kind]));
      await this.dictionary.insertIn(transaction, project.id, ids, [{ name: 'kind', sqlType: 'text', values: kinds.map((kind) => kind ?? 'HUMAN') }]);
      await transaction.query(
        `update annotators set kind = given.kind from unnest($2::text[], $3::text[]) as given(external_id, kind)
         where annotators.project_id = $1 and annotators.external_id = given.external_id and annotators.kind <> given.kind`,
        [project.id, ids, kinds],
      );
      ids.forEach((id, i) => {
        const index = accepted.get(id)!;
        const kind = before.get(id);
        const changed = kind != null && kinds[i] != null && kinds[i] !== kind;
        results[index] = { index, status: kind == null ? RowStatus.CREATED : changed ? RowStatus.UPDATED : RowStatus.UNCHANGED };
      });
    });
    return results;
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

  async byCodes(projectId: number, codes: readonly number[]): Promise<(Annotator | null)[]> {
    const rows = await this.source.getRepository(Annotator).createQueryBuilder('annotator')
      .where('annotator.project_id = :projectId and annotator.code = any(:codes)', { projectId, codes }).getMany();
    const found = new Map(rows.map((annotator) => [annotator.code, annotator]));
    return codes.map((code) => found.get(code) ?? null);
  }

  async page(project: Project, args: PageArgs): Promise<ConnectionOf<Annotator>> {
    const query = this.source.getRepository(Annotator).createQueryBuilder('annotator').where('annotator.project_id = :projectId', { projectId: project.id });
    return readPage(query, byCode, args);
  }
}
