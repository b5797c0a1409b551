import { Field, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { RequiresScope } from '../platform/principal.js';
import { classFunctions, LEADING } from './class-figures.js';
import { functionNames } from './operations.js';
import { ruleKinds, type Quantity } from './quantities.js';

@ObjectType({ description: 'A number that a rule may read by its name. Where it is not known yet, every comparison with it is false.' })
export class RuleQuantity {
  @Field(() => String)
  name: string;

  @Field(() => String)
  doc: string;

  @Field(() => String)
  range: string;
}

@ObjectType({ description: "One of a project's rules that are expressions." })
export class RuleKindInfo {
  @Field(() => String, { description: 'done, priority, flag or pause.' })
  kind: string;

  @Field(() => String, { description: 'Its field in ProjectRulesInput.' })
  field: string;

  @Field(() => String, { description: 'What its expression gives: boolean or number.' })
  result: string;

  @Field(() => String)
  doc: string;

  @Cost({ list: 50 })
  @Field(() => [RuleQuantity])
  quantities: readonly Quantity[];

  @Field(() => [String], { description: 'The functions it may call.' })
  functions: readonly string[];

  @Cost({ list: 5 })
  @Field(() => [RuleQuantity], { description: 'What it may ask about one of the project\'s classes, as votesFor("deer"), and the class that leads; empty where it may not.' })
  ofClasses: readonly Quantity[];
}

@Resolver()
export class RulesResolver {
  @Cost({ list: 5 })
  @Query(() => [RuleKindInfo], { description: 'The kinds of rule, and the quantities that each may read.' })
  @RequiresScope('results:read')
  ruleQuantities(): RuleKindInfo[] {
    return Object.entries(ruleKinds).map(([kind, rule]) => ({ kind, ...rule, quantities: [...rule.quantities], functions: [...functionNames], ofClasses: rule.ofClasses ? [...classFunctions, LEADING] : [] }));
  }
}
