/**
 * When majority vote is the best decision for two classes, given the annotators. Notation of the theory: nu = P(true class 1),
 * a = P(vote 1 | true 1), b = P(vote 0 | true 0), lambda = log nu / (1 - nu). Votes are independent given the true class.
 *
 * One vote for 1 moves the log odds by A = log a / (1 - b), one for 0 by -B with B = log b / (1 - a). Set all votes to 0 and
 * turn some to 1: each adds A + B. So the hardest patterns are the smallest sums of A + B that make a majority for 1, and the
 * largest that do not.
 */

export interface PriorBounds {
  /** Majority vote is optimal on every pattern of votes (ties aside) exactly if lower < lambda < upper. */
  lower: number;
  upper: number;
}

/**
 * @param a P(vote 1 | true 1) of each annotator of an item, strictly between 0 and 1.
 * @param b P(vote 0 | true 0), the same.
 * @throws RangeError or TypeError naming the annotator, the value and the limits.
 */
export function majorityPriorBounds(a: ArrayLike<number>, b: ArrayLike<number>): PriorBounds {
  if (a.length !== b.length || a.length === 0) throw new TypeError(`a has ${a.length} and b ${b.length} entries; both need one an annotator, at least one`);
  checkChances('a', a);
  checkChances('b', b);
  const turns = new Float64Array(a.length);
  return boundsFrom(turns, logOddsOfVotes(a, b, turns));
}

/** Fills A + B of each annotator and returns the sum of the B. */
function logOddsOfVotes(a: ArrayLike<number>, b: ArrayLike<number>, turns: Float64Array): number {
  let sumB = 0;
  for (let j = 0; j < turns.length; j++) {
    const forZero = Math.log(b[j]! / (1 - a[j]!));
    turns[j] = Math.log(a[j]! / (1 - b[j]!)) + forZero;
    sumB += forZero;
  }
  return sumB;
}

/**
 * The bounds from A + B of each annotator (sorted in place) and the sum of their B. Votes that speak for the other class than
 * they name (a + b < 1) have a negative A + B: majorities then may be larger and minorities smaller than they need be.
 */
export function boundsFrom(turns: Float64Array, sumB: number): PriorBounds {
  turns.sort();
  const votes = turns.length;
  const majority = Math.floor(votes / 2) + 1;
  let weakestForOne = 0;
  for (let j = 0; j < votes; j++) if (j < majority || turns[j]! < 0) weakestForOne += turns[j]!;
  let strongestForZero = 0;
  for (let j = majority; j < votes; j++) if (turns[j]! > 0) strongestForZero += turns[j]!;
  return { lower: sumB - weakestForOne, upper: sumB - strongestForZero };
}

export interface MajorityErrors {
  /** Chance that the decision is wrong; a tie counts one half. */
  majority: number;
  /** The same of the best decision there is. */
  optimal: number;
  /** Chance of a tie. */
  ties: number;
}

/** @param votes Annotators an item, all alike, 1 to 1000. @throws RangeError naming the argument, its value and the limits. */
export function majorityErrors(votes: number, a: number, b: number, prior: number): MajorityErrors {
  if (!Number.isInteger(votes) || votes < 1 || votes > 1000) throw new RangeError(`votes is ${votes}; it must be a whole number from 1 to 1000`);
  checkChances('a', [a]);
  checkChances('b', [b]);
  checkChances('prior', [prior]);
  const errors: MajorityErrors = { majority: 0, optimal: 0, ties: 0 };
  let logChoose = 0;
  for (let ones = 0; ones <= votes; ones++) {
    const one = prior * Math.exp(logChoose + ones * Math.log(a) + (votes - ones) * Math.log1p(-a));
    const zero = (1 - prior) * Math.exp(logChoose + ones * Math.log1p(-b) + (votes - ones) * Math.log(b));
    const tie = 2 * ones === votes;
    errors.majority += tie ? (one + zero) / 2 : 2 * ones > votes ? zero : one;
    errors.optimal += Math.min(one, zero);
    if (tie) errors.ties += one + zero;
    logChoose += Math.log((votes - ones) / (ones + 1));
  }
  return errors;
}

function checkChances(name: string, chances: ArrayLike<number>): void {
  for (let j = 0; j < chances.length; j++) {
    if (!(chances[j]! > 0 && chances[j]! < 1)) throw new RangeError(`${name}${chances.length > 1 ? `[${j}]` : ''} is ${chances[j]}; it must lie strictly between 0 and 1`);
  }
}
