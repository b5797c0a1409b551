import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryByIndex } from '../../platform/database/by-index.js';
import { invalid } from '../../platform/errors.js';
import { connectionType, Keyset, type ConnectionOf, type KeyColumn, type PageArgs } from '../../platform/graphql/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import { excerpt } from '../../platform/text.js';
import type { Project } from '../../projects/project.entity.js';
import { findingsPer } from '../../aggregation/index.js';
import { globalId } from '../../platform/graphql/global-id.js';
import type { Run } from '../run.entity.js';
import { orderedFindings, SoftLabel, SortDirection, type SoftLabelFilter, type SoftLabelOrder } from './soft-label.entity.js';

export const SoftLabelConnection = connectionType(SoftLabel);

const FIGURES = `label.project_id as "projectId", label.run_id as "runId", label.item_code as "itemCode", label.consensus as "consensusIndex",
  label.probabilities, label.confidence, label.entropy, label.votes, label.tie`;
const OF_RUN = `${FIGURES}, false as live, null::timestamptz as "updatedAt"`;
const LIVE = `${FIGURES}, true as live, label.updated_at as "updatedAt"`;

/** The columns of soft_labels that have an order of their own. */
const columns: Readonly<Record<string, KeyColumn>> = {
  CONFIDENCE: { sql: 'label.confidence', type: 'float8' },
  ENTROPY: { sql: 'label.entropy', type: 'float8' },
  VOTES: { sql: 'label.votes', type: 'int4' },
};

/** Those of them that an index of the table goes on with. */
const indexed: ReadonlySet<string> = new Set(['CONFIDENCE', 'ENTROPY']);

/** What stands for an unknown figure, so that it comes last and a cursor can hold it: no figure reaches it. */
const BEYOND_ALL = 1e308;

/** A label, and what its page is ordered by beside the items. */
type OrderedLabel = SoftLabel & { place: number | null };

const byItem = new Keyset<SoftLabel>([{ sql: 'label.item_code', type: 'int4' }], (label) => [label.itemCode]);

@Injectable()
export class SoftLabelsService {
  constructor(private readonly source: DataSource) {}

  /**
   * One page: from an index of the order that was asked for; by votes or a finding, from a sort of the run's rows.
   * @param run needed where `namesFindings`; null also where there is no run
   */
  async page(project: Project, runId: number, run: Run | null, filter: SoftLabelFilter, order: SoftLabelOrder, args: PageArgs): Promise<ConnectionOf<SoftLabel>> {
    const column = order.field === 'ITEM' ? null : columns[order.field] ?? findingColumn(run, order);
    const keyset = keysetOf(column, order.direction);
    const parameters: unknown[] = [project.id, runId];
    const conditions = ['label.project_id = $1', 'label.run_id = $2', ...conditionsOf(filter, project, run, parameters)];
    const { where, orderBy, limit } = keyset.page(args, parameters);
    const sql = `select ${OF_RUN}, ${column?.sql ?? 'null'} as place from soft_labels label where ${conditions.join(' and ')} and ${where} order by ${orderBy} limit ${limit}`;
    // Another filter may have an index that gives fewer rows, to be sorted, than the order's own would pass over.
    const isIndexed = (column == null || indexed.has(order.field)) && Object.keys(filter).every((name) => indexed.has(order.field) && name === order.field.toLowerCase());
    const rows = isIndexed ? await queryByIndex<OrderedLabel>(this.source, sql, parameters) : await this.source.query<OrderedLabel[]>(sql, parameters);
    return keyset.connection(args, rows, ({ place: _, ...row }) => Object.assign(new SoftLabel(), row));
  }

  /** The labels that changed after the current run read its votes, in the order of items. */
  async livePage(project: Project, args: PageArgs): Promise<ConnectionOf<SoftLabel>> {
    const parameters: unknown[] = [project.id, project.currentRunId];
    const { where, orderBy, limit } = byItem.page(args, parameters);
    const rows = await queryByIndex<SoftLabel>(this.source,
      `select ${LIVE} from live_labels label where label.project_id = $1 and label.run_id = $2 and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    return byItem.connection(args, rows, (row) => Object.assign(new SoftLabel(), row));
  }

  /** Of the named run as it found them; else as they are now by the project's current one. All items asked for at once are one statement. */
  load(context: RequestContext, projectId: number, runId: number | null, itemCode: number): Promise<SoftLabel | null> {
    return context.loader<number, SoftLabel>(`softLabels:${projectId}:${runId ?? 'current'}`, async (codes) => {
      const rows: SoftLabel[] = await this.source.query(
        `select ${OF_RUN} from soft_labels label
         where label.project_id = $1 and label.item_code = any($2)
           and label.run_id = coalesce($3::bigint, (select current_run_id from projects where id = $1))
         union all
         select ${LIVE} from live_labels label
         where $3::bigint is null and label.project_id = $1 and label.item_code = any($2) and label.run_id = (select current_run_id from projects where id = $1)`,
        [projectId, codes, runId],
      );
      context.budget?.spendNumbers(rows.reduce((sum, row) => sum + row.probabilities.length, 0));
      // A live label comes behind the run's own, and takes its place.
      const found = new Map(rows.map((row) => [row.itemCode, Object.assign(new SoftLabel(), row)]));
      return codes.map((code) => found.get(code) ?? null);
    }).load(itemCode);
  }
}

/** Whether such a page can be had only from a run that has the figures. */
export function namesFindings({ topTwo, difficulty, disagreement }: SoftLabelFilter, { field }: SoftLabelOrder): boolean {
  return Boolean(topTwo ?? difficulty ?? disagreement) || orderedFindings.has(field);
}

/** The run that a page's cursor belongs to, or null without a cursor. */
export function runOfCursor(args: PageArgs): number | null {
  const cursor = args.after ?? args.before;
  if (cursor == null) return null;
  try {
    const runId = (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]).at(-1);
    if (Number.isSafeInteger(runId)) return runId as number;
  } catch {
    // Falls through to the one refusal.
  }
  throw invalid(`${excerpt(cursor)} is not a cursor of this connection; use an endCursor or startCursor as it came`, args.after != null ? 'after' : 'before');
}

/**
 * The run ends every cursor: the pages behind a cursor are of the same run, whatever becomes current meanwhile. It must not
 * come first: PostgreSQL would then begin each page at the run's first row (7 ms instead of 0.2 ms at row 50,000).
 */
function keysetOf(column: KeyColumn | null, direction: SortDirection): Keyset<OrderedLabel> {
  const descending = direction === SortDirection.DESC;
  const all: KeyColumn[] = [...(column ? [column] : []), { sql: 'label.item_code', type: 'int4' }, { sql: 'label.run_id', type: 'int8' }];
  return new Keyset(all.map((one) => ({ ...one, descending })), ({ place, itemCode, runId }) => [...(column ? [place!] : []), itemCode, runId]);
}

/** @throws INVALID_INPUT where the run has no such figures. */
function findingColumn(run: Run | null, { field, direction }: SoftLabelOrder): KeyColumn {
  const spec = orderedFindings.get(field)!;
  const unknown = direction === SortDirection.DESC ? -BEYOND_ALL : BEYOND_ALL;
  return { sql: `coalesce(nullif(${findingSql(run, spec.name, `orderBy.field`, spec.methods)}, 'NaN'), ${unknown})`, type: 'float8' };
}

/** SQL for one of a label's findings. @throws INVALID_INPUT where the run's method has none of that name. */
function findingSql(run: Run | null, name: string, field: string, methods: readonly string[]): string {
  // Without a run there is no row whose figure could be missed.
  if (!run) return `label.findings[1]`;
  const at = run.itemFindings?.indexOf(name) ?? -1;
  if (at < 0) {
    throw invalid(`the run ${globalId('Run', run.projectId, run.id)} is of method ${run.methodId} and has no ${name}; name a run of ${methods.join(' or ')}`, field);
  }
  return `label.findings[${at + 1}]`;
}

/** @throws INVALID_INPUT for a class the project does not have, for ranges that are upside down, and for figures that the run does not have. */
function conditionsOf(filter: SoftLabelFilter, project: Project, run: Run | null, parameters: unknown[]): string[] {
  const conditions: string[] = [];
  const equal = (sql: string, value: number | boolean) => conditions.push(`${sql} = $${parameters.push(value)}`);
  const within = (sql: string, field: string, { min, max }: { min?: number | null; max?: number | null }) => {
    if (min != null && max != null && min > max) throw invalid(`${field}: min ${min} is above max ${max}`, field);
    if (min != null) conditions.push(`${sql} >= $${parameters.push(min)}`);
    if (max != null) conditions.push(`${sql} <= $${parameters.push(max)}`);
  };
  const classIndex = (name: string, field: string) => {
    const index = project.classes.indexOf(name);
    if (index < 0) throw invalid(`${field} ${excerpt(name)} is not among the project's classes ${excerpt(project.classes)}`, field);
    return index;
  };
  const finding = (name: string, field: string) => findingSql(run, name, field, specs.get(name)!.methods);
  // NaN is above every number to PostgreSQL.
  const known = (sql: string) => `nullif(${sql}, 'NaN')`;

  if (filter.class != null) equal('label.consensus', classIndex(filter.class, 'filter.class'));
  for (const name of ['confidence', 'entropy', 'votes'] as const) within(`label.${name}`, `filter.${name}`, filter[name] ?? {});
  if (filter.tie != null) equal('label.tie', filter.tie);
  for (const name of ['difficulty', 'disagreement'] as const) if (filter[name]) within(known(finding(name, `filter.${name}`)), `filter.${name}`, filter[name]);
  const { confusionProbability: confusion, ...topTwo } = filter.topTwo ?? {};
  for (const name of ['first', 'second'] as const) if (topTwo[name] != null) equal(finding(name, `filter.topTwo.${name}`), classIndex(topTwo[name], `filter.topTwo.${name}`));
  if (confusion) within(known(finding('confusionProbability', 'filter.topTwo.confusionProbability')), 'filter.topTwo.confusionProbability', confusion);
  for (const name of ['tied', 'disagreesWithMajority'] as const) if (topTwo[name] != null) equal(finding(name, `filter.topTwo.${name}`), Number(topTwo[name]));
  return conditions;
}

const specs = new Map(findingsPer('item').map((spec) => [spec.name, spec]));
