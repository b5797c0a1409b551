import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaCdf, betaQuantile, digamma, digammaAndLogGamma, logGamma, normalCdf, normalQuantile, studentQuantile } from '../../../src/aggregation/numeric/special-functions.js';

const positive = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
const shape = fc.double({ min: 0.05, max: 5000, noNaN: true });
const chance = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

/** Relative to the larger of the two and 1. */
function expectNear(got: number, expected: number, tolerance: number): void {
  expect(Math.abs(got - expected) / Math.max(1, Math.abs(expected)), `${got} against ${expected}`).toBeLessThan(tolerance);
}

describe('special functions', () => {
  it.each([[1e-3, -1000.5755719318103], [0.5, -1.9635100260214235], [1, -0.5772156649015329], [3.7, 1.1671535393615113], [25, 3.198742512851974], [1e6, 13.81551005796419]])('digamma(%d) is %d', (x, expected) => {
    expectNear(digamma(x), expected, 1e-13);
  });

  it.each([[1e-3, 6.907178885383853], [0.5, 0.5723649429247], [1, 0], [3.7, 1.428072326665388], [25, 54.78472939811232], [1e6, 12815504.569147611]])('logGamma(%d) is %d', (x, expected) => {
    expectNear(logGamma(x), expected, 1e-13);
  });

  it.each([[0.1, 0.5, 0.5, 0.20483276469913345], [0.4, 2, 3, 0.5248], [0.25, 30, 70, 0.1358149042834277], [0.335, 1e4, 2e4, 0.7301346342435686], [0.3, 1, 1, 0.3], [1e-4, 0.01, 5, 0.9311407597182454]])('betaCdf(%d, %d, %d) is %d', (x, a, b, expected) => {
    expectNear(betaCdf(x, a, b), expected, 1e-10);
  });

  it.each([[0.1, 0.5, 0.5, 0.024471741852423214], [0.025, 2, 3, 0.06758598648854294], [0.975, 30, 70, 0.39290872698476176], [0.5, 1e4, 2e4, 0.33332962958390583], [0.05, 1, 9, 0.005683044988048048]])('betaQuantile(%d, %d, %d) is %d', (p, a, b, expected) => {
    expectNear(betaQuantile(p, a, b), expected, 1e-10);
  });

  it.each([[-8, 6.22096057427174e-16], [-3, 0.0013498980316300933], [-1, 0.15865525393145707], [0, 0.5], [0.5, 0.6914624612740131], [2, 0.9772498680518208], [40, 1], [-40, 0]])('normalCdf(%d) is %d', (x, expected) => {
    expect(Math.abs(normalCdf(x) - expected)).toBeLessThanOrEqual(1e-12 * Math.max(expected, 1e-16));
  });

  it.each([[1e-12, -7.034483825301131], [0.001, -3.090232306167813], [0.025, -1.9599639845400545], [0.3, -0.5244005127080409], [0.5, 0], [0.975, 1.959963984540054], [0, -Infinity], [1, Infinity]])('normalQuantile(%d) is %d', (p, expected) => {
    if (Number.isFinite(expected)) expectNear(normalQuantile(p), expected, 1e-12);
    else expect(normalQuantile(p)).toBe(expected);
  });

  it('digamma and logGamma step as Gamma(x + 1) = x Gamma(x) makes them', () => {
    fc.assert(
      fc.property(positive, (x) => {
        expectNear(digamma(x + 1), digamma(x) + 1 / x, 1e-11);
        expectNear(logGamma(x + 1), logGamma(x) + Math.log(x), 1e-12);
      }),
    );
  });

  it('digamma and logGamma are the same bits taken together', () => {
    fc.assert(
      fc.property(positive, (x) => {
        const both = { digamma: NaN, logGamma: NaN };
        digammaAndLogGamma(x, both);
        expect(both).toEqual({ digamma: digamma(x), logGamma: logGamma(x) });
      }),
    );
  });

  it('betaCdf rises from 0 to 1 and mirrors, and betaQuantile undoes it', () => {
    fc.assert(
      fc.property(shape, shape, chance, (a, b, p) => {
        expect(betaCdf(0, a, b)).toBe(0);
        expect(betaCdf(1, a, b)).toBe(1);
        expectNear(betaCdf(p, a, b), 1 - betaCdf(1 - p, b, a), 1e-9);
        // x itself may be so near 0 or 1 that a double cannot say where the cdf is p.
        const x = betaQuantile(p, a, b);
        const [below, above] = [betaCdf(x * (1 - 1e-12), a, b), betaCdf(Math.min(1, x * (1 + 1e-12)), a, b)];
        expect(below - 1e-9).toBeLessThanOrEqual(p);
        expect(above + 1e-9).toBeGreaterThanOrEqual(p);
      }),
    );
  });

  it('normalQuantile undoes normalCdf', () => {
    fc.assert(fc.property(chance, (p) => expectNear(normalCdf(normalQuantile(p)), p, 1e-12)));
  });

  it("studentQuantile is that of Student's tables, mirrors, and nears the normal", () => {
    // Of R's qt to ten digits.
    for (const [p, degrees, x] of [[0.975, 1, 12.7062047362], [0.975, 4, 2.7764451052], [0.995, 10, 3.1692726726], [0.9, 30, 1.3104150254], [0.975, 200, 1.9718962236]] as const) {
      expectNear(studentQuantile(p, degrees), x, 1e-9);
      expect(studentQuantile(1 - p, degrees)).toBeCloseTo(-x, 9);
    }
    expect(studentQuantile(0.5, 3)).toBeCloseTo(0, 6);
    expectNear(studentQuantile(0.975, 1e7), normalQuantile(0.975), 1e-6);
  });

  it('refuses what has no answer', () => {
    expect(() => studentQuantile(1, 3)).toThrow("a quantile of Student's t is asked at 1; it must be above 0 and below 1");
    expect(() => betaCdf(0.5, 0, 1)).toThrow('positive parameters, not 0 and 1');
    expect(() => betaQuantile(1.5, 1, 1)).toThrow('a quantile is asked at 1.5; it must be from 0 to 1');
    expect(() => normalQuantile(NaN)).toThrow('a quantile is asked at NaN');
    expect([digamma(0), logGamma(-1), normalCdf(NaN)]).toEqual([NaN, NaN, NaN]);
  });
});
