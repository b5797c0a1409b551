import type { AggregationInput, AggregationMethod, ConfusionMatrices } from './method.js';
import { checkPredictions, ROW_SUM_TOLERANCE } from './predictions.js';

/**
 * All a method takes for granted about its input; `VoteTable` has checked the votes' indices already.
 * @throws TypeError or RangeError naming the index, the value and the limit; what the method does not read is refused, so
 *   that nothing given is silently left out.
 */
export function checkInput(method: Pick<AggregationMethod, 'id' | 'reads' | 'maxClasses'>, input: AggregationInput): void {
  const { votes, gold, predictions, warmStart, priorCounts } = input;
  const refuseUnless = (part: AggregationMethod['reads'][number], given: unknown, what: string) => {
    if (given != null && !method.reads.includes(part)) throw new TypeError(`${method.id} does not read ${what}; it reads: ${method.reads.join(', ')}`);
  };
  refuseUnless('gold', gold, 'gold');
  refuseUnless('predictions', predictions, 'predictions');
  refuseUnless('warm-start', warmStart, 'a warm start');
  refuseUnless('prior-counts', priorCounts, 'prior counts');
  refuseUnless('candidate-sets', votes.candidateSets, 'candidate sets');
  if (votes.classCount > (method.maxClasses ?? Infinity)) throw new RangeError(`${method.id} tells at most ${method.maxClasses} classes apart; there are ${votes.classCount}`);
  if (gold) checkGold(gold, votes.itemCount, votes.classCount);
  // Gold alone is enough for a method that reads it: it is certain of these items, and knows nothing else.
  const known = gold?.some((answer) => answer >= 0) ?? false;
  if (method.reads.includes('votes') && votes.voteCount === 0 && !known) throw new RangeError(`${method.id} needs at least one vote${method.reads.includes('gold') ? ', or a gold answer' : ''}; there are none`);
  if (predictions) checkPredictions(predictions, votes.itemCount, votes.classCount);
  if (warmStart) {
    checkConfusion('warmStart.confusion', warmStart.confusion, input, 1);
    checkDistribution('warmStart.classPriors', warmStart.classPriors, 0, votes.classCount);
  }
  if (priorCounts) checkConfusion('priorCounts', priorCounts, input, Infinity);
}

function checkGold(gold: Int32Array, N: number, K: number): void {
  if (gold.length !== N) throw new TypeError(`gold has ${gold.length} entries; it must have one an item, ${N}`);
  for (let item = 0; item < N; item++) {
    const answer = gold[item]!;
    if (answer < -1 || answer >= K || !Number.isInteger(answer)) throw new RangeError(`gold of item ${item} is ${answer}; it must be a class from 0 to ${K - 1}, or -1 where unknown`);
  }
}

function checkDistribution(what: string, values: Float64Array, offset: number, K: number): void {
  if (values.length < offset + K) throw new TypeError(`${what} has ${values.length} entries; it must have ${K}`);
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const p = values[offset + k]!;
    if (!(p >= 0 && p <= 1 + ROW_SUM_TOLERANCE)) throw new RangeError(`${what}: class ${k} has probability ${p}; it must be from 0 to 1`);
    sum += p;
  }
  if (Math.abs(sum - 1) > ROW_SUM_TOLERANCE) throw new RangeError(`${what}: probabilities sum to ${sum}; they must sum to 1 within ${ROW_SUM_TOLERANCE}`);
}

function checkConfusion(what: string, { offsets, labels, values }: ConfusionMatrices, { votes }: AggregationInput, most: number): void {
  const { annotatorCount: M, classCount: K } = votes;
  if (offsets.length !== M + 1) throw new TypeError(`${what} covers ${offsets.length - 1} annotators; it must cover ${M}`);
  if (offsets[0] !== 0 || offsets[M] !== labels.length) throw new TypeError(`${what}: offsets must run from 0 to ${labels.length}, the number of rows`);
  if (values.length !== labels.length * K) throw new TypeError(`${what} has ${values.length} values; it must have ${labels.length} x ${K} = ${labels.length * K}`);
  for (let a = 0; a < M; a++) {
    if (offsets[a + 1]! < offsets[a]!) throw new RangeError(`${what}: offsets fall after annotator ${a}`);
    for (let row = offsets[a]!; row < offsets[a + 1]!; row++) {
      const label = labels[row]!;
      if (!(label >= 0 && label < K)) throw new RangeError(`${what}, annotator ${a}: class ${label} is not an index from 0 to ${K - 1}`);
      if (row > offsets[a]! && label <= labels[row - 1]!) throw new RangeError(`${what}, annotator ${a}: classes must ascend, but ${label} follows ${labels[row - 1]}`);
    }
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= most && value < Infinity)) throw new RangeError(`${what}: value ${i} is ${value}; it must be from 0 to ${most}`);
  }
}
