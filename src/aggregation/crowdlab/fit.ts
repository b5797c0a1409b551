import { argmax } from '../numeric/argmax.js';
import type { VoteTable } from '../vote-table.js';
import { majorityWithPredictions } from './consensus.js';

/** Weights are at least this. */
const FLOOR = 1e-6;

/** Whether some item has votes of two different annotators (votes are sorted by annotator). */
export function hasOverlap({ itemCount, itemOffsets, annotators }: VoteTable): boolean {
  for (let item = 0; item < itemCount; item++) {
    if (itemOffsets[item + 1]! - itemOffsets[item]! > 1 && annotators[itemOffsets[item]!] !== annotators[itemOffsets[item + 1]! - 1]) return true;
  }
  return false;
}

/** How much each voice counts. */
export interface CrowdlabWeights {
  /** M; 0 for annotators without votes. */
  annotators: Float64Array;
  /** One a model. */
  models: Float64Array;
  /** Chance that a vote names the consensus, and that it names one given other class. */
  agree: number;
  disagree: number;
  /**
   * 1 where an item's votes come from two annotators or more; only these tell how far annotators can be trusted. Where there
   * is none, every weight is 1 and votes are taken at their word.
   */
  overlap: Uint8Array;
  warnings: string[];
}

export interface CrowdlabFit extends CrowdlabWeights {
  /** N class indices; without votes the class the models find likeliest. */
  consensus: Int32Array;
}

/**
 * CROWDLAB (Goh, Tkachenko & Mueller 2022): an item's posterior is the weighted mean of the models' predictions and of its
 * annotators' votes. The weights are found for the majority vote, the consensus is taken from the posterior they give, and
 * the weights are found once more for that consensus. O(models x N x K + votes).
 * @param predictions N x K a model, checked; `votes` without candidate sets
 */
export function fitCrowdlab(votes: VoteTable, predictions: readonly Float64Array[]): CrowdlabFit {
  const { itemCount, classCount } = votes;
  const majority = majorityWithPredictions(votes, predictions);
  const agreement = agreementWithOthers(votes);
  const first = weightsFor(votes, predictions, majority, agreement);
  const consensus = new Int32Array(itemCount);
  const rowOf = posteriorRows(votes, predictions, first);
  for (let item = 0; item < itemCount; item++) {
    const row = rowOf(item);
    const best = argmax(row, 0, classCount);
    const tied = row.includes(row[best]!, best + 1);
    consensus[item] = tied && majority[item]! >= 0 ? majority[item]! : best;
  }
  return { ...weightsFor(votes, predictions, consensus, agreement), consensus };
}

/**
 * A reader of posteriors: item -> its K probabilities, in an array that the next call overwrites. An item without votes has
 * the models' weighted mean.
 */
export function posteriorRows(votes: VoteTable, predictions: readonly Float64Array[], weights: Pick<CrowdlabWeights, 'annotators' | 'models' | 'agree' | 'disagree'>): (item: number) => Float64Array {
  const { classCount: K, itemOffsets, annotators, classes } = votes;
  const modelTotal = weights.models.reduce((sum, w) => sum + w, 0);
  const { disagree } = weights;
  const gain = weights.agree - weights.disagree;
  const row = new Float64Array(K);
  return (item) => {
    row.fill(0);
    for (let m = 0; m < predictions.length; m++) addScaled(row, predictions[m]!, item * K, weights.models[m]!);
    let total = 0;
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const weight = weights.annotators[annotators[v]!]!;
      total += weight;
      row[classes[v]!]! += weight * gain;
    }
    const scale = 1 / (modelTotal + total);
    const share = total * disagree;
    for (let k = 0; k < K; k++) row[k] = (row[k]! + share) * scale;
    return row;
  };
}

function addScaled(row: Float64Array, source: Float64Array, at: number, weight: number): void {
  for (let k = 0; k < row.length; k++) row[k]! += weight * source[at + k]!;
}

/** Share of the other annotators' votes on the same items that agree with an annotator's; NaN without such votes. */
function agreementWithOthers(votes: VoteTable): { shares: Float64Array; overlap: Uint8Array } {
  const { itemCount, classCount, annotatorCount, itemOffsets, annotators, classes } = votes;
  const agreeing = new Float64Array(annotatorCount);
  const possible = new Float64Array(annotatorCount);
  const overlap = new Uint8Array(itemCount);
  const counts = new Int32Array(classCount);
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    // Votes are sorted by annotator.
    if (end - first < 2 || annotators[first] === annotators[end - 1]) continue;
    overlap[item] = 1;
    for (let v = first; v < end; v++) counts[classes[v]!]!++;
    for (let v = first; v < end; v++) {
      const annotator = annotators[v]!;
      // An annotator's repeats on the item are not "others".
      let own = 0;
      let ownAgreeing = 0;
      for (let u = v; u >= first && annotators[u] === annotator; u--, own++) if (classes[u] === classes[v]) ownAgreeing++;
      for (let u = v + 1; u < end && annotators[u] === annotator; u++, own++) if (classes[u] === classes[v]) ownAgreeing++;
      agreeing[annotator]! += counts[classes[v]!]! - ownAgreeing;
      possible[annotator]! += end - first - own;
    }
    for (let v = first; v < end; v++) counts[classes[v]!] = 0;
  }
  return { shares: agreeing.map((n, annotator) => n / possible[annotator]!), overlap };
}

/** The weights that go with a consensus (N class indices; of items without votes it is not read). */
function weightsFor(votes: VoteTable, predictions: readonly Float64Array[], consensus: Int32Array, agreement: ReturnType<typeof agreementWithOthers>): CrowdlabWeights {
  const { itemCount, classCount: K, itemOffsets } = votes;
  const { shares, overlap } = agreement;
  const given = votesOfAnnotators(votes);
  let multi = 0;
  let voted = 0;
  let agreedShares = 0;
  const consensusCounts = new Float64Array(K);
  const wrong = new Float64Array(predictions.length);
  for (let item = 0; item < itemCount; item++) {
    if (itemOffsets[item] !== itemOffsets[item + 1]) voted++;
    if (!overlap[item]) continue;
    const label = consensus[item]!;
    multi++;
    agreedShares += shareOfVotes(votes, item, label);
    consensusCounts[label]!++;
    for (let m = 0; m < predictions.length; m++) if (argmax(predictions[m]!, item * K, K) !== label) wrong[m]!++;
  }
  if (multi === 0) return trustEveryone(given, predictions.length, overlap, voted);

  const agree = agreedShares / multi;
  // Error of always naming the commonest consensus: the yardstick of every weight.
  const yardstick = Math.max(FLOOR, (multi - consensusCounts.reduce((most, n) => Math.max(most, n), 0)) / multi);
  const known = shares.filter((share) => share >= 0);
  const meanShare = known.reduce((sum, share) => sum + share, 0) / known.length;
  const annotators = shares.map((share, a) => (given[a] ? Math.max(FLOOR, 1 - (1 - (share >= 0 ? share : meanShare)) / yardstick) : 0));
  const models = wrong.map((n) => Math.max(FLOOR, 1 - n / multi / yardstick) * Math.sqrt(votes.voteCount / voted));
  const warnings = known.every((share) => share === 0) ? ['no two annotators agree on any item: annotators count for next to nothing'] : [];
  return { annotators, models, agree, disagree: (1 - agree) / (K - 1), overlap, warnings };
}

/** Without overlap nothing tells one annotator from another. */
function trustEveryone(given: Int32Array, models: number, overlap: Uint8Array, voted: number): CrowdlabWeights {
  return {
    annotators: Float64Array.from(given, (n) => (n > 0 ? 1 : 0)),
    models: new Float64Array(models).fill(1),
    agree: 1,
    disagree: 0,
    overlap,
    warnings: voted > 0 ? ['no item has votes of two annotators: all annotators and models weigh the same'] : [],
  };
}

function votesOfAnnotators({ annotatorCount, annotators }: VoteTable): Int32Array {
  const given = new Int32Array(annotatorCount);
  for (let v = 0; v < annotators.length; v++) given[annotators[v]!]!++;
  return given;
}

function shareOfVotes({ itemOffsets, classes }: VoteTable, item: number, label: number): number {
  const first = itemOffsets[item]!;
  const end = itemOffsets[item + 1]!;
  let same = 0;
  for (let v = first; v < end; v++) if (classes[v] === label) same++;
  return same / (end - first);
}
