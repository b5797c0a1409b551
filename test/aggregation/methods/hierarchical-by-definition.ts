import type { ConfusionMatrices } from '../../../src/aggregation/method.js';
import type { VoteTable } from '../../../src/aggregation/vote-table.js';

/** psi by its recurrence up to 60 and the first terms of the asymptotic series: slow, and right to 1e-14. */
function psi(x: number): number {
  let sum = 0;
  for (; x < 60; x++) sum -= 1 / x;
  return sum + Math.log(x) - 1 / (2 * x) - 1 / (12 * x ** 2) + 1 / (120 * x ** 4) - 1 / (252 * x ** 6);
}

export interface ByDefinition {
  /** N x K. */
  q: number[][];
  /** P(vote = l | true class = k) of annotator j at [j][l][k]. */
  confusion: number[][][];
  classPriors: number[];
  iterations: number;
  converged: boolean;
}

/**
 * Hierarchical Dawid-Skene word for word: what the other items say of an annotator is added up anew for every item, over the
 * other items and nothing else, where the library adds up all items and takes one out. O(N x V x K) an iteration.
 */
export function hierarchicalByDefinition(
  votes: VoteTable, { h, even, iterations, tolerance, gold, priorCounts }: { h: number; even: boolean; iterations: number; tolerance: number; gold?: Int32Array; priorCounts?: ConfusionMatrices },
): ByDefinition {
  const { itemCount: N, annotatorCount: M, classCount: K, voteCount: V } = votes;
  const classes = [...Array(K).keys()];
  const known = (i: number) => (gold ? gold[i]! : -1);
  const votesOf = Array.from({ length: N }, (_, i) => [...Array(V).keys()].filter((v) => votes.items[v] === i));
  const members = Array.from(votes.classes, (code) => (code < K ? [code] : [...votes.candidateSets!.classes.slice(votes.candidateSets!.offsets[code - K], votes.candidateSets!.offsets[code - K + 1])]));
  const q = votesOf.map((own, i) => classes.map((k) => {
    if (known(i) >= 0) return k === known(i) ? 1 : 0;
    return own.length === 0 ? 1 / K : own.reduce((sum, v) => sum + (members[v]!.includes(k) ? 1 / members[v]!.length : 0), 0) / own.length;
  }));
  /** What part of vote v, for true class k, is for its m-th member. */
  let shares = members.map((set) => set.map(() => classes.map(() => 1 / set.length)));
  const counted = (i: number) => votesOf[i]!.length > 0 || known(i) >= 0;
  const elsewhere = (j: number, l: number, k: number): number => {
    if (!priorCounts) return 0;
    for (let row = priorCounts.offsets[j]!; row < priorCounts.offsets[j + 1]!; row++) if (priorCounts.labels[row] === l) return priorCounts.values[row * K + k]!;
    return 0;
  };
  /** Expected votes of annotator j for l where k is true, over all items but one (-1 for none). */
  const countsWithout = (without: number, j: number, l: number, k: number): number => {
    let sum = elsewhere(j, l, k);
    for (let v = 0; v < V; v++) {
      if (votes.annotators[v] !== j || votes.items[v] === without) continue;
      const m = members[v]!.indexOf(l);
      if (m >= 0) sum += q[votes.items[v]!]![k]! * shares[v]![m]![k]!;
    }
    return sum;
  };
  const g = (l: number, k: number) => (l === k ? 3 : 1 / (K - 1));
  let alpha = classes.map((l) => classes.map((k) => g(l, k)));
  const total = (k: number) => classes.reduce((sum, l) => sum + alpha[l]![k]!, 0);
  const allCounts = () => Array.from({ length: M }, (_, j) => classes.map((l) => classes.map((k) => countsWithout(-1, j, l, k))));

  let iteration = 0;
  let moved = Infinity;
  while (iteration < iterations && moved >= tolerance) {
    iteration++;
    if (iteration > 3) {
      const c = allCounts();
      alpha = classes.map((l) => classes.map((k) => {
        const S = c.reduce((sum, of) => sum + psi(alpha[l]![k]! + of[l]![k]!) - psi(alpha[l]![k]!), 0);
        const D = c.reduce((sum, of) => sum + psi(total(k) + classes.reduce((n, x) => n + of[x]![k]!, 0)) - psi(total(k)), 0);
        return Math.max(0.001, (alpha[l]![k]! * S + h * g(l, k)) / (D + h));
      }));
    }
    moved = 0;
    const nextShares = shares.map((of) => of.map((row) => [...row]));
    const next = q.map((row, i) => {
      if (votesOf[i]!.length === 0) return row;
      const weights = classes.map((k) => {
        let log = even ? 0 : Math.log(1 + q.reduce((sum, other, o) => sum + (o !== i && counted(o) ? other[k]! : 0), 0));
        for (const v of votesOf[i]!) {
          const j = votes.annotators[v]!;
          const terms = members[v]!.map((l) => alpha[l]![k]! + countsWithout(i, j, l, k));
          const sum = terms.reduce((a, b) => a + b);
          log += Math.log(sum / (total(k) + classes.reduce((n, l) => n + countsWithout(i, j, l, k), 0)));
          if (known(i) < 0 || known(i) === k) terms.forEach((term, m) => (nextShares[v]![m]![k] = term / sum));
        }
        return log;
      });
      if (known(i) >= 0) return row;
      const greatest = Math.max(...weights);
      const p = weights.map((log) => Math.exp(log - greatest));
      const sum = p.reduce((a, b) => a + b);
      return p.map((x, k) => {
        moved = Math.max(moved, Math.abs(x / sum - row[k]!));
        return x / sum;
      });
    });
    next.forEach((row, i) => (q[i] = row));
    shares = nextShares;
  }
  const items = classes.map((k) => 1 + q.reduce((sum, row, i) => sum + (counted(i) ? row[k]! : 0), 0));
  const classPriors = classes.map((k) => (even ? 1 / K : items[k]! / items.reduce((a, b) => a + b)));
  q.forEach((_, i) => counted(i) || (q[i] = classPriors));
  const confusion = allCounts().map((of) => of.map((row, l) => row.map((count, k) => (alpha[l]![k]! + count) / (total(k) + classes.reduce((n, x) => n + of[x]![k]!, 0)))));
  return { q, confusion, classPriors, iterations: iteration, converged: moved < tolerance };
}
