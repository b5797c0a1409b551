import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { Annotator } from '../annotators/annotator.entity.js';
import { ForAnnotatorKeys, requireOwnName, RequiresScope, type Principal } from '../platform/principal.js';
import { Caller, Context, type RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { Vote } from '../votes/vote.entity.js';
import { NextItemsInput, NextItemsPayload } from './assignment.inputs.js';
import { asTheyMayKnow, requireOwnAsking } from './for-the-annotator.js';
import { Lease } from './leases/lease.entity.js';
import { HeartbeatInput, LeasesInput, LeasesPayload } from './leases/leases.inputs.js';
import { LeasesService } from './leases/leases.service.js';
import { LeasesStore } from './leases/leases.store.js';
import { NextItemsService } from './next-items.service.js';

@Resolver()
export class AssignmentResolver {
  constructor(
    private readonly access: ProjectAccess,
    private readonly service: NextItemsService,
    private readonly leases: LeasesService,
  ) {}

  @Mutation(() => NextItemsPayload, { description: 'What an annotator should label next: items leased to them, those first where their answer helps most.' })
  @RequiresScope('assignment')
  @ForAnnotatorKeys()
  async nextItems(@Caller() caller: Principal, @Args('input') input: NextItemsInput) {
    requireOwnAsking(caller, input);
    const next = await this.service.next(caller, input);
    return caller.annotator == null ? next : asTheyMayKnow(next);
  }

  @Mutation(() => LeasesPayload, { description: 'Keeps leases alive while the annotator works.' })
  @RequiresScope('assignment')
  @ForAnnotatorKeys()
  async heartbeat(@Caller() caller: Principal, @Args('input') input: HeartbeatInput) {
    return { results: await this.leases.heartbeat(await this.projectOf(caller, input), input.annotator, input.leases, input.leaseSeconds ?? null) };
  }

  @Mutation(() => LeasesPayload, { description: 'Gives items back unanswered; they may be given to anybody again.' })
  @RequiresScope('assignment')
  @ForAnnotatorKeys()
  async releaseItems(@Caller() caller: Principal, @Args('input') input: LeasesInput) {
    return { results: await this.leases.release(await this.projectOf(caller, input), input.annotator, input.leases) };
  }

  @Mutation(() => LeasesPayload, { description: 'The annotator passes items by: a SKIP in the vote log, and these items are not given to them again.' })
  @RequiresScope('assignment')
  @ForAnnotatorKeys()
  async skipItems(@Caller() caller: Principal, @Args('input') input: LeasesInput) {
    return { results: await this.leases.skip(await this.projectOf(caller, input), input.annotator, input.leases) };
  }

  private async projectOf(caller: Principal, { projectId, annotator }: LeasesInput): Promise<Project> {
    requireOwnName(caller, annotator, 'input.annotator', 'input.annotator');
    return this.access.findOpen(caller, projectId);
  }
}

@Resolver(() => Annotator)
export class AnnotatorLeasesResolver {
  constructor(private readonly store: LeasesStore) {}

  @Cost({ list: 20 })
  @ResolveField(() => [Lease], { description: 'The items they hold now, the oldest lease first: for a platform that lost its own memory.' })
  leases(@Parent() { projectId, code }: Annotator) {
    return this.store.live(projectId, code);
  }
}

@Resolver(() => Vote)
export class LateVoteResolver {
  constructor(private readonly store: LeasesStore) {}

  @ResolveField(() => Boolean, { description: 'Whether it came after the lease it was for had expired. It counts all the same.' })
  late(@Context() context: RequestContext, @Parent() { projectId, seq }: Vote) {
    return context.loader<number, boolean>(`late-votes:${projectId}`, (seqs) => this.store.areLate(projectId, seqs)).load(seq);
  }
}
