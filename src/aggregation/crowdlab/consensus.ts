import type { VoteTable } from '../vote-table.js';

/**
 * CROWDLAB's majority vote (Goh, Tkachenko & Mueller 2022): the class with the most votes; ties go to the class that the
 * models find likelier, then to the class with fewer votes in all, then to the class whose voters agree more with the items
 * that were not tied, then to the lowest class. Ties are exact equality.
 * @param predictions N x K a model, or none
 * @returns N class indices, -1 where an item has no votes
 */
export function majorityWithPredictions(votes: VoteTable, predictions: readonly Float64Array[] = []): Int32Array {
  const { itemCount, classCount, itemOffsets, classes } = votes;
  const consensus = new Int32Array(itemCount).fill(-1);
  const totals = new Int32Array(classCount);
  for (let v = 0; v < classes.length; v++) totals[classes[v]!]!++;
  const leaders = leadersOf(votes);
  const candidates = leaders.classes;
  const tied: number[] = [];
  const open = new Map<number, Int32Array>();

  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    if (first === end) continue;
    let same = first + 1;
    while (same < end && classes[same] === classes[first]) same++;
    if (same === end) {
      consensus[item] = classes[first]!;
      continue;
    }
    let count = leaders.of(item);
    if (count > 1) {
      tied.push(item);
      if (predictions.length) count = keepHighest(candidates, count, (k) => meanPrediction(predictions, item * classCount + k));
      count = keepHighest(candidates, count, (k) => -totals[k]!);
    }
    consensus[item] = lowestOf(candidates, count);
    if (count > 1) open.set(item, candidates.slice(0, count));
  }

  const accuracy = open.size > 0 ? accuracyOnUntied(votes, consensus, new Set(tied)) : null;
  if (accuracy) {
    for (const [item, remaining] of open) {
      const count = keepHighest(remaining, remaining.length, (k) => meanAccuracyOfVoters(votes, item, k, accuracy));
      consensus[item] = lowestOf(remaining, count);
    }
  }
  return consensus;
}

/** Moves the candidates of the highest value to the front; returns how many there are. */
function keepHighest(candidates: Int32Array, count: number, value: (candidate: number) => number): number {
  if (count === 1) return 1;
  let kept = 0;
  let best = -Infinity;
  for (let c = 0; c < count; c++) {
    const candidate = candidates[c]!;
    const own = value(candidate);
    if (own < best) continue;
    if (own > best) kept = 0;
    best = own;
    candidates[kept++] = candidate;
  }
  return kept;
}

function lowestOf(candidates: Int32Array, count: number): number {
  let lowest = candidates[0]!;
  for (let c = 1; c < count; c++) lowest = Math.min(lowest, candidates[c]!);
  return lowest;
}

/** Finds the distinct classes with the most votes on an item, in O(its votes); `classes` holds them until the next call. */
function leadersOf({ classCount, itemOffsets, classes }: VoteTable) {
  const counts = new Int32Array(classCount);
  const leaders = new Int32Array(classCount);
  return {
    classes: leaders,
    of(item: number): number {
      const end = itemOffsets[item + 1]!;
      let most = 0;
      for (let v = itemOffsets[item]!; v < end; v++) {
        const count = ++counts[classes[v]!]!;
        if (count > most) most = count;
      }
      let found = 0;
      for (let v = itemOffsets[item]!; v < end; v++) {
        const k = classes[v]!;
        if (counts[k] === most) leaders[found++] = k;
        counts[k] = 0; // a class is found once, and the counts are clear for the next item
      }
      return found;
    },
  };
}

function meanPrediction(predictions: readonly Float64Array[], at: number): number {
  let sum = 0;
  for (const rows of predictions) sum += rows[at]!;
  return sum / predictions.length;
}

/** Each annotator's agreement with the vote on untied items; annotators without such items: the mean of the others. Null if every item is tied. */
function accuracyOnUntied(votes: VoteTable, consensus: Int32Array, tied: ReadonlySet<number>): Float64Array | null {
  const agreed = new Float64Array(votes.annotatorCount);
  const given = new Float64Array(votes.annotatorCount);
  for (let v = 0; v < votes.voteCount; v++) {
    const item = votes.items[v]!;
    if (tied.has(item)) continue;
    const annotator = votes.annotators[v]!;
    given[annotator]!++;
    if (votes.classes[v] === consensus[item]) agreed[annotator]!++;
  }
  const known = given.reduce((count, n) => count + (n > 0 ? 1 : 0), 0);
  if (known === 0) return null;
  const accuracy = agreed.map((n, annotator) => n / given[annotator]!);
  const mean = accuracy.reduce((sum, a) => sum + (a >= 0 ? a : 0), 0) / known;
  return accuracy.map((a) => (a >= 0 ? a : mean));
}

function meanAccuracyOfVoters({ itemOffsets, annotators, classes }: VoteTable, item: number, k: number, accuracy: Float64Array): number {
  let sum = 0;
  let voters = 0;
  for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
    if (classes[v] !== k) continue;
    sum += accuracy[annotators[v]!]!;
    voters++;
  }
  return sum / voters;
}
