import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { DataSource } from 'typeorm';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Transactions } from '../../platform/database/transaction.js';
import { Caller, Context, type RequestContext } from '../../platform/request-context.js';
import { actorOf } from '../audit/actor.js';
import { Audit, AuditConnection } from '../audit/audit.js';
import { Workspace } from './workspace.entity.js';
import { UpdateWorkspaceInput, WorkspacePayload } from './workspace.inputs.js';

@Resolver(() => Workspace)
export class WorkspaceResolver {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: Audit,
  ) {}

  @Query(() => Workspace, { description: 'The workspace this key belongs to.' })
  @RequiresScope('results:read')
  workspace(@Caller() caller: Principal) {
    return this.source.getRepository(Workspace).findOneByOrFail({ id: caller.workspaceId });
  }

  @Mutation(() => WorkspacePayload)
  @RequiresScope('workspace:admin')
  async updateWorkspace(@Context() context: RequestContext, @Args('input') { auditReads }: UpdateWorkspaceInput) {
    const actor = actorOf(context);
    const workspace = await this.transactions.run(async (transaction) => {
      const workspaces = transaction.getRepository(Workspace);
      const where = { id: actor.workspaceId };
      const found = await workspaces.findOneOrFail({ where, lock: { mode: 'pessimistic_write' } });
      if (auditReads == null || auditReads === found.auditReads) return found;
      await workspaces.update(where, { auditReads });
      await this.audit.record(transaction, actor, 'updateWorkspace', null, { auditReads });
      return workspaces.findOneByOrFail(where);
    });
    return { workspace };
  }

  @Query(() => AuditConnection, { description: 'Every administrative change in the workspace, and where its auditReads is on every read of gold and every download, newest first.' })
  @RequiresScope('workspace:admin')
  auditLog(@Caller() caller: Principal, @Args() page: PageArgs) {
    return this.audit.page(caller.workspaceId, page);
  }
}
