import { passes } from '../numeric/cost.js';
import type { AggregationMethod, OptionSpec } from '../method.js';
import { countTies } from '../numeric/simplex.js';
import { agreementWithPlurality, countedVotes, weightedShares, type TieRule } from '../numeric/weighted-vote.js';

export const tiesOption: OptionSpec = {
  name: 'ties', type: 'choice', default: 'split', choices: ['split', 'lowest-class'],
  doc: "An answer that shares its item's plurality with t - 1 others agrees 1/t (split), or the class that comes first in the project's order is taken for the plurality (lowest-class).",
};

/**
 * Worker agreement with aggregate: an annotator's skill is the fraction of their distinct (item, class) answers that are the
 * item's plurality; the soft label is the skill-weighted vote share. Where all skills of an item's annotators are 0 the plain
 * shares stand.
 *
 * Where we differ from crowd-kit 1.4.1: ties are split by default, so that the order of the classes does not matter;
 * `ties: lowest-class` gives its numbers.
 */
export const wawa: AggregationMethod = {
  id: 'wawa',
  version: 1,
  title: 'Worker agreement with aggregate (Wawa)',
  source: 'Appen, "Calculating worker agreement with aggregate (Wawa)" (2016)',
  reads: ['votes', 'candidate-sets'],
  options: [tiesOption],
  cost: 'O(votes + items x K), two passes',
  estimate: passes(3),
  returns: ['posteriors', 'quality'],
  quality: "Fraction of the annotator's distinct answers that agree with the unweighted plurality, 0 to 1.",
  run({ votes }, options) {
    const counted = countedVotes(votes);
    const skills = agreementWithPlurality(counted, undefined, options.ties as TieRule);
    const posteriors = weightedShares(counted, skills);
    return {
      posteriors,
      annotatorQuality: skills,
      diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};
