import type { OptionSpec, RunContext, RunDiagnostics } from '../method.js';
import { withinIteration } from './progress.js';

/** What the loop needs of an expectation-maximisation method. */
export interface EmModel {
  /**
   * One pass over the votes, E step then M step: overwrites the parameters.
   * @param tell called now and then within a long pass, with the share that is done.
   * @returns the objective (natural log) of the parameters the pass STARTED from, which are those of its posteriors.
   */
  pass(tell?: (done: number) => void): number;
  /** Only for acceleration: the parameters, read and overwritten by `pass` in these very arrays. */
  parameters?: readonly Float64Array[];
  /** Only for acceleration: brings extrapolated parameters back into their range (positive, rows that sum to 1). */
  restore?: () => void;
}

export interface EmLimits {
  /** Converged when a pass changes the objective by less than this for each vote; 0 runs to the cap exactly. */
  tolerance: number;
  maxIterations: number;
  voteCount: number;
  /** SQUAREM (Varadhan & Roland 2008) reaches the same fixed point in fewer passes where the tolerance is tight. */
  acceleration?: 'none' | 'squarem';
}

/** The options every EM method shares. */
export function emOptions(tolerance: number, maxIterations: number): OptionSpec[] {
  return [
    { name: 'tolerance', type: 'number', default: tolerance, min: 0, max: 1, doc: 'Stop when an iteration changes the log-likelihood per vote by less than this; 0 runs exactly maxIterations.' },
    { name: 'maxIterations', type: 'integer', default: maxIterations, min: 1, max: 1_000_000, doc: 'Most iterations; a run that ends here reports converged: false.' },
  ];
}

export const accelerationOption: OptionSpec = {
  name: 'acceleration', type: 'choice', default: 'none', choices: ['none', 'squarem'],
  doc: 'squarem extrapolates every second iteration: the same fixed point in fewer iterations at tight tolerances.',
};

/** Passes until convergence or the cap. One iteration is one pass; the trace holds one objective an iteration kept. */
export function runEm(model: EmModel, limits: EmLimits, context: RunContext, phase = 'em'): Pick<RunDiagnostics, 'iterations' | 'converged' | 'trace'> {
  const enough = limits.tolerance * Math.max(1, limits.voteCount);
  const extrapolate = limits.acceleration === 'squarem' ? squarem(model) : null;
  const trace: number[] = [];
  let last = NaN;
  for (let iteration = 1; iteration <= limits.maxIterations; iteration++) {
    extrapolate?.beforePass();
    const objective = model.pass(withinIteration(context.onProgress, { phase, iteration, objective: last }));
    context.onProgress?.({ phase, iteration, objective });
    if (extrapolate?.mustReject(objective, last)) continue;
    trace.push(objective);
    if (Math.abs(objective - last) < enough && extrapolate?.justExtrapolated !== true) return { iterations: iteration, converged: true, trace };
    last = objective;
    extrapolate?.afterPass();
  }
  return { iterations: limits.maxIterations, converged: false, trace };
}

/**
 * Two plain passes from p0 give p1 and p2; the next pass starts from p0 - 2 a (p1 - p0) + a^2 (p2 - 2 p1 + p0) with the step
 * length a = -|p1 - p0| / |p2 - 2 p1 + p0|. An extrapolation that lowers the objective is undone, so it never falls.
 */
function squarem(model: EmModel) {
  const { parameters, restore } = model;
  if (!parameters || !restore) throw new TypeError('this method has no accelerated form');
  const copy = () => parameters.map((array) => array.slice());
  const p0 = copy();
  const p1 = copy();
  const p2 = copy();
  let pass = 0;
  let longest = 1;
  let step = 1;
  const state = { justExtrapolated: false, beforePass, mustReject, afterPass };
  return state;

  function keep(into: Float64Array[]): void {
    parameters!.forEach((array, i) => into[i]!.set(array));
  }

  function beforePass(): void {
    if (pass === 0) keep(p0);
  }

  function mustReject(objective: number, last: number): boolean {
    if (!state.justExtrapolated || objective >= last) return false;
    parameters!.forEach((array, i) => array.set(p2[i]!));
    state.justExtrapolated = false;
    longest = Math.max(1, longest / 4);
    pass = 0;
    return true;
  }

  function afterPass(): void {
    if (state.justExtrapolated) {
      if (step === longest) longest *= 4;
      state.justExtrapolated = false;
      pass = 0;
      return;
    }
    pass++;
    if (pass === 1) keep(p1);
    if (pass < 2) return;
    pass = 0;
    keep(p2);
    step = Math.min(longest, stepLength());
    if (step > 1) {
      parameters!.forEach((array, i) => {
        for (let j = 0; j < array.length; j++) {
          const r = p1[i]![j]! - p0[i]![j]!;
          const v = p2[i]![j]! - p1[i]![j]! - r;
          array[j] = p0[i]![j]! + 2 * step * r + step * step * v;
        }
      });
      restore!();
      state.justExtrapolated = true;
    } else if (longest === 1) {
      longest = 4;
    }
  }

  function stepLength(): number {
    let first = 0;
    let second = 0;
    p0.forEach((array, i) => {
      for (let j = 0; j < array.length; j++) {
        const r = p1[i]![j]! - array[j]!;
        const v = p2[i]![j]! - p1[i]![j]! - r;
        first += r * r;
        second += v * v;
      }
    });
    return second > 0 ? Math.sqrt(first / second) : 1;
  }
}
