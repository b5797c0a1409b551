import { Module } from '@nestjs/common';
import { LabelFigures } from './label-figures.js';
import { OldResults } from './old-results.service.js';

@Module({ providers: [LabelFigures, OldResults], exports: [LabelFigures, OldResults] })
export class ResultsModule {}
