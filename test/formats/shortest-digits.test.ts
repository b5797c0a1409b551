import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteSink } from '../../src/formats/text/byte-sink.js';
import { putShortest } from '../../src/formats/text/shortest-digits.js';

const bytes = Buffer.alloc(64);
const double = new Float64Array(1);
const bits = new BigUint64Array(double.buffer);

/** What is written for the number, or null where it is left to the engine. */
function written(value: number): string | null {
  const end = putShortest(bytes, 3, value);
  expect(end).toBeLessThanOrEqual(3 + 25);
  return end < 0 ? null : bytes.toString('latin1', 3, end);
}

/** Every number must come out as the engine writes it; how many were left to the engine. */
function leftToEngine(values: Iterable<number>): number {
  let left = 0;
  for (const value of values) {
    const text = written(value);
    if (text === null) left++;
    else if (text !== String(value)) expect.fail(`${value} came out as ${text}`);
  }
  return left;
}

/** The doubles nearest to `value`, by their place in the order of all doubles. */
function* neighbours(value: number): Generator<number> {
  for (let step = -40n; step <= 40n; step++) {
    double[0] = value;
    bits[0]! += step;
    yield double[0];
  }
}

describe('the shortest digits of a number', () => {
  it('are those of the engine, for any number from 0 to 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => leftToEngine([value]) >= 0),
      { numRuns: 20_000 },
    );
  });

  it('are those of the engine for probabilities, shares and products of them, and nearly all are found here', () => {
    let state = 1;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 + 2 ** -33 * 0.7;
    const values = Array.from({ length: 300_000 }, () => random() * 10 ** (-8 * random() ** 2));
    expect(leftToEngine(values) / values.length).toBeLessThan(0.01);
    leftToEngine(values.map((value) => Number((value * 10 ** (-40 * random())).toPrecision(1 + Math.floor(17 * random())))));
    const shares = Array.from({ length: 400 * 400 }, (_, i) => ((i % 400) + 1) / (Math.floor(i / 400) + 402));
    expect(leftToEngine(shares) / shares.length).toBeLessThan(0.01);
  });

  it('are those of the engine next to powers of ten and of two, where digits are fewest and neighbours unevenly far', () => {
    for (let n = 1; n <= 70; n++) leftToEngine(neighbours(Number(`1e-${n}`)));
    for (let n = 1; n <= 250; n++) leftToEngine(neighbours(2 ** -n));
  });

  it('leave to the engine what is no number between 0 and 1', () => {
    for (const value of [0, -0, 1, -0.5, 1.5, 1e300, 5e-324, NaN, Infinity]) expect(written(value)).toBeNull();
  });
});

describe('a byte sink', () => {
  it('holds the UTF-8 of all it was given, however much that is', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constantFrom(0, -0, 1, 0.5));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 64 }), (pieces, expected) => {
        const sink = new ByteSink(expected);
        for (const one of pieces) {
          if (typeof one === 'string') sink.text(one);
          else sink.number(one);
          sink.byte(0x7c);
        }
        const all = pieces.map((one) => `${one}|`).join('');
        expect(sink.length).toBe(Buffer.byteLength(all));
        expect(sink.take().toString()).toBe(all);
        sink.text('next');
        expect(sink.take().toString()).toBe('next');
      }),
    );
  });
});
