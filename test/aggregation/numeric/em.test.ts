import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runEm, type EmModel } from '../../../src/aggregation/numeric/em.js';

/** A "pass" that goes a share of the way to the top of -sum (x - top)^2, a slow straight climb as EM's last steps are. */
function climb(tops: number[], rates: number[]): EmModel & { at: Float64Array } {
  const at = new Float64Array(tops.length);
  return {
    at,
    parameters: [at],
    restore: () => undefined,
    pass() {
      let objective = 0;
      tops.forEach((top, i) => {
        objective -= (at[i]! - top) ** 2;
        at[i]! += (1 - rates[i]!) * (top - at[i]!);
      });
      return objective;
    },
  };
}

const limits = { tolerance: 1e-12, maxIterations: 100_000, voteCount: 1 };

describe('runEm', () => {
  it('stops once an iteration gains less than the tolerance for each vote', () => {
    const gains: number[] = [];
    const { trace, iterations, converged } = runEm(climb([5], [0.5]), { tolerance: 1e-3, maxIterations: 100, voteCount: 10 }, { seed: 0 });
    trace.slice(1).forEach((value, i) => gains.push(value - trace[i]!));
    expect(converged).toBe(true);
    expect(iterations).toBe(trace.length);
    expect(gains.at(-1)).toBeLessThan(1e-2);
    expect(gains.at(-2)).toBeGreaterThanOrEqual(1e-2);
  });

  it('runs to the cap with tolerance 0, and says that it did not converge', () => {
    expect(runEm(climb([5], [0.5]), { tolerance: 0, maxIterations: 7, voteCount: 1 }, { seed: 0 })).toMatchObject({ iterations: 7, converged: false });
  });

  it('reaches the same fixed point with SQUAREM in fewer iterations, and its trace never falls', () => {
    const rate = fc.double({ min: 0.8, max: 0.98, noNaN: true });
    const coordinates = fc.array(fc.tuple(fc.double({ min: 1, max: 10, noNaN: true }), rate), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(coordinates, (list) => {
        const [tops, rates] = [list.map(([top]) => top), list.map(([, r]) => r)];
        const plain = runEm(climb(tops, rates), limits, { seed: 0 });
        const model = climb(tops, rates);
        const fast = runEm(model, { ...limits, acceleration: 'squarem' }, { seed: 0 });
        expect(fast.converged).toBe(true);
        expect(fast.iterations).toBeLessThan(plain.iterations);
        fast.trace.forEach((value, i) => expect(value).toBeGreaterThanOrEqual(i ? fast.trace[i - 1]! : -Infinity));
        model.at.forEach((x, i) => expect(x).toBeCloseTo(tops[i]!, 3));
      }),
    );
  });
});
