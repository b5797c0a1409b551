import type { MajorityErrors } from './two-classes.js';

export interface MajorityOverCounts extends MajorityErrors {
  /** Whether majority vote picks a most probable class for every count of votes without a tie. */
  holds: boolean;
}

const mostPatterns = 2_000_000;

/**
 * Any number of classes, annotators alike: goes through every count of votes that an item can get.
 * @param confusion K x K, row-major, P(vote = l | true = k) at [k * K + l].
 * @param priors K shares of the true classes.
 * @param votes Votes an item, at least 1.
 * @throws RangeError when there are more than 2,000,000 counts, C(votes + K - 1, K - 1), or for a number that is no probability.
 */
export function majorityOverCounts(confusion: Float64Array, priors: Float64Array, votes: number): MajorityOverCounts {
  const K = priors.length;
  checkArguments(confusion, K, priors, votes);
  const logConfusion = confusion.map(Math.log);
  const logFactorial = new Float64Array(votes + 1);
  for (let n = 1; n <= votes; n++) logFactorial[n] = logFactorial[n - 1]! + Math.log(n);
  const result = { holds: true, majority: 0, optimal: 0, ties: 0 };
  const counts = new Int32Array(K);
  const joint = new Float64Array(K);

  const visit = () => {
    let most = 0;
    let logWays = logFactorial[votes]!;
    for (let l = 0; l < K; l++) {
      most = Math.max(most, counts[l]!);
      logWays -= logFactorial[counts[l]!]!;
    }
    let total = 0;
    let best = 0;
    for (let k = 0; k < K; k++) {
      let log = logWays + Math.log(priors[k]!);
      for (let l = 0; l < K; l++) if (counts[l]! > 0) log += counts[l]! * logConfusion[k * K + l]!;
      joint[k] = Math.exp(log);
      total += joint[k]!;
      best = Math.max(best, joint[k]!);
    }
    let winners = 0;
    let right = 0;
    for (let k = 0; k < K; k++) {
      if (counts[k] !== most) continue;
      winners++;
      right += joint[k]!;
    }
    result.majority += total - right / winners;
    result.optimal += total - best;
    if (winners > 1) result.ties += total;
    else if (right < best * (1 - 1e-12)) result.holds = false;
  };
  const fill = (label: number, left: number) => {
    if (label === K - 1) {
      counts[label] = left;
      visit();
      return;
    }
    for (let n = 0; n <= left; n++) {
      counts[label] = n;
      fill(label + 1, left - n);
    }
  };
  fill(0, votes);
  return result;
}

/**
 * One coin for all: each vote is right with chance p and else any of the other K - 1 classes alike. Majority vote is optimal
 * if this margin is above 0: the log odds of one vote, less the log ratio of the most to the least frequent class.
 */
export function oneCoinMargin(p: number, priors: ArrayLike<number>): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`p is ${p}; it must lie strictly between 0 and 1`);
  const shares = Array.from(priors);
  if (shares.length < 2) throw new RangeError(`priors has ${shares.length} entries; it must have at least 2`);
  return Math.log((p * (shares.length - 1)) / (1 - p)) - Math.log(Math.max(...shares) / Math.min(...shares));
}

function checkArguments(confusion: Float64Array, K: number, priors: Float64Array, votes: number): void {
  if (K < 2 || confusion.length !== K * K) throw new TypeError(`confusion has ${confusion.length} entries and priors ${K}; they need K x K and K, K at least 2`);
  if (!Number.isInteger(votes) || votes < 1) throw new RangeError(`votes is ${votes}; it must be a whole number, at least 1`);
  for (const [name, numbers] of [['confusion', confusion], ['priors', priors]] as const) {
    const unfit = numbers.findIndex((p) => !(p >= 0 && p <= 1));
    if (unfit >= 0) throw new RangeError(`${name}[${unfit}] is ${numbers[unfit]}; it must be from 0 to 1`);
  }
  let patterns = 1;
  for (let k = 1; k < K; k++) patterns *= (votes + k) / k;
  if (patterns > mostPatterns) throw new RangeError(`${votes} votes over ${K} classes give ${patterns.toPrecision(3)} counts; at most ${mostPatterns} are gone through`);
}
