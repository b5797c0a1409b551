import type { AgreementMetric } from './metric.js';
import { classShares, meanItemAgreement } from './percent.js';

/** With unequal numbers of votes an item, class shares are averaged over items, as in Gwet's handbook (2014). */
export const fleissKappa: AgreementMetric = {
  id: 'fleiss-kappa',
  version: 1,
  title: "Fleiss' kappa",
  source: 'Fleiss, Psychological Bulletin 76(5) (1971)',
  scale: 'nominal',
  lowest: null,
  options: [],
  ofItems(counts) {
    const byChance = classShares(counts).reduce((sum, share) => sum + share * share, 0);
    return (meanItemAgreement(counts) - byChance) / (1 - byChance);
  },
};
