import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ItemsModule } from '../items/items.module.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { VerifyVotes } from './verify.js';
import { VoteCountsService } from './vote-counts.js';
import { AnnotatorVotesResolver, ItemVotesResolver, VoteFieldsResolver } from './vote-fields.resolver.js';
import { VoteHistory } from './vote-history.js';
import { SingleVotes } from './single-votes.js';
import { ProjectVotesResolver, SubmitVotesResolver } from './votes.resolver.js';
import { VoteListeners } from './vote-listeners.js';
import { VotesService } from './votes.service.js';
import { WithdrawalsService } from './withdrawals.service.js';

@Module({
  imports: [ItemsModule, AnnotatorsModule],
  providers: [
    VotesService, SingleVotes, WithdrawalsService, VoteHistory, VoteCountsService, VerifyVotes, VoteListeners,
    SubmitVotesResolver, ProjectVotesResolver, ItemVotesResolver, AnnotatorVotesResolver, VoteFieldsResolver,
  ],
  exports: [VotesService, VerifyVotes, VoteCountsService, VoteListeners],
})
export class VotesModule {
  constructor(nodes: NodeTypes, history: VoteHistory) {
    nodes.declare('Vote', (caller, id) => history.find(caller, id));
  }
}
