import { leadingEigenvector } from '../../numeric/power-iteration.js';
import type { VoteTable } from '../../vote-table.js';
import { disagrees, itemAnswers, type ItemAnswers } from './describe.js';
import { itemClasses, type ItemClasses } from './item-classes.js';

export interface SpectralFit {
  answers: ItemAnswers;
  /** N: 1 - confusionProbability, before ties are withheld. */
  q: Float64Array;
  /** M: p, from 0.001 to 0.999. */
  reliability: Float64Array;
  /** M: mean singular vector, kept within 0 and 1. */
  agreement: Float64Array;
  /** Of each binary problem (compat), or of the one problem there is. */
  vectors: Float64Array[];
  /** N x K: stage 1 scores, smallest is best; kept by compat alone, for comparison. */
  scores: Float64Array | null;
  /** Stage 1 answers, ties to the lower class. */
  stage1: { top1: Int32Array; top2: Int32Array };
  /** Of stage 2's best pair. */
  objective: Float64Array;
  pairGap: Float64Array;
  iterations: number;
  converged: boolean;
  /** Share of the estimates of p and q at the end of their range. */
  clipped: number;
}

export interface SpectralLimits {
  tolerance: number;
  maxIterations: number;
}

const P_RANGE = [0.001, 0.999] as const;
const Q_RANGE = [0.501, 0.999] as const;
const TIE = 1e-9;

/**
 * The paper's two stages as its authors' code runs them, except that q is estimated with the estimated top answer, where
 * theirs looks up the true one. Never builds the annotators x items matrices: O(votes) for each step and binary problem.
 * Not invariant to the order of the classes, and drawn to the first and last of them.
 */
export function compat(votes: VoteTable, limits: SpectralLimits): SpectralFit {
  const { annotatorCount: M, itemCount: N, classCount: K, items, annotators, classes, voteCount } = votes;
  const density = voteCount / (N * M);
  const vectors: Float64Array[] = [];
  let iterations = 0;
  let converged = true;
  const columns = new Float64Array(N);
  for (let k = 1; k < K; k++) {
    // Cells are -1 for votes up to k, 1 above, 0 without a vote; the shift is taken off every cell, so it acts through sums.
    const shift = (density * (K - 2 * k)) / K;
    const found = leadingEigenvector(
      M,
      (x, y) => {
        let total = 0;
        for (let a = 0; a < M; a++) total += x[a]!;
        columns.fill(-shift * total);
        for (let v = 0; v < voteCount; v++) columns[items[v]!]! += classes[v]! < k ? -x[annotators[v]!]! : x[annotators[v]!]!;
        total = 0;
        for (let i = 0; i < N; i++) total += columns[i]!;
        y.fill(-shift * total);
        for (let v = 0; v < voteCount; v++) y[annotators[v]!]! += classes[v]! < k ? -columns[items[v]!]! : columns[items[v]!]!;
      },
      limits.tolerance,
      limits.maxIterations,
    );
    vectors.push(found.vector);
    iterations += found.iterations;
    converged &&= found.converged;
  }
  const agreement = new Float64Array(M);
  for (let a = 0; a < M; a++) agreement[a] = clip(vectors.reduce((sum, vector) => sum + vector[a]!, 0) / (K - 1), [0, 1]);

  // Delta_a = U/K - V_a/S, and (R/S - U)/2 more for the first and the last class.
  const everybody = agreement.reduce((sum, u) => sum + u, 0);
  const scores = new Float64Array(N * K);
  for (let item = 0; item < N; item++) {
    const row = scores.subarray(item * K, (item + 1) * K).fill(everybody / K);
    let voters = 0;
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      voters += agreement[annotators[v]!]!;
      row[classes[v]!]! -= agreement[annotators[v]!]! / density;
    }
    row[0]! += (voters / density - everybody) / 2;
    row[K - 1]! += (voters / density - everybody) / 2;
  }
  const stage1 = topTwo(N, (item) => twoSmallest(scores, item * K, K));
  const reliability = reliabilities(votes, stage1);
  const norm = Math.sqrt(reliability.reduce((sum, p) => sum + p * p, 0));
  const q = new Float64Array(N);
  for (let item = 0; item < N; item++) q[item] = clip(1 / K - scores[item * K + stage1.top1[item]!]! / norm, Q_RANGE);
  return { ...stage2(votes, reliability, q), q, reliability, agreement, vectors, scores, stage1, iterations, converged, clipped: shareClipped(reliability, q) };
}

/**
 * The same model with the edge classes put right and no dependence on the order of the classes: the vector is the leading one of
 * the annotators' agreements on common items, [equal votes] - 1/K, which centres observed cells alone; the first answers are
 * those with the most of it behind them; and q is measured on the votes there are.
 */
export function spectral(votes: VoteTable, limits: SpectralLimits): SpectralFit {
  const { annotatorCount: M, itemCount: N, classCount: K, items, annotators, voteCount, itemOffsets } = votes;
  const slots = itemClasses(votes);
  const bySlot = new Float64Array(slots.classes.length);
  const byItem = new Float64Array(N);
  const gather = (x: Float64Array) => {
    bySlot.fill(0);
    byItem.fill(0);
    for (let v = 0; v < voteCount; v++) {
      bySlot[slots.offsets[items[v]!]! + slots.slotOfVote[v]!]! += x[annotators[v]!]!;
      byItem[items[v]!]! += x[annotators[v]!]!;
    }
  };
  const found = leadingEigenvector(
    M,
    (x, y) => {
      gather(x);
      y.fill(0);
      for (let v = 0; v < voteCount; v++) y[annotators[v]!]! += bySlot[slots.offsets[items[v]!]! + slots.slotOfVote[v]!]! - byItem[items[v]!]! / K;
    },
    limits.tolerance,
    limits.maxIterations,
  );
  const agreement = found.vector.map((u) => clip(u, [0, 1]));
  gather(agreement);
  const stage1 = topTwo(N, (item) => mostBehind(bySlot, slots, item));
  const reliability = reliabilities(votes, stage1);
  const q = new Float64Array(N).fill(0.75);
  for (let item = 0; item < N; item++) {
    let hits = 0;
    let weight = 0;
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const u = agreement[annotators[v]!]!;
      hits += u * ((votes.classes[v] === stage1.top1[item] ? 1 : 0) - 1 / K);
      weight += u * reliability[annotators[v]!]!;
    }
    if (weight > 0) q[item] = clip(1 / K + hits / weight, Q_RANGE);
  }
  const { iterations, converged } = found;
  return { ...stage2(votes, reliability, q), q, reliability, agreement, vectors: [found.vector], scores: null, stage1, iterations, converged, clipped: shareClipped(reliability, q) };
}

/** p from how often the annotator gives one of the two answers; 2/K of the votes would by chance. */
function reliabilities(votes: VoteTable, { top1, top2 }: SpectralFit['stage1']): Float64Array {
  const { annotatorCount: M, classCount: K, items, annotators, classes, voteCount } = votes;
  const { offsets } = votes.byAnnotator();
  const among = new Float64Array(M);
  for (let v = 0; v < voteCount; v++) if (classes[v] === top1[items[v]!] || classes[v] === top2[items[v]!]) among[annotators[v]!]!++;
  return among.map((count, a) => clip((count / Math.max(1, offsets[a + 1]! - offsets[a]!) - 2 / K) / (1 - 2 / K), P_RANGE));
}

/**
 * Stage 2: the pair (a, b) with the greatest sum of log(1 + K q r) over the votes for a and log(1 + K (1 - q) r) over those for b.
 * Only the two best of each sum can be in it.
 */
function stage2(votes: VoteTable, reliability: Float64Array, q: Float64Array): Pick<SpectralFit, 'answers' | 'objective' | 'pairGap'> {
  const { itemCount: N, classCount: K, annotators, classes, itemOffsets } = votes;
  const answers = itemAnswers(N);
  const objective = new Float64Array(N).fill(NaN);
  const pairGap = new Float64Array(N).fill(NaN);
  const first = new Float64Array(K);
  const second = new Float64Array(K);
  for (let item = 0; item < N; item++) {
    if (itemOffsets[item] === itemOffsets[item + 1]) continue;
    first.fill(0);
    second.fill(0);
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const p = reliability[annotators[v]!]!;
      const odds = (K * p) / (1 - p);
      first[classes[v]!]! += Math.log1p(odds * q[item]!);
      second[classes[v]!]! += Math.log1p(odds * (1 - q[item]!));
    }
    const { a, b, best, gap, firstTied, secondTied } = bestPair(first, second);
    objective[item] = best;
    pairGap[item] = gap;
    const tied = firstTied || secondTied;
    answers.tied[item] = tied ? 1 : 0;
    if (!firstTied) answers.first[item] = a;
    if (!secondTied) answers.second[item] = b;
    answers.confusionProbability[item] = 1 - q[item]!;
    answers.disagreesWithMajority[item] = disagrees(votes, item, answers.first[item]!) ? 1 : 0;
  }
  return { answers, objective, pairGap };
}

function bestPair(first: Float64Array, second: Float64Array) {
  const pairs: { a: number; b: number; value: number }[] = [];
  for (const a of threeLargest(first)) for (const b of threeLargest(second)) if (a !== b) pairs.push({ a, b, value: first[a]! + second[b]! });
  pairs.sort((x, y) => y.value - x.value || x.a - y.a || x.b - y.b);
  const { a, b, value: best } = pairs[0]!;
  const tied = pairs.filter(({ value }) => best - value <= TIE * Math.max(1, Math.abs(best)));
  return { a, b, best, gap: pairs.length > 1 ? best - pairs[1]!.value : Infinity, firstTied: tied.some((pair) => pair.a !== a), secondTied: tied.some((pair) => pair.b !== b) };
}

/** Enough for the best pair and the runner-up. Equal scores in the order of the classes. */
function threeLargest(scores: Float64Array): number[] {
  const best: number[] = [];
  for (let k = 0; k < scores.length; k++) {
    let place = best.length;
    while (place > 0 && scores[k]! > scores[best[place - 1]!]!) place--;
    if (place < 3) best.splice(place, 0, k);
    if (best.length > 3) best.pop();
  }
  return best;
}

function topTwo(N: number, find: (item: number) => [number, number]): SpectralFit['stage1'] {
  const top1 = new Int32Array(N);
  const top2 = new Int32Array(N);
  for (let item = 0; item < N; item++) [top1[item], top2[item]] = find(item);
  return { top1, top2 };
}

function twoSmallest(scores: Float64Array, row: number, K: number): [number, number] {
  let g = 0;
  for (let k = 1; k < K; k++) if (scores[row + k]! < scores[row + g]!) g = k;
  let h = g === 0 ? 1 : 0;
  for (let k = 0; k < K; k++) if (k !== g && scores[row + k]! < scores[row + h]!) h = k;
  return [g, h];
}

/** The two classes with the most behind them; where fewer than two were voted on, the second is -1: no vote can name it. */
function mostBehind(bySlot: Float64Array, { offsets, classes }: ItemClasses, item: number): [number, number] {
  let g = -1;
  let h = -1;
  for (let slot = offsets[item]!; slot < offsets[item + 1]!; slot++) {
    if (g === -1 || bySlot[slot]! > bySlot[g]!) {
      h = g;
      g = slot;
    } else if (h === -1 || bySlot[slot]! > bySlot[h]!) h = slot;
  }
  return [g === -1 ? -1 : classes[g]!, h === -1 ? -1 : classes[h]!];
}

function shareClipped(reliability: Float64Array, q: Float64Array): number {
  const at = (values: Float64Array, [low, high]: readonly [number, number]) => values.reduce((count, x) => count + (x <= low || x >= high ? 1 : 0), 0);
  return (at(reliability, P_RANGE) + at(q, Q_RANGE)) / (reliability.length + q.length);
}

function clip(value: number, [low, high]: readonly [number, number]): number {
  return Math.max(low, Math.min(high, value));
}
