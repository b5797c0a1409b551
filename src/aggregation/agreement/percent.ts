import type { ClassCounts } from './class-counts.js';
import type { AgreementMetric } from './metric.js';

export const percent: AgreementMetric = {
  id: 'percent',
  version: 1,
  title: 'Percent agreement',
  source: 'Scott, Public Opinion Quarterly 19 (1955); mean over items as in Fleiss (1971)',
  scale: 'nominal',
  lowest: 0,
  options: [],
  ofItems: (counts) => meanItemAgreement(counts),
  forPairs: () => (pair) => {
    let observed = 0;
    for (let v = pair.start; v < pair.end; v++) if (pair.first[v] !== pair.second[v]) observed += pair.weight[v]!;
    return { observed, expected: pair.sharedItems };
  },
};

/** The share of an item's pairs of votes that agree, averaged over the items with at least two votes; NaN where there is none. */
export function meanItemAgreement(counts: ClassCounts): number {
  let sum = 0;
  let items = 0;
  for (let p = 0; p < counts.sizes.length; p++) {
    const n = counts.sizes[p]!;
    if (n < 2) continue;
    let agreeing = 0;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) agreeing += counts.counts[e]! * (counts.counts[e]! - 1);
    sum += (counts.items[p]! * agreeing) / (n * (n - 1));
    items += counts.items[p]!;
  }
  return sum / items;
}

/** K shares of the votes: each voted item counts once, whatever its number of votes. */
export function classShares(counts: ClassCounts): Float64Array {
  const shares = new Float64Array(counts.classCount);
  let items = 0;
  for (let p = 0; p < counts.sizes.length; p++) {
    const weight = counts.items[p]!;
    items += weight;
    for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) shares[counts.classes[e]!]! += (weight * counts.counts[e]!) / counts.sizes[p]!;
  }
  return shares.map((share) => share / items);
}
