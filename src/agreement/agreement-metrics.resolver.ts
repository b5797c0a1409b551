import { Field, Float, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { agreementMetrics, type OptionSpec } from '../aggregation/index.js';
import { Cost } from '../platform/graphql/cost.js';
import { RequiresScope } from '../platform/principal.js';
import { MethodOption } from '../runs/methods.resolver.js';

export enum AgreementScale {
  NOMINAL = 'nominal',
  ORDINAL = 'ordinal',
  INTERVAL = 'interval',
  RATIO = 'ratio',
}

registerEnumType(AgreementScale, {
  name: 'AgreementScale',
  description: 'What a metric assumes of the classes.',
  valuesMap: {
    NOMINAL: { description: 'Nothing but that they are different.' },
    ORDINAL: { description: "That they are in order: that of the project's classes, or of classValues." },
    INTERVAL: { description: 'That each has a place on a line: classes that are numbers, or classValues. Classes of which none is a number lie a unit apart, and a warning says so.' },
    RATIO: { description: 'That each has a place on a line at zero or above: classes that are numbers, or classValues.' },
  },
});

@ObjectType({ description: 'A way to measure how far annotators agree.' })
export class AgreementMetricInfo {
  @Field(() => String, { description: 'What requestAgreement calls it.' })
  id: string;

  @Field(() => Int, { description: 'Raised whenever the same votes may give another number.' })
  version: number;

  @Field(() => String)
  title: string;

  @Field(() => String, { description: 'The paper, with year.' })
  source: string;

  @Field(() => AgreementScale, { description: 'At its default options.' })
  scale: AgreementScale;

  @Field(() => Boolean, { description: 'Whether it compares pairs of annotators (PAIR).' })
  comparesPairs: boolean;

  @Field(() => Boolean, { description: 'Whether it compares sets of classes; of votes for single classes it is nominal.' })
  comparesSets: boolean;

  @Field(() => Float, { nullable: true, description: 'No value is below; null where there is no bound. None is above 1.' })
  lowest: number | null;

  @Cost({ list: 20 })
  @Field(() => [MethodOption])
  options: readonly OptionSpec[];
}

@Resolver()
export class AgreementMetricsResolver {
  @Cost({ list: agreementMetrics.length })
  @Query(() => [AgreementMetricInfo], { description: 'Every agreement metric there is, from the registry.' })
  @RequiresScope('results:read')
  agreementMetrics() {
    return agreementMetrics.map(({ forPairs, ofSets, ...metric }) => ({ ...metric, comparesPairs: forPairs !== undefined, comparesSets: ofSets !== undefined }));
  }
}
