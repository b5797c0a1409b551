import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Node } from '../platform/graphql/node.js';
import { connectionType } from '../platform/graphql/pagination.js';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';
import { defineReport } from '../reports/report-kind.js';
import { Report } from '../reports/report.entity.js';
import { requestedType } from '../reports/report.inputs.js';
import type { ReferenceRequest, ReferenceResult } from './reference.task.js';
import { SelectedVotesInput } from './vote-selection.js';

export enum AgreementReference {
  CONSENSUS = 'CONSENSUS',
  GOLD = 'GOLD',
}

registerEnumType(AgreementReference, {
  name: 'AgreementReference',
  valuesMap: {
    CONSENSUS: { description: "A run's consensus labels. An annotator's own votes take part in them, so that with few votes an item the figures are too high." },
    GOLD: { description: 'Gold answers as they stood at the watermark.' },
  },
});

export enum AnnotatorAgreementOrder {
  ANNOTATOR = 'ANNOTATOR',
  ACCURACY = 'ACCURACY',
}

registerEnumType(AnnotatorAgreementOrder, { name: 'AnnotatorAgreementOrder', valuesMap: { ANNOTATOR: { description: 'In the order in which annotators came to the project.' }, ACCURACY: { description: 'The least first.' } } });

@InputType()
export class RequestAnnotatorAgreementInput extends SelectedVotesInput {
  @Field(() => AgreementReference)
  reference: AgreementReference;

  @Field(() => ID, { nullable: true, description: "Whose consensus it is: a run that succeeded; the project's current one where left out. With CONSENSUS only." })
  run?: string | null;
}

@ObjectType()
export class ClassQuality {
  @Field(() => String)
  class: string;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Of their votes for the class the share on items of the class; null without such votes.' })
  precision: number | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Of their votes on items of the class the share for the class; null without such votes.' })
  recall: number | null;

  @Field(() => Int, { description: 'Their votes for the class.' })
  given: number;

  @Field(() => Int, { description: 'Their votes on items of the class.' })
  reference: number;
}

@ObjectType()
export class ConfusionCount {
  @Field(() => String, { description: 'The class of the reference.' })
  reference: string;

  @Field(() => String, { description: 'The class they gave.' })
  given: string;

  @Field(() => Int)
  votes: number;
}

@ObjectType()
export class AnnotatorAgreement {
  report: AnnotatorAgreementReport;
  annotatorCode: number;
  firstCell: number;
  cells: number;

  @Field(() => Int, { description: 'Their votes on items of the reference.' })
  votes: number;

  @Field(() => Int, { description: 'Those of them for its class.' })
  agreed: number;

  @Field(() => ProbabilityScalar)
  accuracy: number;
}

export const AnnotatorAgreementConnection = connectionType(AnnotatorAgreement);

@ObjectType({ implements: () => [Node, Report], description: "How each annotator's votes compare with gold answers or with a run's consensus." })
export class AnnotatorAgreementReport extends Report {
  declare request: ReferenceRequest;
  declare result: ReferenceResult | null;

  @Field(() => AgreementReference)
  get reference(): AgreementReference {
    return this.request.runId == null ? AgreementReference.GOLD : AgreementReference.CONSENSUS;
  }

  @Field(() => Int, { nullable: true, description: 'Items of the reference; null until it succeeded.' })
  get items(): number | null {
    return this.result?.items ?? null;
  }

  @Field(() => Int, { nullable: true, description: 'Votes on them that were compared.' })
  get votes(): number | null {
    return this.result?.votes ?? null;
  }
}

export const referenceReport = defineReport<ReferenceRequest, AnnotatorAgreementReport>({
  name: 'annotator-agreement', version: 1, type: AnnotatorAgreementReport, module: new URL('./reference.task.js', import.meta.url),
});

@ObjectType()
export class RequestAnnotatorAgreementPayload extends requestedType(AnnotatorAgreementReport) {}
