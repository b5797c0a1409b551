import type { AgreementMetric } from './metric.js';
import { classShares, meanItemAgreement } from './percent.js';

/** Chance agreement counts all K classes, voted or not: one more class that nobody uses raises the value a little. */
export const gwetAc1: AgreementMetric = {
  id: 'gwet-ac1',
  version: 1,
  title: "Gwet's AC1",
  source: 'Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008)',
  scale: 'nominal',
  lowest: -1,
  options: [],
  ofItems(counts) {
    const byChance = classShares(counts).reduce((sum, share) => sum + share * (1 - share), 0) / (counts.classCount - 1);
    return (meanItemAgreement(counts) - byChance) / (1 - byChance);
  },
};
