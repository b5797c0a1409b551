import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { conflict, notFound } from '../platform/errors.js';
import { globalId, readGlobalId } from '../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import type { RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { Run, RunStatus } from './run.entity.js';

export const RunConnection = connectionType(Run);

const newestFirst = new Keyset<Run>([{ sql: 'run.id', type: 'int8', descending: true }], (run) => [run.id]);

/** Runs as they stand in their table. */
@Injectable()
export class RunReader {
  constructor(
    private readonly source: DataSource,
    private readonly access: ProjectAccess,
  ) {}

  /** By global id; what the caller may not see is absent. */
  async find(caller: Principal, id: string): Promise<Run> {
    const [projectId, runId] = readGlobalId('Run', id);
    const absent = () => notFound('run', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const run = runId == null ? null : await this.source.getRepository(Run).findOneBy({ projectId: project.id, id: runId });
    if (!run) throw absent();
    return run;
  }

  async page(project: Project, args: PageArgs): Promise<ConnectionOf<Run>> {
    const query = this.source.getRepository(Run).createQueryBuilder('run').where('run.project_id = :projectId', { projectId: project.id });
    return readPage(query, newestFirst, args);
  }

  /** The run whose results a project shows; null where there is none. */
  async current(context: RequestContext, projectId: number): Promise<Run | null> {
    const id = await context.loader<number, number>('current-runs', async (projectIds) => {
      const rows: { id: number; runId: number | null }[] = await this.source.query(`select id, current_run_id as "runId" from projects where id = any($1)`, [projectIds]);
      const found = new Map(rows.map((row) => [row.id, row.runId]));
      return projectIds.map((one) => found.get(one) ?? null);
    }).load(projectId);
    return id == null ? null : this.load(context, projectId, id);
  }

  /** Of each method the newest run whose results are kept, in the order of the methods' ids. */
  async newestByMethod(context: RequestContext, projectId: number): Promise<Run[]> {
    const runs = await context.loader<number, Run[]>('newest-runs-by-method', async (projectIds) => {
      const rows = await this.source.getRepository(Run).createQueryBuilder('run').distinctOn(['run.project_id', 'run.method_id'])
        .where(`run.project_id = any(:projectIds) and run.status = 'SUCCEEDED' and run.results_dropped_at is null`, { projectIds })
        .orderBy('run.project_id').addOrderBy('run.method_id').addOrderBy('run.id', 'DESC').getMany();
      return projectIds.map((id) => rows.filter((run) => run.projectId === id));
    }).load(projectId);
    return runs!;
  }

  /** The run of each key, for as many projects as the keys have, in one statement. */
  load(context: RequestContext, projectId: number, runId: number): Promise<Run | null> {
    return context.loader<string, Run>('runs', async (keys) => {
      const rows = await this.source.getRepository(Run).createQueryBuilder('run')
        .where(`(run.project_id, run.id) in (select split_part(key, ':', 1)::int, split_part(key, ':', 2)::bigint from unnest(:keys::text[]) key)`, { keys })
        .getMany();
      const found = new Map(rows.map((run) => [`${run.projectId}:${run.id}`, run]));
      return keys.map((key) => found.get(key) ?? null);
    }).load(`${projectId}:${runId}`);
  }

  read(projectId: number, runId: number): Promise<Run> {
    return this.source.getRepository(Run).findOneByOrFail({ projectId, id: runId });
  }
}

/** @throws CONFLICT for a run that did not succeed or whose results are gone. */
export function requireResults(run: Run): void {
  if (run.status !== RunStatus.SUCCEEDED) throw conflict(`the run ${globalId('Run', run.projectId, run.id)} is ${run.status} and has no results`);
  if (run.resultsDroppedAt) {
    throw conflict(`the results of this run were dropped at ${run.resultsDroppedAt.toISOString()}; start it again with watermark ${run.watermark}, its options and its seed to have them back`);
  }
}
