import type { ClassCounts } from './class-counts.js';
import type { AgreementMetric, AgreementScale } from './metric.js';

const source = 'Krippendorff, "Content Analysis" (2004), chapter 11';

export const krippendorffNominal = record('nominal', nominalAlpha);
/** The distance of two classes is the number of votes between them, half of those on the two included. */
export const krippendorffOrdinal = record('ordinal', (counts) => squaredDistanceAlpha(counts, midRanks(counts)));
/** The distance of two classes is that of their values, 0 .. K - 1 unless the caller gives others. */
export const krippendorffInterval = record('interval', squaredDistanceAlpha);

function record(scale: AgreementScale, alpha: (counts: ClassCounts, values: Float64Array) => number): AgreementMetric {
  return {
    id: `krippendorff-alpha-${scale}`,
    version: 1,
    title: `Krippendorff's alpha, ${scale}`,
    source,
    scale,
    lowest: -1,
    options: [],
    ofItems: (counts, setting) => alpha(counts, setting.classValues),
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
  const mean = totals.reduce((sum, total, k) => sum + total * values[k]!, 0) / n;
  const expected = 2 * n * totals.reduce((sum, total, k) => sum + total * (values[k]! - mean) ** 2, 0);
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
function midRanks(counts: ClassCounts): Float64Array {
  let below = 0;
  return pairableTotals(counts).map((total) => {
    const rank = below + total / 2;
    below += total;
    return rank;
  });
}
