import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';

export enum GoldSampleDesign {
  UNIFORM = 'UNIFORM',
  UNCERTAINTY = 'UNCERTAINTY',
}

registerEnumType(GoldSampleDesign, {
  name: 'GoldSampleDesign',
  description: 'How the items of a sample are chosen.',
  valuesMap: {
    UNIFORM: { description: 'A simple random sample: each item has the same chance.' },
    UNCERTAINTY: {
      description: 'The less a soft label says, the likelier its item is drawn: in proportion to the entropy and a tenth of ln K, which is what a sure item has. Items without a soft label count as knowing nothing.',
    },
  },
});

@ObjectType({ implements: () => Node, description: 'Items that were drawn at random to be answered by somebody who should know. Each had a known chance of being drawn, so that what is found on them tells of all.' })
export class GoldSample implements Node {
  projectId: number;
  sampleId: number;
  runNumber: number | null;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('GoldSample', this.projectId, this.sampleId);
  }

  @Field(() => GoldSampleDesign)
  design: GoldSampleDesign;

  @Field(() => Int, { description: 'How many items were drawn.' })
  size: number;

  @Field(() => Int, { description: 'How many it was drawn from: all of the project that had no gold answer then.' })
  frameItems: number;

  @Field(() => Int, { description: 'With the same items and soft labels it draws the same sample.' })
  seed: number;

  @Field(() => ID, { nullable: true, name: 'runId', description: 'The run whose soft labels told how uncertain items were; null for UNIFORM, and where there was none.' })
  get runNodeId(): string | null {
    return this.runNumber == null ? null : globalId('Run', this.projectId, this.runNumber);
  }

  @Field(() => Date)
  createdAt: Date;
}

/** The columns a sample is read by, as SQL over the alias sample. */
export const SAMPLE_COLUMNS = `sample.project_id as "projectId", sample.id as "sampleId", sample.run_id as "runNumber", sample.design, sample.size,
  sample.frame_items as "frameItems", sample.seed, sample.created_at as "createdAt"`;

@ObjectType()
export class GoldSampleItem {
  projectId: number;
  itemCode: number;

  @Field(() => ProbabilityScalar, { description: 'The chance that the item had of being drawn, above 0.' })
  probability: number;

  @Field(() => Boolean, { description: 'Whether it has a gold answer, at this moment.' })
  answered: boolean;
}
