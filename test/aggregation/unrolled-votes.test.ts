import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESCALE_EVERY } from '../../src/aggregation/kernels/pass.js';
import { unrolledVotes } from '../../src/aggregation/kernels/unrolled-votes.js';

const WIDTH = 7;
const ROWS = 5;
const chance = fc.double({ min: 1e-9, max: 1, noNaN: true });
const rows = fc.array(chance, { minLength: ROWS * WIDTH, maxLength: ROWS * WIDTH }).map((values) => Float64Array.from(values));

/** An item's votes, the same row more than once among them, after two of another item; and some places of a row. */
const cases = fc.record({
  votes: fc.array(fc.nat(ROWS - 1), { minLength: 1, maxLength: RESCALE_EVERY }),
  places: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
  start: fc.array(chance, { minLength: WIDTH, maxLength: WIDTH }).map((values) => Float64Array.from(values)),
  rows,
});

describe('votes unrolled for their number', () => {
  it('are multiplied to the bits of a loop over them', () => {
    fc.assert(
      fc.property(cases, ({ votes, places, start, rows: factors }) => {
        const starts = Int32Array.of(0, 0, ...votes.map((row) => row * WIDTH));
        const weights = new Float64Array(WIDTH);
        // The list of places begins before this item's.
        const sum = unrolledVotes().weigh[votes.length]!(starts, 2, Int32Array.of(6, ...places), 1, 1 + places.length, start, factors, weights);
        const expected = places.map((place) => votes.reduce((weight, row) => weight * factors[row * WIDTH + place]!, start[place]!));
        expect([...weights.subarray(0, places.length)]).toEqual(expected);
        expect(sum).toBe(expected.reduce((a, b) => a + b));
      }),
    );
  });

  it('are counted to the bits of a loop over them, and nowhere else', () => {
    fc.assert(
      fc.property(cases, ({ votes, places, start: weights, rows: counts }) => {
        const starts = Int32Array.of(0, 0, ...votes.map((row) => row * WIDTH));
        const expected = counts.slice();
        for (const row of votes) places.forEach((place, t) => (expected[row * WIDTH + place]! += weights[t]!));
        unrolledVotes().count[votes.length]!(starts, 2, Int32Array.of(6, ...places), 1, 1 + places.length, weights, counts);
        expect(counts).toEqual(expected);
      }),
    );
  });
});
