import type { VoteRow } from '../votes.js';
import type { Behaviour, SimulatedCrowd } from './crowd.js';

/** The votes in the order in which they were cast, with names whose order is that of the indices: item-007, annotator-12, class-0. */
export function* crowdVotes(crowd: SimulatedCrowd): Generator<VoteRow> {
  const { items, annotators, classes, itemCount, annotatorCount, classCount } = crowd.columns;
  const item = namer('item', itemCount);
  const annotator = namer('annotator', annotatorCount);
  const label = namer('class', classCount);
  for (let v = 0; v < items.length; v++) yield [item(items[v]!), annotator(annotators[v]!), label(classes[v]!)];
}

/** The true class of each item, under the same names; unvoted items too. */
export function* crowdGold(crowd: SimulatedCrowd): Generator<readonly [item: string, label: string]> {
  const item = namer('item', crowd.columns.itemCount);
  const label = namer('class', crowd.columns.classCount);
  for (let i = 0; i < crowd.truth.length; i++) yield [item(i), label(crowd.truth[i]!)];
}

/** Every annotator with its behaviour and skill (see `CrowdParameters`), under the same names. */
export function* crowdAnnotators(crowd: SimulatedCrowd): Generator<readonly [annotator: string, behaviour: Behaviour, skill: number]> {
  const annotator = namer('annotator', crowd.columns.annotatorCount);
  const { behaviour, skill } = crowd.parameters;
  for (let a = 0; a < skill.length; a++) yield [annotator(a), behaviour[a]!, skill[a]!];
}

/** Indices padded to equal length, so that names sort as numbers do. */
function namer(kind: string, count: number): (index: number) => string {
  const width = String(Math.max(0, count - 1)).length;
  return (index) => `${kind}-${String(index).padStart(width, '0')}`;
}
