import { softLabelBytes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies } from '../numeric/simplex.js';
import { agreementWithPlurality, countedVotes, weightedShares, type TieRule } from '../numeric/weighted-vote.js';
import { tiesOption } from './wawa.js';

/**
 * Skills start just above chance, 1/K + 0.00001, and each round moves them towards the annotator's agreement with the
 * skill-weighted plurality, by a learning rate that starts at `learningRate` and halves at the start of every
 * `halvingRounds`-th round. The soft label is the skill-weighted vote share.
 *
 * Where we differ from crowd-kit 1.4.1: ties are split by default, so that the order of the classes does not matter;
 * `ties: lowest-class` gives its numbers.
 */
export const zeroBasedSkill: AggregationMethod = {
  id: 'zero-based-skill',
  version: 1,
  title: 'Zero-based skill (ZBS)',
  source: 'Ustalov, Pavlichenko & Tseitlin, "Learning from Crowds with Crowd-Kit" (JOSS 2024)',
  reads: ['votes', 'candidate-sets'],
  options: [
    { name: 'rounds', type: 'integer', default: 100, min: 1, max: 100_000, doc: 'Rounds, always run to the end.' },
    { name: 'learningRate', type: 'number', default: 1, min: 0, max: 1, doc: 'Rate of the first rounds; 1 replaces a skill by its agreement.' },
    { name: 'halvingRounds', type: 'integer', default: 20, min: 1, max: 100_000, doc: 'The rate halves at the start of rounds n, 2n, 3n...' },
    tiesOption,
  ],
  cost: 'O(rounds x votes + items x K)',
  estimate: (size, { rounds }) => ({ operations: 2 * (rounds as number) * size.votes + size.items * size.classes, bytes: softLabelBytes(size) }),
  returns: ['posteriors', 'quality'],
  quality: 'The skill after the last round, 0 to 1: smoothed agreement with the skill-weighted plurality.',
  run({ votes }, options, context) {
    const counted = countedVotes(votes);
    const rounds = options.rounds as number;
    const skills = new Float64Array(votes.annotatorCount).fill(1 / votes.classCount + 1e-5);
    let rate = options.learningRate as number;
    for (let round = 1; round <= rounds; round++) {
      if (round % (options.halvingRounds as number) === 0) rate /= 2;
      const agreement = agreementWithPlurality(counted, skills, options.ties as TieRule);
      for (let a = 0; a < skills.length; a++) skills[a]! += rate * (agreement[a]! - skills[a]!);
      context.onProgress?.({ phase: 'rounds', iteration: round });
    }
    const posteriors = weightedShares(counted, skills);
    return {
      posteriors,
      annotatorQuality: skills,
      diagnostics: { iterations: rounds, converged: true, trace: [], ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};
