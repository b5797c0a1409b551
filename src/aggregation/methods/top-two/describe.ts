import type { VoteTable } from '../../vote-table.js';
import { CELLS, Q_GRID, type ItemPosterior } from './item-posterior.js';

/** What is said of each item (N numbers each), by any variant of the method. */
export interface ItemAnswers {
  /** Class indices; -1 where the answer is withheld: no votes, or a tie for it. */
  first: Float64Array;
  second: Float64Array;
  /** 1 - q: how often an annotator who knows the item still gives the second answer; 0 to 0.5. */
  confusionProbability: Float64Array;
  /** 1 where the best pair is shared by several. */
  tied: Float64Array;
  /** 1 where the first answer has fewer votes than another class. */
  disagreesWithMajority: Float64Array;
}

export interface EmAnswers extends ItemAnswers {
  /** Middle 95% of the posterior of 1 - q. */
  confusionLow: Float64Array;
  confusionHigh: Float64Array;
  firstProbability: Float64Array;
  pairProbability: Float64Array;
  /** Probability of the best pair less that of the runner-up. */
  pairGap: Float64Array;
}

/** Probabilities this close, relative to the larger, are a tie. */
const TIE = 1e-9;

export function itemAnswers(itemCount: number): ItemAnswers {
  return {
    first: new Float64Array(itemCount).fill(-1),
    second: new Float64Array(itemCount).fill(-1),
    confusionProbability: new Float64Array(itemCount).fill(NaN),
    tied: new Float64Array(itemCount),
    disagreesWithMajority: new Float64Array(itemCount),
  };
}

/**
 * Reads the answers off the posterior, whose parameters are set. `softLabels`, N x K, gets P(first answer = class), or, where
 * `predictive`, the class a perfectly reliable annotator would give: q on g and 1 - q on h, over the posterior.
 */
export function describeItems(votes: VoteTable, posterior: ItemPosterior, softLabels: Float64Array, predictive: boolean): EmAnswers {
  const { itemCount: N, classCount: K } = votes;
  const { offsets, classes } = posterior.classes;
  const numbers = () => new Float64Array(N).fill(NaN);
  const answers: EmAnswers = { ...itemAnswers(N), confusionLow: numbers(), confusionHigh: numbers(), firstProbability: numbers(), pairProbability: numbers(), pairGap: numbers() };
  const cells = new Float64Array(CELLS);
  for (let item = 0; item < N; item++) {
    const own = classes.subarray(offsets[item], offsets[item + 1]);
    if (own.length === 0) {
      softLabels.fill(1 / K, item * K, (item + 1) * K);
      continue;
    }
    posterior.see(item);
    describeClasses(item, own, K, posterior, softLabels, predictive, answers, cells);
    describePair(item, own, K, posterior, answers);
    describeConfusion(item, cells, answers);
    answers.disagreesWithMajority[item] = disagrees(votes, item, answers.first[item]!) ? 1 : 0;
  }
  return answers;
}

function describeClasses(item: number, own: Int32Array, K: number, posterior: ItemPosterior, softLabels: Float64Array, predictive: boolean, answers: EmAnswers, cells: Float64Array): void {
  const { first, second, unvotedFirst, unvotedSecond, scale } = posterior;
  const slotOf = (at: number, g: Float64Array, h: Float64Array) => {
    let top = 0;
    let soft = 0;
    for (let t = 0; t < CELLS; t++) {
      top += g[at + t]!;
      soft += Q_GRID[t]! * g[at + t]! + (1 - Q_GRID[t]!) * h[at + t]!;
    }
    return { top: top * scale, soft: (predictive ? soft : top) * scale };
  };
  const unvoted = slotOf(0, unvotedFirst, unvotedSecond);
  const row = softLabels.subarray(item * K, (item + 1) * K);
  row.fill(unvoted.soft);
  let best = K > own.length ? unvoted.top : 0;
  own.forEach((label, slot) => {
    const { top, soft } = slotOf(slot * CELLS, first, second);
    row[label] = soft;
    best = Math.max(best, top);
  });
  answers.firstProbability[item] = best;
  // Rounding of sums over thousands of classes is taken out.
  const sum = row.reduce((total, p) => total + p);
  for (let k = 0; k < K; k++) row[k]! /= sum;
  for (let t = 0; t < CELLS; t++) {
    cells[t] = (K - own.length) * unvotedFirst[t]!;
    for (let slot = 0; slot < own.length; slot++) cells[t]! += first[slot * CELLS + t]!;
    cells[t]! *= scale;
  }
}

/** The best ordered pair; classes nobody voted for take part as the first two of them. */
function describePair(item: number, own: Int32Array, K: number, posterior: ItemPosterior, answers: EmAnswers): void {
  const shown = [...own, ...unvotedClasses(own, K)];
  let best = -1;
  let next = -1;
  let pair: [number, number] = [0, 1];
  for (let g = 0; g < shown.length; g++) {
    for (let h = 0; h < shown.length; h++) {
      if (g === h) continue;
      const probability = posterior.pairProbability(g, h);
      if (probability > best) {
        next = best;
        best = probability;
        pair = [g, h];
      } else if (probability > next) next = probability;
    }
  }
  answers.pairProbability[item] = best;
  answers.pairGap[item] = best - next;
  const isTied = best - next <= TIE * best;
  answers.tied[item] = isTied ? 1 : 0;
  // A tie for the pair may leave one of its places decided: all best pairs agree on it.
  const others = { first: new Set<number>(), second: new Set<number>() };
  if (isTied) {
    for (let g = 0; g < shown.length; g++) {
      for (let h = 0; h < shown.length; h++) {
        if (g === h || best - posterior.pairProbability(g, h) > TIE * best) continue;
        others.first.add(g);
        others.second.add(h);
      }
    }
  }
  if (others.first.size <= 1) answers.first[item] = shown[pair[0]]!;
  if (others.second.size <= 1) answers.second[item] = shown[pair[1]]!;
}

function unvotedClasses(own: Int32Array, K: number): number[] {
  const unvoted: number[] = [];
  for (let k = 0; k < K && unvoted.length < 2; k++) if (!own.includes(k)) unvoted.push(k);
  return unvoted;
}

/** Mean and middle 95% of 1 - q, a cell's probability spread evenly over it. */
function describeConfusion(item: number, cells: Float64Array, answers: EmAnswers): void {
  let mean = 0;
  for (let t = 0; t < CELLS; t++) mean += cells[t]! * (1 - Q_GRID[t]!);
  answers.confusionProbability[item] = mean;
  answers.confusionHigh[item] = 1 - quantile(cells, 0.025);
  answers.confusionLow[item] = 1 - quantile(cells, 0.975);
}

function quantile(cells: Float64Array, share: number): number {
  let before = 0;
  let t = 0;
  while (t < CELLS - 1 && before + cells[t]! < share) before += cells[t++]!;
  const inside = cells[t]! > 0 ? Math.min(1, (share - before) / cells[t]!) : 1;
  return 0.5 + (t + inside) / (2 * CELLS);
}

/** Whether another class than `answer` has strictly more votes; an answer withheld disagrees with nothing. */
export function disagrees({ classes, itemOffsets }: VoteTable, item: number, answer: number): boolean {
  if (answer < 0) return false;
  const counts = new Map<number, number>();
  for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) counts.set(classes[v]!, (counts.get(classes[v]!) ?? 0) + 1);
  return Math.max(...counts.values()) > (counts.get(answer) ?? 0);
}
