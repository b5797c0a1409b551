import { permutation, weightedIndex, type Uniform } from '../numeric/sampling.js';
import { power } from '../numeric/power.js';

/** `count` numbers proportional to 1 / (rank + 1)^exponent that sum to 1. */
export function zipf(count: number, exponent: number): Float64Array {
  const weights = new Float64Array(count);
  let sum = 0;
  for (let r = 0; r < count; r++) sum += weights[r] = power(r + 1, -exponent);
  for (let r = 0; r < count; r++) weights[r]! /= sum;
  return weights;
}

/** Votes of each item: N whole numbers of the wanted mean, at most one vote an annotator. */
export function voteCounts(itemCount: number, annotatorCount: number, mean: number, tail: number, random: Uniform): Int32Array {
  if (mean > annotatorCount) {
    throw new RangeError(`simulate: option votesPerItem is ${mean}; it must be at most the number of annotators, ${annotatorCount}`);
  }
  const counts = new Int32Array(itemCount);
  const order = tail > 0 ? permutation(random, itemCount) : null;
  const share = tail > 0 ? zipf(itemCount, tail) : null;
  for (let i = 0; i < itemCount; i++) {
    const wanted = share ? Math.min(annotatorCount, mean * itemCount * share[order![i]!]!) : mean;
    const whole = Math.floor(wanted);
    counts[i] = whole + Number(wanted > whole && random() < wanted - whole);
  }
  return counts;
}

/**
 * Writes `count` different annotators to `out` from `at` on, one after another with chances in proportion to the activity of
 * those not yet taken. Drawing again upon a repeat is O(count) while few are taken; when repeats get many (a long tail, or an
 * item that nearly everyone answers), the rest is drawn from an exact list of who is left.
 */
export function annotatorDraw(activity: Float64Array, random: Uniform): (count: number, out: Int32Array, at: number) => void {
  const draw = weightedIndex(activity);
  const takenBy = new Int32Array(activity.length).fill(-1);
  let round = 0;
  return (count, out, at) => {
    const mark = round++;
    let taken = 0;
    for (let attempts = 8 + 4 * count; taken < count && attempts > 0; attempts--) {
      const annotator = draw(random);
      if (takenBy[annotator] === mark) continue;
      takenBy[annotator] = mark;
      out[at + taken++] = annotator;
    }
    if (taken === count) return;
    const left: number[] = [];
    for (let a = 0; a < activity.length; a++) if (takenBy[a] !== mark) left.push(a);
    let weight = left.reduce((sum, a) => sum + activity[a]!, 0);
    while (taken < count) {
      let place = random() * weight;
      let rank = 0;
      while (rank < left.length - 1 && (place -= activity[left[rank]!]!) >= 0) rank++;
      const annotator = left[rank]!;
      weight -= activity[annotator]!;
      left.splice(rank, 1);
      out[at + taken++] = annotator;
    }
  };
}
