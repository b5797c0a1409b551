import { argmax } from '../numeric/argmax.js';
import { confidentJoint, labelCounts, roundRows } from './confident-joint.js';
import { checkLabelled, type LabelledPredictions } from './labels.js';
import { scoreChecked, scoreLabels, type LabelScore } from './scores.js';

export const issueFilters = [
  'prune-by-noise-rate', 'prune-by-class', 'both', 'confident-learning', 'predicted-neq-given', 'low-self-confidence', 'low-normalized-margin',
] as const;
export type IssueFilter = (typeof issueFilters)[number];

/** A given label this close to the likeliest class is not called wrong. */
const CLOSE = 1e-6;

/** Items of a class are never all called wrong: at least this many stay. */
const LEAST_KEPT = 1;

export interface IssueOptions {
  /** Default prune-by-noise-rate. */
  filter?: IssueFilter;
  /** Share of the estimated errors to flag, 0 to 1; only the prune filters read it. Default 1. */
  fracNoise?: number;
}

/**
 * Which given labels are probably wrong (Northcutt, Jiang & Chuang, Confident Learning, 2021).
 * prune-by-noise-rate: for each pair of classes as many items as are estimated to be swapped, by the margin between the two;
 * prune-by-class: for each class as many as are estimated wrong, by least p(label); both: in both of these;
 * confident-learning: confidently another class; predicted-neq-given: another class is likelier; low-...: as many as
 * confident-learning flags, by the lowest score.
 * @returns N: 1 where the label is probably wrong
 * @throws as `checkLabelled`, and RangeError for an unknown filter or a share outside 0 to 1
 */
export function findLabelIssues(given: LabelledPredictions, options: IssueOptions = {}): Uint8Array {
  const { filter = 'prune-by-noise-rate', fracNoise = 1 } = options;
  if (!issueFilters.includes(filter)) throw new RangeError(`there is no filter ${JSON.stringify(filter)}; there are: ${issueFilters.join(', ')}`);
  if (!(fracNoise >= 0 && fracNoise <= 1)) throw new RangeError(`fracNoise is ${fracNoise}; it must be from 0 to 1`);
  checkLabelled(given);
  const { labels, predictions, classCount: K } = given;
  switch (filter) {
    case 'low-self-confidence':
      return lowest(scoreChecked(given, 'self-confidence'), countOf(confidentlyOther()));
    case 'low-normalized-margin':
      return lowest(scoreChecked(given, 'normalized-margin'), countOf(confidentlyOther()));
    case 'confident-learning':
      return confidentlyOther();
    case 'predicted-neq-given':
      return unlessPredicted(new Uint8Array(labels.length).fill(1));
    default:
      return unlessPredicted(pruned(filter));
  }

  function confidentlyOther(): Uint8Array {
    return unlessPredicted(confidentJoint(given).offDiagonal);
  }

  function pruned(how: 'prune-by-noise-rate' | 'prune-by-class' | 'both'): Uint8Array {
    const counts = pruneCounts(confidentJoint(given).calibrated, K, fracNoise);
    if (how === 'prune-by-noise-rate') return pruneByNoiseRate(given, counts);
    const byClass = pruneByClass(given, counts);
    return how === 'prune-by-class' ? byClass : pruneByNoiseRate(given, counts).map((flag, item) => flag & byClass[item]!);
  }

  /** Takes back flags of labels that are the likeliest class, or all but. */
  function unlessPredicted(flags: Uint8Array): Uint8Array {
    return flags.map((flag, item) => {
      const own = predictions[item * K + labels[item]!]!;
      return flag && predictions[item * K + argmax(predictions, item * K, K)]! > own + CLOSE ? 1 : 0;
    });
  }
}

/**
 * Flagged items, the most suspicious first; equally suspicious ones by index.
 * @param flags N, see `findLabelIssues`
 * @throws as `checkLabelled`
 */
export function rankIssues(flags: Uint8Array, given: LabelledPredictions, score: LabelScore): Int32Array {
  return rankByScore(flags, scoreLabels(given, score));
}

/** The same by any N scores, lowest first. */
export function rankByScore(flags: Uint8Array, scores: Float64Array): Int32Array {
  const flagged = Array.from(flags.keys()).filter((item) => flags[item]);
  return Int32Array.from(flagged.sort((a, b) => scores[a]! - scores[b]! || a - b));
}

/**
 * How many items of each [true][given] pair to take out, K x K: the joint transposed, with at least one right item a class
 * (taken evenly from the class's estimated errors) and `fracNoise` of the errors.
 */
export function pruneCounts(calibrated: Float64Array, K: number, fracNoise = 1): Float64Array {
  const counts = new Float64Array(K * K);
  for (let given = 0; given < K; given++) {
    const right = calibrated[given * K + given]!;
    const kept = Math.max(LEAST_KEPT, right);
    let errors = 0;
    for (let truth = 0; truth < K; truth++) if (truth !== given && calibrated[given * K + truth] !== 0) errors++;
    const less = (kept - right) / Math.max(1, errors);
    let restored = 0;
    for (let truth = 0; truth < K; truth++) {
      if (truth === given) continue;
      const count = Math.max(0, calibrated[given * K + truth]! - less);
      counts[truth * K + given] = Math.trunc(count * fracNoise);
      restored += count - count * fracNoise;
    }
    counts[given * K + given] = Math.trunc(kept + restored);
  }
  roundRows(counts, K);
  return counts;
}

function pruneByNoiseRate({ labels, predictions, classCount: K }: LabelledPredictions, counts: Float64Array): Uint8Array {
  const flags = new Uint8Array(labels.length);
  itemsByLabel(labels, K).forEach((items, given) => {
    if (items.length <= LEAST_KEPT) return;
    for (let truth = 0; truth < K; truth++) {
      const count = counts[truth * K + given]!;
      if (truth === given || count === 0) continue;
      const margin = (item: number) => predictions[item * K + truth]! - predictions[item * K + given]!;
      const order = [...items].sort((a, b) => margin(b) - margin(a) || a - b);
      for (const item of order.slice(0, count)) flags[item] = 1;
    }
  });
  return flags;
}

function pruneByClass({ labels, predictions, classCount: K }: LabelledPredictions, counts: Float64Array): Uint8Array {
  const flags = new Uint8Array(labels.length);
  const perClass = labelCounts(labels, K);
  itemsByLabel(labels, K).forEach((items, given) => {
    if (items.length <= LEAST_KEPT) return;
    const own = (item: number) => predictions[item * K + given]!;
    const order = [...items].sort((a, b) => own(a) - own(b) || a - b);
    for (const item of order.slice(0, Math.max(0, perClass[given]! - counts[given * K + given]!))) flags[item] = 1;
  });
  return flags;
}

function itemsByLabel(labels: Int32Array, K: number): number[][] {
  const items: number[][] = Array.from({ length: K }, () => []);
  labels.forEach((label, item) => items[label]!.push(item));
  return items;
}

/** Flags the `count` lowest scores; of equals the first. */
export function lowest(scores: Float64Array, count: number): Uint8Array {
  const flags = new Uint8Array(scores.length);
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
  for (const item of order.slice(0, count)) flags[item] = 1;
  return flags;
}

export function countOf(flags: Uint8Array): number {
  return flags.reduce((count, flag) => count + flag, 0);
}
