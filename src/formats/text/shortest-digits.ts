/**
 * The shortest decimal that reads back as the same number, as JavaScript writes it, but as bytes and for numbers between 0
 * and 1 only: turning probabilities into strings was most of the time of writing soft labels (200 to 250 ns each, here 105).
 *
 * The number times a power of ten is a whole number of 17 digits and a rest, exact to far below the last digit in two
 * doubles (Dekker's product). What lies within half a unit in the last place of the number reads back as the number; of
 * those, the one with the most zeros at its end is the shortest. Too close to call is left to the engine.
 */
const smallest = 1e-60;
const decimals = 78;
const splitter = 2 ** 27 + 1;
const power = new Float64Array(decimals + 1);
const powerRest = new Float64Array(decimals + 1);
const powerHigh = new Float64Array(decimals + 1);
const powerLow = new Float64Array(decimals + 1);
/** The double nearest to 10^-n. */
const tenth = new Float64Array(decimals + 1);
for (let n = 0; n <= decimals; n++) {
  const exact = 10n ** BigInt(n);
  const nearest = Number(exact);
  power[n] = nearest;
  powerRest[n] = Number(exact - BigInt(nearest));
  powerHigh[n] = high(nearest);
  powerLow[n] = nearest - powerHigh[n]!;
  tenth[n] = Number(`1e-${n}`);
}

/** The upper half of the bits, so that products of halves are exact. */
function high(value: number): number {
  const scaled = splitter * value;
  return scaled - (scaled - value);
}

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const [lowHalf, highHalf] = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

/**
 * Writes `value` at `bytes[at]`, at most 25 bytes, and returns the end; or -1 for a number that has to be written otherwise.
 */
export function putShortest(bytes: Uint8Array, at: number, value: number): number {
  if (!(value >= smallest && value < 1)) return -1;
  double[0] = value;
  // Below a power of two the neighbours are closer than above it.
  if (halves[lowHalf] === 0 && (halves[highHalf]! & 0xfffff) === 0) return -1;
  const exponent2 = (halves[highHalf]! >>> 20) - 1023;
  // value = d.ddd x 10^-n; the estimate may be one too high.
  let n = Math.ceil(-exponent2 * 0.30102999566398120);
  if (n > 0 && value >= tenth[n - 1]!) n--;
  else if (value < tenth[n]!) n++;

  const scale = 16 + n;
  const product = value * power[scale]!;
  const upper = high(value);
  const lower = value - upper;
  const rest = upper * powerHigh[scale]! - product + upper * powerLow[scale]! + lower * powerHigh[scale]! + lower * powerLow[scale]! + value * powerRest[scale]!;
  let top = Math.floor(product / 1e9);
  // Eight digits and a half: what is added has at most 57 bits, of which the lowest are zero.
  const bottom = product - top * 1e9 + rest;
  halves[highHalf] = (exponent2 + 1023) << 20;
  halves[lowHalf] = 0;
  const halfUnit = double[0] * 2 ** -53 * power[scale]!;

  let last = Math.floor(bottom + 0.5);
  if (Math.abs(Math.abs(last - bottom) - 0.5) < 1e-4) return -1;
  for (let unit = 10; unit <= 1e9; unit *= 10) {
    const candidate = Math.floor(bottom / unit + 0.5) * unit;
    const distance = Math.abs(candidate - bottom);
    if (Math.abs(distance - halfUnit) < 1e-4 || Math.abs(distance - unit / 2) < 1e-4) return -1;
    if (distance > halfUnit) break;
    last = candidate;
  }
  if (last < 0) {
    last += 1e9;
    top--;
  } else if (last >= 1e9) {
    last -= 1e9;
    top++;
  }
  if (top >= 1e8) {
    // Rounded up to the next power of ten: only a 1 and zeros are left.
    top = 1e7;
    n--;
  }
  if (top < 1e7 || n < 1) return -1;
  return n <= 6 ? putPlain(bytes, at, n, top | 0, last | 0) : putExponent(bytes, at, n, top | 0, last | 0);
}

/** 0.00ddd, which is how JavaScript writes numbers down to n = 6. */
function putPlain(bytes: Uint8Array, at: number, n: number, top: number, last: number): number {
  bytes[at] = 0x30;
  bytes[at + 1] = 0x2e;
  let start = at + 2;
  for (let zero = 1; zero < n; zero++) bytes[start++] = 0x30;
  return putDigits(bytes, start, top, last);
}

/** d.ddde-n, or de-n. */
function putExponent(bytes: Uint8Array, at: number, n: number, top: number, last: number): number {
  let end = putDigits(bytes, at + 1, top, last);
  bytes[at] = bytes[at + 1]!;
  bytes[at + 1] = 0x2e;
  if (end === at + 2) end--;
  bytes[end++] = 0x65;
  bytes[end++] = 0x2d;
  if (n >= 10) bytes[end++] = 0x30 + ((n / 10) | 0);
  bytes[end++] = 0x30 + (n % 10);
  return end;
}

/** Eight digits and nine, without the zeros at the end. */
function putDigits(bytes: Uint8Array, at: number, top: number, last: number): number {
  for (let place = at + 6; place >= at; place -= 2) {
    const hundreds = (top / 100) | 0;
    const pair = 2 * (top - 100 * hundreds);
    bytes[place] = pairs[pair]!;
    bytes[place + 1] = pairs[pair + 1]!;
    top = hundreds;
  }
  for (let place = at + 15; place > at + 8; place -= 2) {
    const hundreds = (last / 100) | 0;
    const pair = 2 * (last - 100 * hundreds);
    bytes[place] = pairs[pair]!;
    bytes[place + 1] = pairs[pair + 1]!;
    last = hundreds;
  }
  bytes[at + 8] = 0x30 + last;
  let end = at + 17;
  while (bytes[end - 1] === 0x30) end--;
  return end;
}

/** The digits of 00 to 99. */
const pairs = Uint8Array.from({ length: 200 }, (_, place) => 0x30 + (place % 2 === 0 ? Math.floor(place / 20) : (place >> 1) % 10));
