/** Special functions of real arguments, accurate to about 1e-13 relative unless said otherwise. */

/** psi(x) = d/dx ln Gamma(x), x > 0: recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.18). */
export function digamma(x: number): number {
  if (!(x > 0)) return NaN;
  let shift = 0;
  while (x < 10) {
    shift -= 1 / x;
    x++;
  }
  return digammaSeries(x, Math.log(x), shift);
}

/** ln Gamma(x), x > 0: recurrence up to 10, then Stirling's series (Abramowitz & Stegun 6.1.41). */
export function logGamma(x: number): number {
  if (!(x > 0)) return NaN;
  let product = 1;
  while (x < 10) {
    product *= x;
    x++;
  }
  return stirlingSeries(x, Math.log(x)) - Math.log(product);
}

/** Sets both to the bits the functions above give for x > 0, in half their time: recurrence and logarithm do for both. */
export function digammaAndLogGamma(x: number, result: { digamma: number; logGamma: number }): void {
  let shift = 0;
  let product = 1;
  while (x < 10) {
    shift -= 1 / x;
    product *= x;
    x++;
  }
  const log = Math.log(x);
  result.digamma = digammaSeries(x, log, shift);
  result.logGamma = stirlingSeries(x, log) - Math.log(product);
}

function digammaSeries(x: number, log: number, shift: number): number {
  const f = 1 / (x * x);
  return shift + log - 0.5 / x - f * (1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240 - f * (1 / 132 - f * (691 / 32760 - f / 12))))));
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

function stirlingSeries(x: number, log: number): number {
  const f = 1 / (x * x);
  const series = (1 / 12 - f * (1 / 360 - f * (1 / 1260 - f * (1 / 1680 - f * (1 / 1188 - (f * 691) / 360360))))) / x;
  return (x - 0.5) * log - x + HALF_LOG_2PI + series;
}

/** I_x(a, b): the chance that a Beta(a, b) number is at most x. Continued fraction of DLMF 8.17.22, by Lentz's method. */
export function betaCdf(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0)) throw new RangeError(`a Beta distribution needs positive parameters, not ${a} and ${b}`);
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean; above it, use the mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d, tiny);
    c = awayFromZero(1 + even / c, tiny);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d, tiny);
    c = awayFromZero(1 + odd / c, tiny);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** The x with I_x(a, b) = p, 0 <= p <= 1: bisection on a bracket that only shrinks, to the last bit of x. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile is asked at ${p}; it must be from 0 to 1`);
  let low = 0;
  let high = 1;
  while (high - low > Number.EPSILON * high) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (betaCdf(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The x with P(T <= x) = p of Student's t: T^2/(degrees + T^2) is Beta(1/2, degrees/2). Its error grows as p nears 0.5. */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a quantile of Student's t is asked at ${p}; it must be above 0 and below 1`);
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  const x = betaQuantile(2 * p - 1, 0.5, degrees / 2);
  return Math.sqrt((degrees * x) / (1 - x));
}

/** P(Z <= x) of the standard normal: W. J. Cody's erfc by continued fraction in the tails, series in the middle. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const z = Math.abs(x);
  let tail: number;
  if (z > 38) tail = 0;
  else if (z < 5) {
    // P(0 < Z < z) = phi(z) (z + z^3/3 + z^5/(3 5) + ...)
    let term = z;
    let sum = z;
    for (let n = 3; term > sum * 1e-17; n += 2) {
      term *= (z * z) / n;
      sum += term;
    }
    tail = 0.5 - sum * normalDensity(z);
  } else {
    let fraction = z;
    for (let n = 60; n >= 1; n--) fraction = z + n / fraction;
    tail = normalDensity(z) / fraction;
  }
  return x > 0 ? 1 - tail : tail;
}

/** The x with P(Z <= x) = p: Acklam's rational approximation (1e-9), then one step of Halley's method. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile is asked at ${p}; it must be from 0 to 1`);
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  let x: number;
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    x =
      (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783) /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
  } else {
    const q = p - 0.5;
    const r = q * q;
    x =
      ((((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r - 3.066479806614716e1) * r + 2.506628277459239) * q) /
      (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r - 1.328068155288572e1) * r + 1);
  }
  const error = (normalCdf(x) - p) / normalDensity(x);
  return Number.isFinite(error) ? x - error / (1 + (x * error) / 2) : x;
}

function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

function awayFromZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
