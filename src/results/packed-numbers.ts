/**
 * Numbers by item in the narrowest form that has them to the bit: a byte that tells how many each takes, and then
 * uint8 (255 is unknown), uint16 (65,535 is unknown) or float64 (NaN is unknown), little-endian. Classes and marks take one or two.
 */
export type NumberBytes = 1 | 2 | 8;

/** Before the numbers. */
export const HEAD_BYTES = 1;

const UNKNOWN = { 1: 0xff, 2: 0xffff } as const;

export function packNumbers(numbers: Float64Array): Uint8Array {
  const width = narrowest(numbers);
  const bytes = new Uint8Array(HEAD_BYTES + width * numbers.length);
  bytes[0] = width;
  if (width === 8) bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), HEAD_BYTES);
  else if (width === 1) for (let i = 0; i < numbers.length; i++) bytes[HEAD_BYTES + i] = Number.isNaN(numbers[i]!) ? UNKNOWN[1] : numbers[i]!;
  else {
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < numbers.length; i++) view.setUint16(HEAD_BYTES + 2 * i, Number.isNaN(numbers[i]!) ? UNKNOWN[2] : numbers[i]!, true);
  }
  return bytes;
}

/** target[to...] = the numbers, which take `width` bytes each. */
export function unpackNumbers(bytes: Buffer, width: NumberBytes, target: Float64Array, to: number): void {
  for (let at = 0; at < bytes.length; at += width, to++) target[to] = numberAt(bytes, width, at);
}

export function numberAt(bytes: Buffer, width: NumberBytes, at: number): number {
  if (width === 8) return bytes.readDoubleLE(at);
  const number = width === 1 ? bytes[at]! : bytes.readUInt16LE(at);
  return number === UNKNOWN[width] ? NaN : number;
}

function narrowest(numbers: Float64Array): NumberBytes {
  let greatest = 0;
  for (const number of numbers) {
    if (Number.isNaN(number)) continue;
    // An array of whole numbers would lose the sign of -0.
    if (!(number >= 0 && number < UNKNOWN[2]) || !Number.isInteger(number) || Object.is(number, -0)) return 8;
    if (number > greatest) greatest = number;
  }
  return greatest < UNKNOWN[1] ? 1 : 2;
}
