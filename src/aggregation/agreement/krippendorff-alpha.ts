import type { ClassCounts } from './class-counts.js';
import type { AgreementMetric, AgreementScale, AnswerDistance, MetricSetting } from './metric.js';

const source = 'Krippendorff, "Content Analysis" (2004), chapter 11';

export const krippendorffNominal: AgreementMetric = record('nominal', nominalAlpha);
/** The distance of two classes is the number of votes between them, half of those on the two included. */
export const krippendorffOrdinal: AgreementMetric = {
  ...record('ordinal', (counts, { classRanks }) => squaredDistanceAlpha(counts, midRanks(counts, classRanks))),
  distance: (counts, { classRanks }) => squaredDistance(counts, midRanks(counts, classRanks)),
};
/** The distance of two classes is that of their values: the numbers they are named for, unless the caller gives others. */
export const krippendorffInterval: AgreementMetric = {
  ...record('interval', (counts, { classValues }) => squaredDistanceAlpha(counts, classValues)),
  distance: (counts, { classValues }) => squaredDistance(counts, classValues),
};
/** The same difference counts the less, the farther from zero the two lie: ((a - b) / (a + b))^2. */
export const krippendorffRatio: AgreementMetric = {
  ...record('ratio', (counts, { classValues }) => distanceAlpha(counts, ratioDistance(classValues))),
  distance: (_, { classValues }) => ratioDistance(classValues),
};

function record(scale: AgreementScale, alpha: (counts: ClassCounts, setting: MetricSetting) => number): AgreementMetric {
  return {
    id: `krippendorff-alpha-${scale}`,
    version: 1,
    title: `Krippendorff's alpha, ${scale}`,
    source,
    scale,
    lowest: -1,
    options: [],
    ofItems: alpha,
  };
}

function squaredDistance(counts: ClassCounts, places: Float64Array): AnswerDistance {
  return overLargest(counts, places, (k, l) => (places[k]! - places[l]!) ** 2);
}

/** A distance that grows from place to place, as a part of the largest between classes that can be compared. */
export function overLargest(counts: ClassCounts, places: ArrayLike<number>, distance: AnswerDistance): AnswerDistance {
  let lowest = -1;
  let highest = -1;
  pairableTotals(counts).forEach((total, k) => {
    if (total === 0) return;
    if (lowest < 0 || places[k]! < places[lowest]!) lowest = k;
    if (highest < 0 || places[k]! > places[highest]!) highest = k;
  });
  const largest = lowest < 0 ? 0 : distance(lowest, highest);
  return largest > 0 ? (k, l) => distance(k, l) / largest : () => 0;
}

function ratioDistance(values: Float64Array): AnswerDistance {
  return (k, l) => {
    const sum = values[k]! + values[l]!;
    // Both are at zero.
    return sum === 0 ? 0 : ((values[k]! - values[l]!) / sum) ** 2;
  };
}

function nominalAlpha(counts: ClassCounts): number {
  const totals = pairableTotals(counts);
  const n = totals.reduce((sum, total) => sum + total, 0);
  let observed = 0;
  for (let p = 0; p < counts.sizes.length; p++) {
    const m = counts.sizes[p]!;
    if (m < 2) continue;
    let alike = 0;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) alike += counts.counts[e]! ** 2;
    observed += (counts.items[p]! * (m * m - alike)) / (m - 1);
  }
  const expected = totals.reduce((sum, total) => sum + total * (n - total), 0);
  return 1 - ((n - 1) * observed) / expected;
}

/** Sums of squares of differences over ordered pairs of m values are 2m times their squared distances from the mean. */
function squaredDistanceAlpha(counts: ClassCounts, values: Float64Array): number {
  const totals = pairableTotals(counts);
  const used = values.filter((_, k) => totals[k]! > 0);
  // Votes all in one place leave nothing to agree beyond; rounding must not hide it.
  if (used.every((value) => value === used[0])) return NaN;
  const n = totals.reduce((sum, total) => sum + total, 0);
  let observed = 0;
  for (let p = 0; p < counts.sizes.length; p++) {
    const m = counts.sizes[p]!;
    if (m < 2) continue;
    let sum = 0;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) sum += counts.counts[e]! * values[counts.classes[e]!]!;
    const mean = sum / m;
    let squares = 0;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) squares += counts.counts[e]! * (values[counts.classes[e]!]! - mean) ** 2;
    observed += (counts.items[p]! * 2 * m * squares) / (m - 1);
  }
  // A class without votes may have no place on the line.
  const mean = totals.reduce((sum, total, k) => (total > 0 ? sum + total * values[k]! : sum), 0) / n;
  const expected = 2 * n * totals.reduce((sum, total, k) => (total > 0 ? sum + total * (values[k]! - mean) ** 2 : sum), 0);
  return 1 - ((n - 1) * observed) / expected;
}

/** For distances that no sum of squares gives: O(K^2), and the squares of the classes voted on each distinct item. */
function distanceAlpha(counts: ClassCounts, distance: AnswerDistance): number {
  const totals = pairableTotals(counts);
  const n = totals.reduce((sum, total) => sum + total, 0);
  let observed = 0;
  for (let p = 0; p < counts.sizes.length; p++) {
    if (counts.sizes[p]! < 2) continue;
    let apart = 0;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) {
      for (let f = counts.offsets[p]!; f < e; f++) apart += counts.counts[e]! * counts.counts[f]! * distance(counts.classes[e]!, counts.classes[f]!);
    }
    observed += (counts.items[p]! * 2 * apart) / (counts.sizes[p]! - 1);
  }
  let expected = 0;
  for (let k = 0; k < totals.length; k++) {
    if (totals[k] === 0) continue;
    for (let l = 0; l < k; l++) if (totals[l]! > 0) expected += 2 * totals[k]! * totals[l]! * distance(k, l);
  }
  return 1 - ((n - 1) * observed) / expected;
}

/** Votes for each class on items that have another vote to compare with. */
export function pairableTotals(counts: ClassCounts): Float64Array {
  const totals = new Float64Array(counts.classCount);
  for (let p = 0; p < counts.sizes.length; p++) {
    if (counts.sizes[p]! < 2) continue;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) totals[counts.classes[e]!]! += counts.items[p]! * counts.counts[e]!;
  }
  return totals;
}

/** The ordinal distance is the difference of these: votes for lower classes and half of those for the class itself. */
function midRanks(counts: ClassCounts, classRanks: Int32Array): Float64Array {
  const totals = pairableTotals(counts);
  const inOrder = new Int32Array(totals.length);
  classRanks.forEach((rank, k) => (inOrder[rank] = k));
  const ranks = new Float64Array(totals.length);
  let below = 0;
  for (const k of inOrder) {
    ranks[k] = below + totals[k]! / 2;
    below += totals[k]!;
  }
  return ranks;
}
