import { RESCALE_EVERY } from './pass.js';

/** The two things a pass over subtypes does with all votes of an item, by their number, from 1 up to RESCALE_EVERY. */
export interface UnrolledVotes {
  weigh: readonly WeighVotes[];
  count: readonly CountVotes[];
}

/**
 * weights[t] = start[i] times the factors of the item's votes at i, where i = places[from + t], up to places[to].
 * `vote` is the index of the item's first vote; `starts` says where the row of each vote begins in the factors.
 * @returns the sum of the weights.
 */
type WeighVotes = (
  starts: Int32Array, vote: number, places: Int32Array, from: number, to: number, start: Float64Array, factors: Float64Array, weights: Float64Array,
) => number;

/** Adds weights[t] to the counts of the item's votes at i = places[from + t]. */
type CountVotes = (starts: Int32Array, vote: number, places: Int32Array, from: number, to: number, weights: Float64Array, counts: Float64Array) => void;

let unrolled: UnrolledVotes | undefined;

/**
 * Written out for each number of votes, since V8 checks type and length of every array anew in each round of a loop: with a
 * loop over the votes inside, a pass takes two to four times as long (Node 20). Same operations in the same order, same bits.
 */
export function unrolledVotes(): UnrolledVotes {
  return (unrolled ??= { weigh: byVotes<WeighVotes>(weighFunction), count: byVotes<CountVotes>(countFunction) });
}

function byVotes<F>(text: (n: number) => string): readonly F[] {
  const functions = Array.from({ length: RESCALE_EVERY }, (_, n) => text(n + 1));
  return (0, eval)(`"use strict"; [, ${functions.join(',\n')}]`) as F[];
}

function weighFunction(n: number): string {
  return `(starts, vote, places, from, to, start, factors, weights) => {
    ${rowsOf(n)}
    let sum = 0;
    for (let j = from, t = 0; j < to; j++, t++) {
      const i = places[j];
      const weight = start[i]${each(n, (v) => ` * factors[row${v} + i]`)};
      weights[t] = weight;
      sum += weight;
    }
    return sum;
  }`;
}

function countFunction(n: number): string {
  return `(starts, vote, places, from, to, weights, counts) => {
    ${rowsOf(n)}
    for (let j = from, t = 0; j < to; j++, t++) {
      const i = places[j], weight = weights[t];
      ${each(n, (v) => `counts[row${v} + i] += weight; `)}
    }
  }`;
}

function rowsOf(n: number): string {
  return each(n, (v) => `const row${v} = starts[vote + ${v}]; `);
}

function each(n: number, text: (vote: number) => string): string {
  return Array.from({ length: n }, (_, vote) => text(vote)).join('');
}
