import { Module } from '@nestjs/common';
import { ComputeModule } from '../compute/compute.module.js';
import { ItemsModule } from '../items/items.module.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { GoldAccuracies } from './gold-accuracies.service.js';
import { GoldAnswers } from './gold-answers.service.js';
import { GoldSampleItemResolver, GoldSamplesResolver, ProjectGoldSamplesResolver } from './gold-samples.resolver.js';
import { GoldSamples } from './gold-samples.service.js';
import { AnnotatorGoldResolver, GoldAnswerResolver, GoldResolver, ItemGoldResolver, ProjectGoldResolver } from './gold.resolver.js';
import { GoldService } from './gold.service.js';

@Module({
  imports: [ItemsModule, ComputeModule],
  providers: [
    GoldService, GoldAnswers, GoldAccuracies, GoldSamples,
    GoldResolver, ProjectGoldResolver, ItemGoldResolver, GoldAnswerResolver, AnnotatorGoldResolver,
    GoldSamplesResolver, ProjectGoldSamplesResolver, GoldSampleItemResolver,
  ],
  exports: [GoldService, GoldAnswers, GoldSamples],
})
export class GoldModule {
  constructor(nodes: NodeTypes, samples: GoldSamples) {
    nodes.declare('GoldSample', (caller, id) => samples.find(caller, id));
  }
}
