/** Fewer than this are sorted by comparing: 65,536 counters cost more. */
const RADIX_FROM = 4096;
const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

/**
 * Indices of the values from the lowest to the highest; equal ones keep their order. A radix sort of the bits, O(values):
 * of a million a tenth of what comparing them takes.
 * @param values without NaN
 */
export function ascendingOrder(values: Float64Array): Int32Array {
  const count = values.length;
  let order = Int32Array.from({ length: count }, (_, index) => index);
  if (count < RADIX_FROM) return order.sort((a, b) => values[a]! - values[b]! || a - b);
  const keys = sortableBits(values);
  let next = new Int32Array(count);
  for (let digit = 0; digit < 4; digit++) {
    // Of each key two words, the lower first; of each word two digits.
    const [word, shift] = [digit >> 1, (digit & 1) * DIGIT_BITS];
    const starts = new Int32Array(DIGITS + 1);
    for (let i = 0; i < count; i++) starts[((keys[2 * i + word]! >>> shift) & (DIGITS - 1)) + 1]!++;
    if (starts.includes(count)) continue;
    for (let d = 0; d < DIGITS; d++) starts[d + 1]! += starts[d]!;
    for (let i = 0; i < count; i++) {
      const index = order[i]!;
      next[starts[(keys[2 * index + word]! >>> shift) & (DIGITS - 1)]!++] = index;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** 64 bits of each value, lower word first, that as whole numbers without a sign have the order of the values. */
function sortableBits(values: Float64Array): Uint32Array {
  // With 0 added, -0 is 0.
  const bits = new Uint32Array(values.map((value) => value + 0).buffer);
  for (let at = 0; at < bits.length; at += 2) {
    const negative = bits[at + 1]! >>> 31 === 1;
    if (negative) bits[at] = ~bits[at]!;
    bits[at + 1] = negative ? ~bits[at + 1]! : bits[at + 1]! | 0x8000_0000;
  }
  return bits;
}
