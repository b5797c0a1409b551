import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Jobs } from '../jobs/jobs.service.js';
import { Idempotency } from '../platform/idempotency.js';
import { NodeTypes } from '../platform/node.js';
import { Authenticator } from '../platform/principal.js';
import { AccessGuard } from './access.guard.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysResolver } from './api-keys.resolver.js';
import { ApiKeysService } from './api-keys.service.js';
import { Audit } from './audit.js';
import { AuditEntry } from './audit-entry.entity.js';
import { FirstWorkspace } from './first-workspace.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { ProjectAccess } from './project-access.js';
import { Project } from './project.entity.js';
import { ProjectsResolver } from './projects.resolver.js';
import { ProjectsService } from './projects.service.js';
import { ScopeCheck } from './scope-check.js';
import { Workspace } from './workspace.entity.js';
import { WorkspaceResolver } from './workspace.resolver.js';

/** Global: every module above asks for a project, and every door for a key. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Workspace, Project, ApiKey, AuditEntry]), DiscoveryModule],
  providers: [
    { provide: Authenticator, useClass: KeyAuthenticator },
    { provide: APP_GUARD, useClass: AccessGuard },
    ScopeCheck, Audit, ProjectAccess, ProjectsService, ProjectsResolver, ApiKeysService, ApiKeysResolver, WorkspaceResolver, FirstWorkspace,
  ],
  exports: [Authenticator, Audit, ProjectAccess, ProjectsService, ApiKeysService, FirstWorkspace],
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
