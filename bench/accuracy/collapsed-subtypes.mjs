// EBCC with the item itself taken out of the counts and a prior on rows that the crowd teaches: tried by beyond.mjs, and left.
import { runParameters } from '../../dist/src/aggregation/index.js';

/**
 * Zero-order collapsed variational Bayes over K x M (class, subtype) pairs. The prior of a subtype's row is the row of its class in the
 * confusion matrix of all annotators together, so that it knows how many classes there are and which are taken for which.
 * @param base a result of hierarchical-dawid-skene, whose soft labels make that matrix.
 * @param subtypes M; @param strength pseudo-votes of a row.
 * @returns N x K posteriors
 */
export function collapsedSubtypes(table, base, { subtypes: M, strength, maxIterations = 60, tolerance = 1e-3 }) {
  const { itemCount: N, annotatorCount: J, classCount: K, itemOffsets, annotators, classes } = table;
  const S = K * M;
  const prior = priorOf(table, base, strength);
  const priorTotals = Float64Array.from({ length: K }, (_, k) => prior.reduce((sum, value, at) => sum + (at % K === k ? value : 0), 0));
  let q = startOf(table, M);
  let next = new Float64Array(N * S);
  const counts = new Float64Array(J * K * S);
  const totals = new Float64Array(J * S);
  const shares = new Float64Array(S);
  const logs = new Float64Array(S);
  for (let iteration = 0, moved = 1; iteration < maxIterations && moved > tolerance; iteration++) {
    counts.fill(0);
    totals.fill(0);
    shares.fill(1 / M);
    for (let item = 0; item < N; item++) {
      const own = item * S;
      for (let s = 0; s < S; s++) shares[s] += q[own + s];
      for (let vote = itemOffsets[item]; vote < itemOffsets[item + 1]; vote++) {
        const row = (annotators[vote] * K + classes[vote]) * S;
        const total = annotators[vote] * S;
        for (let s = 0; s < S; s++) {
          counts[row + s] += q[own + s];
          totals[total + s] += q[own + s];
        }
      }
    }
    moved = 0;
    for (let item = 0; item < N; item++) {
      const own = item * S;
      for (let s = 0; s < S; s++) logs[s] = Math.log(Math.max(1e-12, shares[s] - q[own + s]));
      for (let vote = itemOffsets[item]; vote < itemOffsets[item + 1]; vote++) {
        const row = (annotators[vote] * K + classes[vote]) * S;
        const total = annotators[vote] * S;
        for (let s = 0; s < S; s++) {
          const k = Math.floor(s / M);
          logs[s] += Math.log(Math.max(1e-12, prior[classes[vote] * K + k] + counts[row + s] - q[own + s]) / Math.max(1e-12, priorTotals[k] + totals[total + s] - q[own + s]));
        }
      }
      const top = Math.max(...logs);
      let sum = 0;
      for (let s = 0; s < S; s++) sum += logs[s] = Math.exp(logs[s] - top);
      for (let s = 0; s < S; s++) {
        next[own + s] = logs[s] / sum;
        moved = Math.max(moved, Math.abs(next[own + s] - q[own + s]));
      }
    }
    [q, next] = [next, q];
  }
  const posteriors = new Float64Array(N * K);
  for (let at = 0; at < q.length; at++) posteriors[Math.floor(at / M)] += q[at];
  return posteriors;
}

/** K x K, [label, true class]: pseudo-votes. */
function priorOf(table, base, strength) {
  const K = table.classCount;
  const { labels, values } = runParameters(table, base).pooled;
  const prior = new Float64Array(K * K).fill(0.01);
  labels.forEach((label, row) => {
    for (let k = 0; k < K; k++) prior[label * K + k] += strength * values[row * K + k];
  });
  return prior;
}

/** Vote shares, spread over the subtypes by flat Dirichlet draws of a fixed seed. */
function startOf({ itemCount: N, classCount: K, itemOffsets, classes }, M) {
  let state = 1;
  const random = () => (((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) + 0.5) / 2 ** 32;
  const q = new Float64Array(N * K * M);
  for (let item = 0; item < N; item++) {
    const votes = itemOffsets[item + 1] - itemOffsets[item];
    for (let k = 0; k < K; k++) {
      let share = votes === 0 ? 1 / K : 0;
      for (let vote = itemOffsets[item]; vote < itemOffsets[item + 1]; vote++) if (classes[vote] === k) share += 1 / votes;
      const draws = Array.from({ length: M }, () => -Math.log(random()));
      const sum = draws.reduce((a, b) => a + b, 0);
      draws.forEach((draw, m) => (q[(item * K + k) * M + m] = (share * draw) / sum));
    }
  }
  return q;
}
