// Crowds in which it is known who does not look, tires, mixes up classes or hurries.
import { aggregate, runParameters, simulateCrowd, VoteTable } from '../../dist/src/aggregation/index.js';
import { lognormal, random } from './random.mjs';
import { annotatorFigures } from '../../dist/src/reliability/figures.js';
import { crowdOf, flagsOf } from '../../dist/src/reliability/flags.js';
import { inOrder } from '../../dist/src/reliability/standing-votes.js';

/** Beside the simulated behaviours: of the honest annotators so many mix up classes, and so many answer in a tenth of the time. */
const MIXED_UP = 3;
const HASTY = 3;

/** @returns for each annotator with votes: behaviour, votes, estimated accuracy, agreement, share of right answers, and the kinds of flags. */
export function flaggedCrowd(options, method, seed) {
  const { columns, truth, parameters } = simulateCrowd(options, seed);
  const { classCount: K, annotatorCount, itemCount } = columns;
  const draw = random(seed);
  const behaviour = parameters.behaviour.map((name, a) => (name === 'spammer' && parameters.constantAnswer[a] >= 0 ? 'always the same class' : name === 'spammer' ? 'at random' : name));
  const honest = behaviour.flatMap((name, a) => (name === 'honest' ? [a] : []));
  for (const a of honest.slice(0, MIXED_UP)) behaviour[a] = 'classes mixed up';
  for (const a of honest.slice(MIXED_UP, MIXED_UP + HASTY)) behaviour[a] = 'hasty';
  const classes = columns.classes.map((label, v) => (behaviour[columns.annotators[v]] === 'classes mixed up' ? (label + 1) % K : label));

  // Annotators differ in pace by a factor of 1.4, one annotator's answers by a factor of 2.
  const pace = Float64Array.from({ length: annotatorCount }, () => 8000 * lognormal(draw, Math.log(1.4)));
  const durations = Int32Array.from(columns.annotators, (a) => pace[a] * (behaviour[a] === 'hasty' ? 0.1 : 1) * lognormal(draw, Math.log(2)));
  const times = Float64Array.from(columns.items, (_, v) => v);

  const table = new VoteTable({ ...columns, classes });
  const run = runParameters(table, aggregate(table, method, { options: {}, seed: 0 }));
  const votes = { itemCount, annotatorCount, classCount: K, ...inOrder({ items: columns.items, annotators: columns.annotators, classes, durations, times }, annotatorCount) };
  const figures = annotatorFigures(votes, run, new Int32Array(itemCount).fill(-1), new Int32Array(annotatorCount));
  const crowd = crowdOf(figures);
  const names = Array.from({ length: K }, (_, k) => `class ${k}`);
  return figures.map((one) => {
    let right = 0;
    for (let v = votes.offsets[one.code]; v < votes.offsets[one.code + 1]; v++) right += votes.classes[v] === truth[votes.items[v]] ? 1 : 0;
    return { behaviour: behaviour[one.code], votes: one.votes, accuracy: one.accuracy.value, agreement: one.agreement, right: right / one.votes, flags: flagsOf(one, crowd, names).map((flag) => flag.kind) };
  });
}
