import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ComputeModule } from '../compute/compute.module.js';
import { GoldModule } from '../gold/gold.module.js';
import { ItemsModule } from '../items/items.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { LiveModule } from '../live/live.module.js';
import { PredictionsModule } from '../predictions/predictions.module.js';
import { VotesModule } from '../votes/votes.module.js';
import { AnnotatorLeasesResolver, AssignmentResolver, LateVoteResolver } from './assignment.resolver.js';
import { ChoicesService } from './queue/choices.service.js';
import { ItemStateResolver, ProjectStatesResolver } from './states/item-states.resolver.js';
import { ItemStates } from './states/item-states.service.js';
import { LeaseLife } from './leases/lease-life.js';
import { LeasesService } from './leases/leases.service.js';
import { LeasesStore } from './leases/leases.store.js';
import { NextItemsService } from './next-items.service.js';
import { PoliciesResolver } from './scoring/policies.resolver.js';
import { Progress } from './states/progress.js';
import { QueueHeads } from './queue/queue-heads.js';
import { Queues } from './scoring/queues.service.js';
import { Refresh } from './scoring/refresh.service.js';
import { RelabelOrNewItemResolver, RelabelOrNewResolver } from './scoring/relabel-or-new.resolver.js';
import { RelabelOrNewService } from './scoring/relabel-or-new.service.js';
import { TermsStore } from './queue/terms.store.js';
import { VerifyLeases } from './leases/verify-leases.js';

@Module({
  imports: [JobsModule, ComputeModule, ItemsModule, AnnotatorsModule, VotesModule, GoldModule, LiveModule, PredictionsModule],
  providers: [
    ChoicesService, ItemStates, LeaseLife, LeasesService, LeasesStore, NextItemsService, Progress, QueueHeads, Queues, Refresh, RelabelOrNewService, TermsStore, VerifyLeases,
    AssignmentResolver, AnnotatorLeasesResolver, LateVoteResolver, ItemStateResolver, ProjectStatesResolver, PoliciesResolver,
    RelabelOrNewResolver, RelabelOrNewItemResolver,
  ],
  exports: [VerifyLeases, LeasesStore],
})
export class AssignmentModule {}
