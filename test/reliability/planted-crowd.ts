import { aggregate, runParameters, simulateCrowd, VoteTable, type CrowdOptions } from '../../src/aggregation/index.js';
import { annotatorFigures } from '../../src/reliability/figures.js';
import { crowdOf, flagsOf, type Flag } from '../../src/reliability/flags.js';
import { inOrder } from '../../src/reliability/standing-votes.js';

export type Planted = 'honest' | 'spammer' | 'colluder' | 'drifter' | 'mixed up' | 'hasty';

export interface PlantedCrowd {
  classCount: number;
  /** One a vote, in the order in which they were cast. */
  items: Int32Array;
  annotators: Int32Array;
  classes: Int32Array;
  durations: Int32Array;
  truth: Int32Array;
  behaviour: Planted[];
}

/** A simulated crowd; of its honest annotators the first 2 mix up classes and the next 2 answer in a tenth of the time. */
export function plantedCrowd(options: CrowdOptions, seed: number): PlantedCrowd & { itemCount: number; annotatorCount: number } {
  const { columns, truth, parameters } = simulateCrowd(options, seed);
  const { items, annotators, itemCount, annotatorCount, classCount } = columns;
  const behaviour: Planted[] = [...parameters.behaviour];
  const honest = behaviour.flatMap((name, annotator) => (name === 'honest' ? [annotator] : []));
  honest.slice(0, 2).forEach((annotator) => (behaviour[annotator] = 'mixed up'));
  honest.slice(2, 4).forEach((annotator) => (behaviour[annotator] = 'hasty'));
  const classes = columns.classes.map((label, vote) => (behaviour[annotators[vote]!] === 'mixed up' ? (label + 1) % classCount : label));
  // Between 2 and 14 seconds for each annotator alike, in an order that has nothing to do with the items.
  const durations = Int32Array.from(annotators, (annotator, vote) => (2000 + ((vote * 7919) % 12_000)) * (behaviour[annotator] === 'hasty' ? 0.1 : 1));
  return { items, annotators, classes, durations, truth, behaviour, itemCount, annotatorCount, classCount };
}

/** The kinds of flags of each annotator, as a run by the method and a look after it find them. */
export function flagKindsOf(crowd: ReturnType<typeof plantedCrowd>, method: string): Flag['kind'][][] {
  const { itemCount, annotatorCount, classCount } = crowd;
  const table = new VoteTable(crowd);
  const run = runParameters(table, aggregate(table, method, { options: {}, seed: 0 }));
  const votes = { itemCount, annotatorCount, classCount, ...inOrder({ ...crowd, times: Float64Array.from(crowd.items.keys()) }, annotatorCount) };
  const figures = annotatorFigures(votes, run, new Int32Array(itemCount).fill(-1), new Int32Array(annotatorCount));
  const classes = Array.from({ length: classCount }, (_, k) => `class ${k}`);
  const kinds = Array.from({ length: annotatorCount }, (): Flag['kind'][] => []);
  for (const one of figures) kinds[one.code] = flagsOf(one, crowdOf(figures), classes).map((flag) => flag.kind);
  return kinds;
}
