import { Args, Field, Mutation, ObjectType, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { ForAnnotatorKeys, RequiresScope } from '../platform/principal.js';
import { Context, idempotencyOf, type RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { requireOwnReferences, requireOwnVotes } from './own-votes.js';
import { countAnswers, readAnswers, VoteStatus, type VoteAnswers } from './vote-batch.js';
import { VoteConnection, VoteHistory } from './vote-history.js';
import { VoteCounts, VoteCountsService } from './vote-counts.js';
import type { NearMiss } from './vote-row.js';
import { SubmitVotesInput, VoteResult, VoteStatusCounts, WithdrawVotesInput, WithdrawVotesPayload } from './votes.inputs.js';
import { SingleVotes } from './single-votes.js';
import { VotesService } from './votes.service.js';
import { WithdrawalsService } from './withdrawals.service.js';

const WARNINGS_TOLD = 20;

@ObjectType()
export class SubmitVotesPayload {
  answers: VoteAnswers;
  nearMisses: readonly NearMiss[];

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}

@Resolver(() => SubmitVotesPayload)
export class SubmitVotesResolver {
  constructor(
    private readonly service: VotesService,
    private readonly singles: SingleVotes,
    private readonly withdrawals: WithdrawalsService,
    private readonly access: ProjectAccess,
  ) {}

  @Mutation(() => SubmitVotesPayload, { description: 'Writes up to 10,000 votes and answers row by row; what is answered is durable.' })
  @RequiresScope('votes:write')
  @ForAnnotatorKeys()
  async submitVotes(@Context() context: RequestContext, @Args('input') input: SubmitVotesInput) {
    const caller = context.principal!;
    const idempotency = idempotencyOf(context, input);
    if (input.votes.length === 1) return this.singles.submit(caller, input.projectId, input.votes[0]!, idempotency);
    const project = await this.access.findOpen(caller, input.projectId);
    requireOwnVotes(caller, input.votes);
    return this.service.submit(project, input.votes, { idempotency });
  }

  @Mutation(() => WithdrawVotesPayload, { description: 'Takes votes back: they stay in the history and count no more.' })
  @RequiresScope('votes:write')
  @ForAnnotatorKeys()
  async withdrawVotes(@Context() context: RequestContext, @Args('input') input: WithdrawVotesInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    requireOwnReferences(context.principal!, input.votes);
    return this.withdrawals.withdraw(project, input.votes, idempotencyOf(context, input), context.principal!.annotator);
  }

  @ResolveField(() => VoteStatusCounts)
  counts(@Parent() { answers }: SubmitVotesPayload): VoteStatusCounts {
    const counts = countAnswers(answers);
    return { created: counts.CREATED, superseded: counts.SUPERSEDED, duplicate: counts.DUPLICATE, rejected: counts.REJECTED };
  }

  @ResolveField(() => [VoteResult], { description: 'One result a row, in the order of the rows; only those of some statuses where asked.' })
  results(@Parent() { answers }: SubmitVotesPayload, @Args('only', { type: () => [VoteStatus], nullable: true }) only?: VoteStatus[] | null): VoteResult[] {
    const results = readAnswers(answers);
    return only ? results.filter((result) => only.includes(result.status)) : results;
  }

  @ResolveField(() => [String], { description: 'Names for which votes are refused though a class differs from them by blanks, case, Unicode form or the way a number is written alone: each once, the first 20 of them.' })
  warnings(@Parent() { nearMisses }: SubmitVotesPayload): string[] {
    return nearMisses.slice(0, WARNINGS_TOLD).map(({ message }) => message);
  }
}

@Resolver(() => Project)
export class ProjectVotesResolver {
  constructor(
    private readonly counts: VoteCountsService,
    private readonly history: VoteHistory,
  ) {}

  @Cost({ reads: 4 })
  @ResolveField(() => VoteCounts)
  voteCounts(@Parent() project: Project) {
    return this.counts.ofProject(project.id);
  }

  @ResolveField(() => VoteConnection, { description: 'The whole log in the order of writing, ended votes included.' })
  votes(@Parent() project: Project, @Args() page: PageArgs) {
    return this.history.ofProject(project.id, project.classes, page);
  }
}
