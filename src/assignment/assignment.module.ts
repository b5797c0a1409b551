import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ComputeModule } from '../compute/compute.module.js';
import { GoldModule } from '../gold/gold.module.js';
import { ItemsModule } from '../items/items.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { LiveModule } from '../live/live.module.js';
import { VotesModule } from '../votes/votes.module.js';
import { AnnotatorLeasesResolver, AssignmentResolver, LateVoteResolver } from './assignment.resolver.js';
import { ChoicesService } from './choices.service.js';
import { ItemStateResolver, ProjectStatesResolver } from './item-states.resolver.js';
import { ItemStates } from './item-states.service.js';
import { LeaseLife } from './lease-life.js';
import { LeasesService } from './leases.service.js';
import { LeasesStore } from './leases.store.js';
import { NextItemsService } from './next-items.service.js';
import { PoliciesResolver } from './policies.resolver.js';
import { Progress } from './progress.js';
import { QueueHeads } from './queue-heads.js';
import { Queues } from './queues.service.js';
import { Refresh } from './refresh.service.js';
import { TermsStore } from './terms.store.js';
import { VerifyLeases } from './verify-leases.js';

@Module({
  imports: [JobsModule, ComputeModule, ItemsModule, AnnotatorsModule, VotesModule, GoldModule, LiveModule],
  providers: [
    ChoicesService, ItemStates, LeaseLife, LeasesService, LeasesStore, NextItemsService, Progress, QueueHeads, Queues, Refresh, TermsStore, VerifyLeases,
    AssignmentResolver, AnnotatorLeasesResolver, LateVoteResolver, ItemStateResolver, ProjectStatesResolver, PoliciesResolver,
  ],
  exports: [VerifyLeases],
})
export class AssignmentModule {}
