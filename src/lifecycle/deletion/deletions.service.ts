import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LeasesStore } from '../../assignment/leases/leases.store.js';
import { Events } from '../../events/events.service.js';
import { touchItems } from '../../items/touched-items.js';
import { Config } from '../../platform/config.js';
import { databaseTime } from '../../platform/database/clock.js';
import { Idempotency } from '../../platform/database/idempotency.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { conflict, invalid, notFound } from '../../platform/errors.js';
import { globalId, readGlobalId } from '../../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import { mayUse, type Principal } from '../../platform/principal.js';
import { excerpt } from '../../platform/text.js';
import { Audit, type Actor } from '../../projects/audit/audit.js';
import { projectGone } from '../../projects/project-gone.js';
import { Project } from '../../projects/project.entity.js';
import { lockVotes } from '../../projects/vote-lock.js';
import { RunsStore } from '../../runs/runs.store.js';
import { ProjectDeletion } from './project-deletion.entity.js';
import { PurgeWork } from './purge-work.js';

export const ProjectDeletionConnection = connectionType(ProjectDeletion);

const newestFirst = new Keyset<ProjectDeletion>([{ sql: 'deletion.id', type: 'int4', descending: true }], (deletion) => [deletion.id]);

const DAY_MS = 86_400_000;

/**
 * Deletes projects in two steps. In the first the project's row is taken out of its table, and so is absent to whoever looks for it, in
 * whatever statement; all its other rows stay until it is put back, or purged.
 */
@Injectable()
export class ProjectDeletions {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly audit: Audit,
    private readonly events: Events,
    private readonly runs: RunsStore,
    private readonly leases: LeasesStore,
    private readonly work: PurgeWork,
    private readonly config: Config,
  ) {}

  /**
   * @param confirm the project's name, or its id
   * @throws NOT_FOUND; INVALID_INPUT for another confirmation
   */
  async delete(actor: Actor, id: string, confirm: string, idempotencyKey: string | null = null): Promise<{ deletion: ProjectDeletion; replayed: boolean }> {
    const { answer, replayed } = await this.transactions.run((transaction) => this.idempotency.once(
      transaction,
      { projectId: null, workspaceId: actor.workspaceId, key: idempotencyKey },
      ['deleteProject', id],
      async () => {
        const project = await this.find(transaction, actor.workspaceId, id);
        requireConfirmed(project, confirm);
        // After this lock no writer of votes, gold or predictions is between its look and its commit; the next finds no project.
        await lockVotes(transaction, project.id, 'exclusive');
        return { deletion: await this.takeOut(transaction, actor, project.id, id) };
      },
    ));
    const deletion = await this.source.getRepository(ProjectDeletion).findOneBy({ id: answer.deletion, workspaceId: actor.workspaceId });
    // Restored since the call that this one repeats.
    if (!deletion) throw conflict(`the project ${id} was deleted by a call with this idempotency key, and restored since; take a new key`);
    return { deletion, replayed };
  }

  /** Puts the project back as it was; its runs that were under way stay cancelled. @throws NOT_FOUND; CONFLICT once its purge has begun */
  async restore(actor: Actor, id: string): Promise<Project> {
    return this.transactions.run(async (transaction) => {
      const deletion = await this.waiting(transaction, actor.workspaceId, id);
      await putBack(transaction, deletion.id);
      const projectId = deletion.projectId!;
      const [{ touched }]: [{ touched: number[] }] = await transaction.query(
        `with gone as (delete from project_deletions where id = $1 returning touched) select touched from gone`, [deletion.id],
      );
      await touchItems(transaction, projectId, touched);
      await this.audit.record(transaction, actor, 'restoreDeletedProject', projectId, { deletedAt: deletion.deletedAt });
      return transaction.getRepository(Project).findOneByOrFail({ id: projectId });
    });
  }

  /** Begins the purge now. @throws NOT_FOUND; INVALID_INPUT for another confirmation. Once it has begun, the same again. */
  async purge(actor: Actor, id: string, confirm: string): Promise<ProjectDeletion> {
    return this.transactions.run(async (transaction) => {
      const deletion = await this.deleted(transaction, actor.workspaceId, id);
      if (!deletion.project) return deletion;
      requireConfirmed({ id: deletion.projectId!, name: deletion.project.name }, confirm);
      const now = await databaseTime(transaction);
      await transaction.query(`update project_deletions set purge_after = $2, due_at = $2, api_key_id = $3 where id = $1`, [deletion.id, now, actor.keyId ?? null]);
      await this.work.send(transaction, deletion.id);
      return transaction.getRepository(ProjectDeletion).findOneByOrFail({ id: deletion.id });
    });
  }

  async page(workspaceId: number, args: PageArgs): Promise<ConnectionOf<ProjectDeletion>> {
    const query = this.source.getRepository(ProjectDeletion).createQueryBuilder('deletion').where('deletion.workspace_id = :workspaceId', { workspaceId });
    return readPage(query, newestFirst, args);
  }

  /** For holders of workspace:admin; to others it is absent. */
  async findDeletion(caller: Principal, id: string): Promise<ProjectDeletion> {
    const [number] = readGlobalId('ProjectDeletion', id);
    const found = mayUse(caller, 'workspace:admin') && number! <= 0x7fffffff
      && await this.source.getRepository(ProjectDeletion).findOneBy({ id: number, workspaceId: caller.workspaceId });
    if (!found) throw notFound('project deletion', id);
    return found;
  }

  private async find(transaction: Transaction, workspaceId: number, id: string): Promise<Project> {
    const number = numberIn(id);
    const project = number != null && await transaction.getRepository(Project).findOneBy({ id: number, workspaceId });
    if (!project) throw notFound('project', id);
    return project;
  }

  /** @returns the number of the deletion. @throws NOT_FOUND where another call was first */
  private async takeOut(transaction: Transaction, actor: Actor, projectId: number, id: string): Promise<number> {
    await this.runs.cancelAll(transaction, projectId);
    const touched = new Set((await this.leases.endAll(transaction, projectId)).map(({ item }) => item));
    const notes: { items: number[] }[] = await transaction.query(
      `with taken as (delete from touched_items where project_id = $1 and generation is null returning items) select items from taken`, [projectId],
    );
    for (const { items } of notes) for (const item of items) touched.add(item);
    const now = await databaseTime(transaction);
    const purgeAfter = new Date(now.getTime() + this.config.settings.DELETED_PROJECT_DAYS * DAY_MS);
    const [row]: { id: number }[] = await transaction.query(
      `with gone as (delete from projects where id = $1 returning *)
       insert into project_deletions (workspace_id, project_id, project, touched, api_key_id, deleted_at, purge_after, due_at)
       select workspace_id, id, to_jsonb(gone), $2, $3, $4, $5, $5 from gone returning id`,
      [projectId, [...touched], actor.keyId ?? null, now, purgeAfter],
    );
    if (!row) throw notFound('project', id);
    await this.audit.record(transaction, actor, 'deleteProject', projectId, { deletion: globalId('ProjectDeletion', row.id), purgeAfter });
    await this.events.publish(projectGone, { projectId }, transaction);
    return row.id;
  }

  private async deleted(transaction: Transaction, workspaceId: number, id: string): Promise<ProjectDeletion> {
    const number = numberIn(id);
    const deletion = number != null
      && await transaction.getRepository(ProjectDeletion).findOne({ where: { projectId: number, workspaceId }, lock: { mode: 'pessimistic_write' } });
    if (!deletion) throw notFound('deleted project', id);
    return deletion;
  }

  private async waiting(transaction: Transaction, workspaceId: number, id: string): Promise<ProjectDeletion> {
    const deletion = await this.deleted(transaction, workspaceId, id);
    if (deletion.startedAt) throw conflict(`the project ${id} is being purged since ${deletion.startedAt.toISOString()}; it cannot be restored any more`);
    return deletion;
  }
}

/** @returns null for a number that no project can have. @throws NOT_FOUND for an id of something else */
function numberIn(id: string): number | null {
  const [number] = readGlobalId('Project', id);
  return number! > 0x7fffffff ? null : number!;
}

function requireConfirmed({ id, name }: Pick<Project, 'id' | 'name'>, confirm: string): void {
  if (confirm === name || confirm === globalId('Project', id)) return;
  throw invalid(`input.confirm is ${excerpt(confirm)}, which is not the name of the project, nor its id; give one of them to delete it`, 'input.confirm');
}

/** Columns that were added meanwhile get their defaults; one that was taken away is left out. What is scored is scored anew. */
async function putBack(transaction: Transaction, deletionId: number): Promise<void> {
  const [{ columns }]: [{ columns: string }] = await transaction.query(
    `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns, project_deletions deletion
     where table_schema = 'public' and table_name = 'projects' and deletion.id = $1 and deletion.project ? column_name::text`, [deletionId],
  );
  await transaction.query(
    `insert into projects (${columns}) overriding system value
     select ${columns} from (
       select kept.* from project_deletions deletion cross join lateral jsonb_populate_record(null::projects, deletion.project) kept where deletion.id = $1
     ) kept`, [deletionId],
  );
  await transaction.query(
    `update projects set scoring_version = scoring_version + 1 where id = (select project_id from project_deletions where id = $1)`, [deletionId],
  );
}
