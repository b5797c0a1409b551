import type { ClassCounts } from './class-counts.js';
import type { AgreementMetric, AgreementScale, MetricSetting } from './metric.js';

const source = 'Krippendorff, "Content Analysis" (2004), chapter 11';

export const krippendorffNominal = record('nominal', nominalAlpha);
/** The distance of two classes is the number of votes between them, half of those on the two included. */
export const krippendorffOrdinal = record('ordinal', (counts, { classRanks }) => squaredDistanceAlpha(counts, midRanks(counts, classRanks)));
/** The distance of two classes is that of their values: the numbers they are named for, unless the caller gives others. */
export const krippendorffInterval = record('interval', (counts, { classValues }) => squaredDistanceAlpha(counts, classValues));

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

/** Votes for each class on items that have another vote to compare with. */
function pairableTotals(counts: ClassCounts): Float64Array {
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
