import type { OptionSpec } from './method.js';
import { beta, permutation, uniformIndex, uniformSource, weightedIndex, type Uniform } from './numeric/sampling.js';
import { resolveOptions } from './options.js';
import { annotatorDraw, voteCounts, zipf } from './simulate/assignment.js';
import type { AnswerModel, Behaviour, CrowdParameters, SimulatedCrowd } from './simulate/crowd.js';
import { dawidSkene } from './simulate/dawid-skene.js';
import { glad } from './simulate/glad.js';
import { oneCoin } from './simulate/one-coin.js';
import { topTwo } from './simulate/top-two.js';

export type { AnswerModel, Behaviour, CrowdParameters, SimulatedCrowd } from './simulate/crowd.js';
export { crowdAnnotators, crowdGold, crowdVotes } from './simulate/rows.js';

/** THE REGISTRY of answer models: one file of `simulate/` and one line here. */
export const answerModels: readonly AnswerModel[] = [
  dawidSkene,
  oneCoin,
  glad,
  topTwo,
];

export const crowdOptions = [
  { name: 'model', type: 'choice', default: 'dawid-skene', choices: answerModels.map((model) => model.id), doc: 'How honest annotators answer.' },
  { name: 'items', type: 'integer', default: 1000, min: 0, max: 100_000_000, doc: 'N, the number of items.' },
  { name: 'annotators', type: 'integer', default: 50, min: 1, max: 10_000_000, doc: 'M, the number of annotators.' },
  { name: 'classes', type: 'integer', default: 4, min: 2, max: 10_000, doc: 'K, the number of classes.' },
  { name: 'votesPerItem', type: 'number', default: 5, min: 0, max: 10_000, doc: 'Mean votes an item, all by different annotators; 2.5 gives two votes to one half of the items and three to the other.' },
  { name: 'skill', type: 'number', default: 0.75, min: 0, max: 1, doc: 'Mean skill of the annotators: the chance of being right (top-two: of knowing the item).' },
  { name: 'skillDeviation', type: 'number', default: 0.1, min: 0, max: 0.5, doc: 'Standard deviation of the skill between annotators (Beta distributed).' },
  { name: 'classSkew', type: 'number', default: 0, min: 0, max: 5, doc: 'Class k has a share proportional to 1 / (k + 1)^classSkew.' },
  { name: 'annotatorTail', type: 'number', default: 0, min: 0, max: 5, doc: 'Long tail: the r-th busiest annotator is given items in proportion to 1 / r^annotatorTail.' },
  { name: 'itemTail', type: 'number', default: 0, min: 0, max: 5, doc: 'Long tail: the r-th most voted item has votes in proportion to 1 / r^itemTail, at most one an annotator.' },
  { name: 'spammers', type: 'number', default: 0, min: 0, max: 1, doc: 'Share of annotators who never look: one half answer at random, the other always the same class.' },
  { name: 'colluders', type: 'number', default: 0, min: 0, max: 1, doc: 'Share of annotators who copy: all members of a group give the same answer to an item, right or wrong.' },
  { name: 'colluderGroup', type: 'integer', default: 4, min: 2, max: 1_000_000, doc: 'Members of a group of colluders.' },
  { name: 'drifters', type: 'number', default: 0, min: 0, max: 1, doc: 'Share of annotators who tire: honest at the first item, answering at random at the last.' },
  { name: 'confusable', type: 'integer', default: 0, min: 0, max: 9_999, doc: 'dawid-skene: the number of classes that each class is taken for; 0 stands for all others. Keep it small where K is large.' },
  { name: 'easinessSpread', type: 'number', default: 1, min: 0, max: 5, doc: 'glad: standard deviation of the log of an item\'s easiness.' },
] as const satisfies readonly OptionSpec[];

type Names = (typeof crowdOptions)[number];
/** Every option is optional; `crowdOptions` documents them. */
export type CrowdOptions = { [Name in Names['name']]?: Name extends 'model' ? string : number };

/** Separate streams, so that for example one more spammer leaves the truth as it was. */
const streams = { truth: 1, skill: 2, behaviour: 3, assignment: 4, answers: 5, model: 6 };

/**
 * A crowd with known truth. The same options and seed give the same votes on every machine. Items are answered one after
 * another, each by annotators who differ; items or annotators may end without votes.
 * Cost: O(votes); 12 bytes a vote.
 * @throws RangeError or TypeError naming the option, its value and the limits.
 */
export function simulateCrowd(given: CrowdOptions = {}, seed = 0): SimulatedCrowd {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  const options = resolveOptions({ id: 'simulate', options: crowdOptions }, given) as Required<CrowdOptions>;
  const { items: itemCount, annotators: annotatorCount, classes: classCount } = options;
  const source = (stream: keyof typeof streams) => uniformSource(seed, streams[stream]);
  checkShares(options);

  const classPriors = zipf(classCount, options.classSkew);
  const drawClass = weightedIndex(classPriors);
  const truthSource = source('truth');
  const truth = new Int32Array(itemCount);
  for (let i = 0; i < itemCount; i++) truth[i] = drawClass(truthSource);

  const skill = drawSkills(annotatorCount, options.skill, options.skillDeviation, source('skill'));
  const { behaviour, group, constantAnswer } = drawBehaviours(options, source('behaviour'));
  const model = answerModels.find((candidate) => candidate.id === options.model)!;
  const plan = { itemCount, annotatorCount, classCount, truth, skill, options };
  const assignment = source('assignment');
  const counts = voteCounts(itemCount, annotatorCount, options.votesPerItem, options.itemTail, assignment);
  const activity = spread(zipf(annotatorCount, options.annotatorTail), assignment);
  const honest = model.prepare(plan, source('model'));
  const columns = castVotes(counts, activity, { itemCount, annotatorCount, classCount, behaviour, group, constantAnswer }, honest.answer, assignment, source('answers'));
  const parameters: CrowdParameters = { classPriors, behaviour, skill, activity, group, constantAnswer, ...honest.parameters };
  return { columns, truth, parameters };
}

interface Cast extends Pick<CrowdParameters, 'behaviour' | 'group' | 'constantAnswer'> {
  itemCount: number;
  annotatorCount: number;
  classCount: number;
}

function castVotes(
  counts: Int32Array,
  activity: Float64Array,
  cast: Cast,
  honestAnswer: (annotator: number, item: number) => number,
  assignment: Uniform,
  answers: Uniform,
): SimulatedCrowd['columns'] {
  const { itemCount, annotatorCount, classCount, behaviour, group, constantAnswer } = cast;
  const voteCount = counts.reduce((sum, count) => sum + count, 0);
  const items = new Int32Array(voteCount);
  const annotators = new Int32Array(voteCount);
  const classes = new Int32Array(voteCount);
  const draw = annotatorDraw(activity, assignment);
  // The answer each group of colluders gave, and to which item.
  const groupAnswer = new Int32Array(annotatorCount);
  const groupItem = new Int32Array(annotatorCount).fill(-1);

  for (let item = 0, vote = 0; item < itemCount; item++) {
    const first = vote;
    draw(counts[item]!, annotators, first);
    for (; vote < first + counts[item]!; vote++) {
      const annotator = annotators[vote]!;
      items[vote] = item;
      switch (behaviour[annotator]) {
        case 'spammer':
          classes[vote] = constantAnswer[annotator]! >= 0 ? constantAnswer[annotator]! : uniformIndex(answers, classCount);
          break;
        case 'colluder': {
          const g = group[annotator]!;
          if (groupItem[g] !== item) {
            groupItem[g] = item;
            groupAnswer[g] = honestAnswer(annotator, item);
          }
          classes[vote] = groupAnswer[g]!;
          break;
        }
        case 'drifter':
          classes[vote] = answers() < item / itemCount ? uniformIndex(answers, classCount) : honestAnswer(annotator, item);
          break;
        default:
          classes[vote] = honestAnswer(annotator, item);
      }
    }
  }
  return { items, annotators, classes, itemCount, annotatorCount, classCount };
}

/** Beta distributed with the given mean and deviation, which must leave room for each other. */
function drawSkills(count: number, mean: number, deviation: number, random: Uniform): Float64Array {
  const skill = new Float64Array(count).fill(mean);
  if (deviation === 0 || mean === 0 || mean === 1) return skill;
  const concentration = (mean * (1 - mean)) / deviation ** 2 - 1;
  if (!(concentration > 0)) {
    throw new RangeError(`simulate: option skillDeviation is ${deviation}; with a mean skill of ${mean} it must be below ${Math.sqrt(mean * (1 - mean))}`);
  }
  for (let a = 0; a < count; a++) skill[a] = beta(random, concentration * mean, concentration * (1 - mean));
  return skill;
}

function checkShares({ spammers, colluders, drifters }: Required<CrowdOptions>): void {
  const sum = spammers + colluders + drifters;
  if (sum > 1 + 1e-12) throw new RangeError(`simulate: spammers, colluders and drifters are ${sum} of the annotators together; they must be at most 1`);
}

/** Who behaves how, at random among the annotators; shares are rounded to whole annotators, a last group may be smaller. */
function drawBehaviours(options: Required<CrowdOptions>, random: Uniform): Pick<CrowdParameters, 'behaviour' | 'group' | 'constantAnswer'> {
  const count = options.annotators;
  const behaviour = new Array<Behaviour>(count).fill('honest');
  const group = new Int32Array(count).fill(-1);
  const constantAnswer = new Int32Array(count).fill(-1);
  const order = permutation(random, count);
  let next = 0;
  const take = (share: number, name: Behaviour, each: (annotator: number, rank: number) => void) => {
    const wanted = Math.min(Math.round(share * count), count - next);
    for (let rank = 0; rank < wanted; rank++) {
      const annotator = order[next++]!;
      behaviour[annotator] = name;
      each(annotator, rank);
    }
  };
  take(options.spammers, 'spammer', (annotator, rank) => {
    if (rank % 2 === 1) constantAnswer[annotator] = uniformIndex(random, options.classes);
  });
  take(options.colluders, 'colluder', (annotator, rank) => {
    group[annotator] = Math.floor(rank / options.colluderGroup);
  });
  take(options.drifters, 'drifter', () => undefined);
  return { behaviour, group, constantAnswer };
}

/** The same weights in a random order, so that an index tells nothing. */
function spread(weights: Float64Array, random: Uniform): Float64Array {
  const order = permutation(random, weights.length);
  return weights.map((_, i) => weights[order[i]!]!);
}
