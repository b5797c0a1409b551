import { Args, Query, Resolver } from '@nestjs/graphql';
import { DataSource } from 'typeorm';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Caller } from '../../platform/request-context.js';
import { Audit, AuditConnection } from '../audit/audit.js';
import { Workspace } from './workspace.entity.js';

@Resolver(() => Workspace)
export class WorkspaceResolver {
  constructor(
    private readonly source: DataSource,
    private readonly audit: Audit,
  ) {}

  @Query(() => Workspace, { description: 'The workspace this key belongs to.' })
  @RequiresScope('results:read')
  workspace(@Caller() caller: Principal) {
    return this.source.getRepository(Workspace).findOneByOrFail({ id: caller.workspaceId });
  }

  @Query(() => AuditConnection, { description: 'Every administrative change in the workspace, newest first.' })
  @RequiresScope('workspace:admin')
  auditLog(@Caller() caller: Principal, @Args() page: PageArgs) {
    return this.audit.page(caller.workspaceId, page);
  }
}
