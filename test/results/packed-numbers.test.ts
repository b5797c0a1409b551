import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEAD_BYTES, numberAt, packNumbers, unpackNumbers, type NumberBytes } from '../../src/results/packed-numbers.js';

const unknown = fc.constant(NaN);
const columns = fc.oneof(
  ...[254, 255, 65_534, 65_535, 2 ** 40].map((max) => fc.array(fc.oneof(fc.integer({ min: 0, max }), unknown), { maxLength: 50 })),
  fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-0), unknown), { maxLength: 50 }),
  fc.array(fc.oneof(fc.double(), fc.nat(300)), { maxLength: 50 }),
).map((numbers) => Float64Array.from(numbers));

it('numbers come back to the bit, all at once and one by one, and take one, two or eight bytes', () => {
  fc.assert(fc.property(columns, (numbers) => {
    const packed = Buffer.from(packNumbers(numbers));
    const width = packed[0] as NumberBytes;
    expect([1, 2, 8]).toContain(width);
    expect(packed.length).toBe(HEAD_BYTES + width * numbers.length);
    const back = new Float64Array(numbers.length + 1);
    unpackNumbers(packed.subarray(HEAD_BYTES), width, back, 1);
    // Of NaN there are many; here each is unknown.
    numbers.forEach((number, i) => expect(Object.is(back[i + 1], number) && Object.is(numberAt(packed, width, HEAD_BYTES + width * i), number)).toBe(true));
  }), { numRuns: 500 });
});

it.each([[1, [0, 254, NaN]], [2, [0, 255, NaN]], [2, [65_534]], [8, [65_535]], [8, [0.5]], [8, [-1]], [8, [-0]], [8, [Infinity]], [1, []]])('%i bytes hold %j', (width, numbers) => {
  expect(packNumbers(Float64Array.from(numbers))[0]).toBe(width);
});
