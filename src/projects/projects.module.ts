import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Jobs } from '../jobs/jobs.service.js';
import { Idempotency } from '../platform/database/idempotency.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { KeyWatch } from '../platform/key-watch.js';
import { Authenticator } from '../platform/principal.js';
import { AccessGuard } from './access/access.guard.js';
import { ApiKey } from './keys/api-key.entity.js';
import { ApiKeysResolver } from './keys/api-keys.resolver.js';
import { ApiKeysService } from './keys/api-keys.service.js';
import { Audit } from './audit/audit.js';
import { AuditEntry } from './audit/audit-entry.entity.js';
import { FirstWorkspace } from './keys/first-workspace.js';
import { KeyAuthenticator } from './keys/key-authenticator.js';
import { FactChanges } from './fact-changes.js';
import { ProjectAccess } from './project-access.js';
import { Project } from './project.entity.js';
import { ProjectsResolver } from './projects.resolver.js';
import { ProjectsService } from './projects.service.js';
import { ScopeCheck } from './access/scope-check.js';
import { Workspace } from './workspaces/workspace.entity.js';
import { WorkspaceResolver } from './workspaces/workspace.resolver.js';

/** Global: every module above asks for a project, and every door for a key. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Workspace, Project, ApiKey, AuditEntry]), DiscoveryModule],
  providers: [
    { provide: Authenticator, useClass: KeyAuthenticator },
    KeyWatch,
    { provide: APP_GUARD, useClass: AccessGuard },
    ScopeCheck, Audit, FactChanges, ProjectAccess, ProjectsService, ProjectsResolver, ApiKeysService, ApiKeysResolver, WorkspaceResolver, FirstWorkspace,
  ],
  exports: [Authenticator, KeyWatch, Audit, FactChanges, ProjectAccess, ProjectsService, ApiKeysService, FirstWorkspace],
})
export class ProjectsModule {
  constructor(nodes: NodeTypes, access: ProjectAccess, keys: ApiKeysService, jobs: Jobs, idempotency: Idempotency) {
    jobs.sweep('old idempotency keys', 60_000, async (transaction) => {
      await idempotency.forgetOld(transaction);
    });
    nodes.declare('Project', (caller, id) => access.find(caller, id));
    nodes.declare('ApiKey', (caller, id) => keys.find(caller, id));
  }
}
