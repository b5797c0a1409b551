import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { AssignmentKind } from '../leases/lease.entity.js';

@ObjectType({ description: 'A model as a decision read it.' })
export class DecidingModel {
  @Field(() => String)
  model: string;

  @Field(() => String)
  version: string;

  @Field(() => Boolean, { description: 'Whether the model had not seen the items it predicts; one that had counts for more than it should.' })
  outOfSample: boolean;

  @Field(() => Float, { description: 'How much it counts beside an annotator: compare with meanAnnotatorWeight.' })
  weight: number;

  @Field(() => Float, { description: 'By which its predictions were made less sure (above 1) or surer (below) before they were used: as fits the votes best.' })
  temperature: number;
}

@ObjectType({ description: 'An item that is worth a vote.' })
export class RelabelOrNewItem {
  projectId: number;
  itemCode: number;

  @Field(() => AssignmentKind)
  get kind(): AssignmentKind {
    return this.votes === 0 ? AssignmentKind.NEW : AssignmentKind.RELABEL;
  }

  @Field(() => Float, { description: 'How sure its consensus would be after one more vote of unknown worth, from 0 to 1: the lower, the more a vote is worth. On one scale for old and new items.' })
  score: number;

  @Field(() => Int, { description: 'How many votes for a class it has.' })
  votes: number;
}

@ObjectType({ description: 'Whether the next votes should go to items that have some or to new ones, by ActiveLab. Nothing is leased.' })
export class RelabelOrNew {
  @Field(() => AssignmentKind, { nullable: true, description: 'What the best next vote goes to; null where no predicted item is open to one.' })
  get decision(): AssignmentKind | null {
    return this.items[0]?.kind ?? null;
  }

  @Field(() => Float, { nullable: true, description: 'The lowest score of the items that have votes; null where none of them is open.' })
  scoreOfBestOld: number | null;

  @Field(() => Float, { nullable: true, description: 'The lowest score of the items that have none; null where none of them is open.' })
  scoreOfBestNew: number | null;

  @Field(() => Int, { description: 'How many items with votes compete: open by the rules of the project, with room for another vote beside their live leases, and predicted.' })
  oldItems: number;

  @Field(() => Int, { description: 'How many items without votes compete.' })
  newItems: number;

  @Field(() => Int, { description: 'Open items that lack a prediction of one of the models, and so have no score.' })
  unpredictedItems: number;

  @Field(() => [RelabelOrNewItem], { description: 'Up to count, the best next vote first; equal scores in the order in which items became known.' })
  items: RelabelOrNewItem[];

  @Cost({ list: 5 })
  @Field(() => [DecidingModel], { description: 'By name; several are an ensemble.' })
  models: DecidingModel[];

  @Field(() => Float, { description: 'How much an annotator of unknown worth counts; it is what the next vote is taken to weigh.' })
  meanAnnotatorWeight: number;

  @Field(() => [String])
  warnings: string[];
}
