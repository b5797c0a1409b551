import { Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionType } from '../platform/graphql/pagination.js';
import { Node } from '../platform/graphql/node.js';
import { JsonScalar, ProbabilityScalar } from '../platform/graphql/scalars.js';
import { Report } from '../reports/report.entity.js';
import { defineReport } from '../reports/report-kind.js';
import type { AgreementRequest, AgreementResult } from './agreement.task.js';

export enum AgreementBy {
  OVERALL = 'OVERALL',
  CLASS = 'CLASS',
  ITEM = 'ITEM',
  PAIR = 'PAIR',
}

registerEnumType(AgreementBy, {
  name: 'AgreementBy',
  valuesMap: {
    OVERALL: { description: 'One value, with an interval where replicates are asked for.' },
    CLASS: { description: 'Upon each class against all others.' },
    ITEM: { description: 'The observed agreement of each item with two votes or more.' },
    PAIR: { description: 'Of each two annotators who share an item; for metrics that compare pairs.' },
  },
});

export enum AgreementItemOrder {
  ITEM = 'ITEM',
  AGREEMENT = 'AGREEMENT',
}

registerEnumType(AgreementItemOrder, { name: 'AgreementItemOrder', valuesMap: { ITEM: { description: 'In the order in which items came to the project.' }, AGREEMENT: { description: 'The least agreement first.' } } });

export enum AgreementPairOrder {
  ANNOTATORS = 'ANNOTATORS',
  VALUE = 'VALUE',
  SHARED_ITEMS = 'SHARED_ITEMS',
}

registerEnumType(AgreementPairOrder, {
  name: 'AgreementPairOrder',
  valuesMap: {
    ANNOTATORS: { description: 'In the order in which annotators came to the project, by the first and then the second.' },
    VALUE: { description: 'The least value first; pairs without one come last.' },
    SHARED_ITEMS: { description: 'Those who share most items first.' },
  },
});

@ObjectType({ description: 'A percentile interval over resampled items.' })
export class AgreementInterval {
  @Field(() => Float, { nullable: true })
  low: number | null;

  @Field(() => Float, { nullable: true })
  high: number | null;

  @Field(() => ProbabilityScalar, { description: 'Chance that such an interval covers the value.' })
  level: number;

  @Field(() => Int)
  replicates: number;

  @Field(() => Int, { description: 'Replicates in which the metric was undefined; the interval is over the others.' })
  undefinedReplicates: number;
}

@ObjectType()
export class OverallAgreement {
  @Field(() => Float, { nullable: true, description: 'Null where there is nothing to agree about: no item with two votes or, for metrics that correct for chance, votes for one class alone.' })
  value: number | null;

  @Field(() => AgreementInterval, { nullable: true, description: 'Null where no replicates were asked for.' })
  interval: AgreementInterval | null;

  @Field(() => Int, { description: 'Items with a selected vote.' })
  votedItems: number;

  @Field(() => Int, { description: 'Items with two or more, which is what agreement is measured on.' })
  comparedItems: number;

  @Field(() => [String], { description: 'What was assumed of the classes.' })
  warnings: string[];
}

@ObjectType()
export class ClassAgreement {
  @Field(() => String)
  class: string;

  @Field(() => Float, { nullable: true })
  value: number | null;
}

@ObjectType()
export class AgreementItem {
  projectId: number;
  itemCode: number;

  @Field(() => Int)
  votes: number;

  @Field(() => ProbabilityScalar, { description: "1 minus the mean distance of the item's pairs of votes; of nominal metrics the share of its pairs that agree." })
  agreement: number;
}

@ObjectType()
export class AgreementPair {
  projectId: number;
  firstCode: number;
  secondCode: number;

  @Field(() => Int, { description: 'Items both voted on.' })
  sharedItems: number;

  @Field(() => Float, { nullable: true, description: 'Null where undefined, as for a kappa of two who both only ever gave the same class.' })
  value: number | null;
}

export const AgreementItemConnection = connectionType(AgreementItem);
export const AgreementPairConnection = connectionType(AgreementPair);

@ObjectType({ implements: () => [Node, Report], description: 'How far annotators agree beyond chance, by one metric.' })
export class AgreementReport extends Report {
  declare request: AgreementRequest;
  declare result: AgreementResult | null;

  @Field(() => String, { description: 'The id of the metric, see agreementMetrics.' })
  get metric(): string {
    return this.request.metric;
  }

  @Field(() => Int)
  get metricVersion(): number {
    return this.request.metricVersion;
  }

  @Field(() => JsonScalar, { description: 'Every option of the metric, the defaults included.' })
  get options(): object {
    return this.request.options;
  }

  @Field(() => [AgreementBy])
  get by(): AgreementBy[] {
    return this.request.by;
  }

  @Field(() => Int, { nullable: true, description: 'Votes that were selected; null until it succeeded.' })
  get votes(): number | null {
    return this.result?.votes ?? null;
  }

  @Field(() => OverallAgreement, { nullable: true, description: 'Null until it succeeded, and where OVERALL was not asked for.' })
  get overall(): OverallAgreement | null {
    return this.result?.overall ?? null;
  }
}

export const agreementReport = defineReport<AgreementRequest, AgreementReport>({
  name: 'agreement', version: 1, type: AgreementReport, module: new URL('./agreement.task.js', import.meta.url),
});
