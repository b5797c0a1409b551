import { topN } from '../numeric/top-n.js';
import { checkPredictions, checkRows, refuseCandidateSets } from '../predictions.js';
import { VoteTable } from '../vote-table.js';
import { activeLab, type ActiveLabWeights } from './activelab.js';

export interface RelabelOrNewRequest {
  /** The labelled pool, N items. Those of them that have no votes are new ones, too. */
  votes: VoteTable;
  /** N x K a model: rows sum to 1, and those of items with votes are out of sample. */
  predictions: readonly Float64Array[];
  /** U x K a model, in the order of `predictions`: the unlabelled pool, whose items are numbered N to N + U - 1. */
  unlabelled?: readonly Float64Array[];
  /** How many items to name. */
  count: number;
  /** N + U; 0 for an item that takes no more votes. It is not named, and still teaches how far to trust annotators and models. */
  open?: ArrayLike<number>;
}

/** What the best next vote goes to: an item that has votes, or one that has none. */
export type RelabelDecision = 'RELABEL' | 'NEW';

export interface RelabelOrNew {
  /** Null where no item is open. */
  decision: RelabelDecision | null;
  /** The lowest score of the open items that have votes, and of those that have none; null where there are none. */
  scoreOfBestOld: number | null;
  scoreOfBestNew: number | null;
  /** How many items compete. */
  oldItems: number;
  newItems: number;
  /** Up to `count`, the best next vote first: equal scores in the order of their numbers. */
  items: Int32Array;
  /** In the order of `items`. */
  scores: Float64Array;
  votes: Int32Array;
  weights: ActiveLabWeights;
  warnings: string[];
}

/**
 * Asks ActiveLab (Goh & Mueller 2023) whether the next votes should go to items that have some or to new ones: both kinds are
 * scored on one scale, and the lowest come first. As `activeLab`, and O(items + count log count log items).
 * @throws RangeError or TypeError naming what is wrong with count, predictions or open
 */
export function relabelOrNew({ votes, predictions, unlabelled, count, open }: RelabelOrNewRequest): RelabelOrNew {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`count is ${count}; it must be a whole number of at least 1`);
  refuseCandidateSets(votes, 'relabelOrNew');
  checkPredictions(predictions, votes.itemCount, votes.classCount);
  const pool = unlabelled ? joined(votes, predictions, unlabelled) : { votes, predictions };
  const { itemCount, itemOffsets } = pool.votes;
  if (open && open.length !== itemCount) throw new TypeError(`open has ${open.length} entries; it must have one an item, ${itemCount}`);
  const { scores, weights, warnings } = activeLab(pool.votes, pool.predictions);
  const votesOf = (item: number) => itemOffsets[item + 1]! - itemOffsets[item]!;
  const best = { old: Infinity, new: Infinity };
  const counts = { old: 0, new: 0 };
  for (let item = 0; item < itemCount; item++) {
    if (open && !open[item]) {
      scores[item] = NaN;
      continue;
    }
    const kind = votesOf(item) > 0 ? 'old' : 'new';
    counts[kind]++;
    if (scores[item]! < best[kind]) best[kind] = scores[item]!;
  }
  const items = topN(scores, count, 'lowest');
  return {
    decision: items.length === 0 ? null : votesOf(items[0]!) > 0 ? 'RELABEL' : 'NEW',
    scoreOfBestOld: counts.old > 0 ? best.old : null,
    scoreOfBestNew: counts.new > 0 ? best.new : null,
    oldItems: counts.old,
    newItems: counts.new,
    items,
    scores: Float64Array.from(items, (item) => scores[item]!),
    votes: items.map(votesOf),
    weights, warnings,
  };
}

/** One pool of both: the unlabelled items come behind the others. */
function joined(votes: VoteTable, predictions: readonly Float64Array[], unlabelled: readonly Float64Array[]) {
  const { items, annotators, classes, itemCount, annotatorCount, classCount } = votes;
  if (unlabelled.length !== predictions.length) {
    throw new TypeError(`${unlabelled.length} models predict the unlabelled items, and ${predictions.length} the labelled; they must be the same models`);
  }
  const length = unlabelled[0]!.length;
  if (length % classCount !== 0) throw new TypeError(`unlabelled: ${length} numbers are no rows of ${classCount} classes`);
  unlabelled.forEach((rows, model) => checkRows(rows, length / classCount, classCount, `predictions of model ${model} for the unlabelled items`));
  return {
    votes: new VoteTable({ items, annotators, classes, itemCount: itemCount + length / classCount, annotatorCount, classCount }),
    predictions: predictions.map((rows, m) => {
      const all = new Float64Array(rows.length + length);
      all.set(rows);
      all.set(unlabelled[m]!, rows.length);
      return all;
    }),
  };
}
