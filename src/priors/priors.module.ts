import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { CopiedPriors } from './copied-priors.js';
import { AnnotatorPriorResolver, AnnotatorPriorsResolver, PriorsResolver, ProjectPriorsResolver } from './priors.resolver.js';
import { PriorsService } from './priors.service.js';

@Module({
  imports: [AnnotatorsModule],
  providers: [PriorsService, CopiedPriors, PriorsResolver, ProjectPriorsResolver, AnnotatorPriorsResolver, AnnotatorPriorResolver],
})
export class PriorsModule {}
