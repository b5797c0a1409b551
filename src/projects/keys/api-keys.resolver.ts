import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Caller, Context, type RequestContext } from '../../platform/request-context.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyInput, ApiKeyPayload, ApiKeySecretPayload, CreateApiKeyInput, RotateApiKeyInput } from './api-keys.inputs.js';
import { ApiKeyConnection, ApiKeysService } from './api-keys.service.js';
import { actorOf } from '../audit/actor.js';
import { ProjectAccess } from '../project-access.js';

@Resolver(() => ApiKey)
export class ApiKeysResolver {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly access: ProjectAccess,
  ) {}

  @Query(() => ApiKeyConnection, { description: "The workspace's keys, revoked ones included, without their secrets." })
  @RequiresScope('workspace:admin')
  apiKeys(@Caller() caller: Principal, @Args() page: PageArgs) {
    return this.keys.page(caller.workspaceId, page);
  }

  @Mutation(() => ApiKeySecretPayload)
  @RequiresScope('workspace:admin')
  async createApiKey(@Context() context: RequestContext, @Args('input') input: CreateApiKeyInput) {
    const project = input.projectId == null ? null : await this.access.find(context.principal!, input.projectId);
    return this.keys.create(actorOf(context), { ...input, projectId: project?.id });
  }

  @Mutation(() => ApiKeySecretPayload, { description: 'A new secret for the same key; the old one ends at once, or works on for a while where asked.' })
  @RequiresScope('workspace:admin')
  rotateApiKey(@Context() context: RequestContext, @Args('input') input: RotateApiKeyInput) {
    return this.keys.rotate(actorOf(context), input.id, input.overlapSeconds);
  }

  @Mutation(() => ApiKeyPayload)
  @RequiresScope('workspace:admin')
  async revokeApiKey(@Context() context: RequestContext, @Args('input') input: ApiKeyInput) {
    return { apiKey: await this.keys.revoke(actorOf(context), input.id) };
  }
}
