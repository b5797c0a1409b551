import { activelab } from './acquisition/activelab.js';
import { betaTail } from './acquisition/beta-tail.js';
import { entropyScore } from './acquisition/entropy.js';
import { fewestVotes } from './acquisition/fewest-votes.js';
import { informationGain } from './acquisition/information-gain.js';
import { leastConfidence } from './acquisition/least-confidence.js';
import { random } from './acquisition/random.js';
import type { AcquisitionInput, AcquisitionScore } from './acquisition/score.js';
import { checkPredictions, checkRows, refuseCandidateSets } from './predictions.js';
import { checkParameters } from './run-parameters.js';

export type { AcquisitionInput, AcquisitionPart, AcquisitionScore } from './acquisition/score.js';

/** THE REGISTRY of acquisition scores (how much another vote on an item would help): a file of `acquisition/`, a line here. */
export const acquisitionScores: readonly AcquisitionScore[] = [activelab, informationGain, leastConfidence, entropyScore, betaTail, fewestVotes, random];

const byId = new Map(acquisitionScores.map((score) => [score.id, score]));

/** @throws RangeError naming the scores there are. */
export function findAcquisitionScore(id: string): AcquisitionScore {
  const score = byId.get(id);
  if (!score) throw new RangeError(`there is no acquisition score ${JSON.stringify(id)}; there are: ${[...byId.keys()].join(', ')}`);
  return score;
}

/**
 * Scores of all items by the named score; which end is asked first is the record's `first`, see also `topN`.
 * @returns N numbers
 * @throws RangeError for an unknown score; TypeError or RangeError for parts that are missing or broken
 */
export function scoreItems(id: string, input: AcquisitionInput): Float64Array {
  const score = findAcquisitionScore(id);
  checkAcquisitionInput(score, input);
  return score.score(input);
}

/**
 * Scores of some items for one annotator: what the next vote of just this annotator would be worth.
 * @param annotator a code of the project; one the run did not know is taken as an average annotator
 * @param items the items to score, all if left out
 * @returns one number an item of `items`, in their order
 * @throws TypeError if the score is the same for every annotator, and as `scoreItems`
 */
export function scoreItemsFor(id: string, input: AcquisitionInput, annotator: number, items?: Int32Array): Float64Array {
  const score = findAcquisitionScore(id);
  if (!score.scoreFor) {
    const others = acquisitionScores.filter(({ per }) => per === 'item-annotator').map((other) => other.id);
    throw new TypeError(`${id} is the same for every annotator; those that are not: ${others.join(', ')}`);
  }
  checkAcquisitionInput(score, input);
  const { itemCount } = input.votes;
  if (!Number.isInteger(annotator) || annotator < 0) throw new RangeError(`annotator ${annotator} is not an index`);
  items?.forEach((item, at) => {
    if (item < 0 || item >= itemCount) throw new RangeError(`items[${at}] is ${item}; it must be an index from 0 to ${itemCount - 1}`);
  });
  return score.scoreFor(input, annotator, items ?? Int32Array.from({ length: itemCount }, (_, item) => item));
}

function checkAcquisitionInput({ id, reads }: AcquisitionScore, { votes, predictions, posteriors, parameters, costs, seed }: AcquisitionInput): void {
  const { itemCount, classCount } = votes;
  if (reads.includes('predictions') || (predictions && reads.includes('predictions?'))) checkPredictions(predictions, itemCount, classCount);
  if (id !== 'fewest-votes' && id !== 'random') refuseCandidateSets(votes, id);
  if (reads.includes('posteriors')) {
    if (!posteriors) throw new TypeError(`${id} reads posteriors: give N x K soft labels`);
    checkRows(posteriors, itemCount, classCount, 'posteriors');
  }
  if (reads.includes('parameters')) {
    if (!parameters) throw new TypeError(`${id} reads the parameters of a run, see runParameters`);
    checkParameters(parameters, classCount);
  }
  if (reads.includes('seed') && (!Number.isSafeInteger(seed) || seed! < 0)) {
    throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  if (costs && reads.includes('costs?')) {
    costs.forEach((cost, annotator) => {
      if (!(cost > 0 && cost < Infinity)) throw new RangeError(`the cost of annotator ${annotator} is ${cost}; it must be above 0`);
    });
  }
}
