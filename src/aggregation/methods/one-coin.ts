import { iterationsOverVotes } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod } from '../method.js';
import { emOptions, runEm } from '../numeric/em.js';
import { countTies, setCertain, softmaxRow } from '../numeric/simplex.js';
import { countedVotes, type CountedVotes } from '../numeric/weighted-vote.js';
import { voteShares } from '../vote-shares.js';

/** Probabilities are kept this far from 0 and 1, class priors from 0. */
const LEAST = 1e-10;

/**
 * Dawid-Skene with one number an annotator: P(vote is right) = skill, each wrong class (1 - skill)/(K - 1). EM from the vote
 * shares. Memory does not grow with K beyond the posteriors, so it stands in where confusion matrices would not fit. It can
 * lock into an inverted or collapsed solution where groups of annotators share a bias (bluebird: .583, majority vote .759).
 *
 * Where we differ from crowd-kit 1.4.1: it runs until the log-likelihood per vote stands still; crowd-kit's objective counts
 * the log prior once a vote and ends the run at its first fall. `tolerance: 0` with its number of iterations gives its numbers.
 */
export const oneCoin: AggregationMethod = {
  id: 'one-coin',
  version: 1,
  title: 'One-coin Dawid-Skene',
  source: 'Zhang, Chen, Zhou & Jordan, "Spectral Methods Meet EM" (NIPS 2014)',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: emOptions(1e-7, 2000),
  cost: 'O(votes + items x K) an iteration',
  estimate: iterationsOverVotes(100, 4),
  returns: ['posteriors', 'quality', 'class-priors'],
  quality: 'Probability that a vote of the annotator is right, 0 to 1.',
  run(input, options, context) {
    const { votes, gold } = input;
    const model = oneCoinModel(countedVotes(votes), voteShares(votes, gold), gold);
    const outcome = runEm(
      model,
      { tolerance: options.tolerance as number, maxIterations: options.maxIterations as number, voteCount: votes.voteCount },
      context,
    );
    const { posteriors, skills, classPriors } = model;
    return {
      posteriors,
      annotatorQuality: skills,
      classPriors,
      diagnostics: { ...outcome, ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};

function oneCoinModel(votes: CountedVotes, posteriors: Float64Array, gold: AggregationInput['gold']) {
  const { itemCount, annotatorCount, classCount: K, itemOffsets, annotators, classes, counts } = votes;
  const classPriors = new Float64Array(K);
  const logPriors = new Float64Array(K);
  const skills = new Float64Array(annotatorCount);
  const given = new Float64Array(annotatorCount);
  for (let v = 0; v < annotators.length; v++) given[annotators[v]!]! += counts[v]!;
  const right = new Float64Array(annotatorCount);
  const wrong = new Float64Array(annotatorCount);
  const logRight = new Float64Array(annotatorCount);
  const logWrong = new Float64Array(annotatorCount);
  const setPrior = (prior: Float64Array, total: number) => {
    for (let k = 0; k < K; k++) {
      classPriors[k] = prior[k]! / total;
      logPriors[k] = Math.log(Math.max(LEAST, classPriors[k]!));
    }
  };
  // Until something is known of the annotators every member of a set is as likely.
  right.fill(1 / K);
  wrong.fill(1 / K);
  if (itemCount > 0) maximization();
  return { posteriors, skills, classPriors, pass };

  function pass(): number {
    const logLikelihood = expectation();
    maximization();
    return logLikelihood;
  }

  function expectation(): number {
    let logLikelihood = 0;
    for (let i = 0; i < itemCount; i++) {
      const at = i * K;
      const start = itemOffsets[i]!;
      const end = itemOffsets[i + 1]!;
      // Every class pays for all votes as if wrong; a vote's own class is then given the difference.
      let allWrong = 0;
      for (let k = 0; k < K; k++) posteriors[at + k] = logPriors[k]!;
      for (let v = start; v < end; v++) {
        const a = annotators[v]!;
        if (counts[v] === 1) {
          allWrong += logWrong[a]!;
          posteriors[at + classes[v]!]! += logRight[a]! - logWrong[a]!;
        } else {
          const size = 1 / counts[v]!;
          const outside = Math.log(size * wrong[a]!);
          allWrong += outside / size;
          posteriors[at + classes[v]!]! += Math.log(right[a]! + (size - 1) * wrong[a]!) - outside;
        }
      }
      const known = gold ? gold[i]! : -1;
      const log = known >= 0 ? posteriors[at + known]! : softmaxRow(posteriors, at, K);
      if (known >= 0) setCertain(posteriors, at, K, known);
      if (start < end || known >= 0) logLikelihood += log + allWrong;
    }
    return logLikelihood;
  }

  function maximization(): void {
    const prior = new Float64Array(K);
    let evident = 0;
    skills.fill(0);
    for (let i = 0; i < itemCount; i++) {
      const at = i * K;
      const start = itemOffsets[i]!;
      const end = itemOffsets[i + 1]!;
      // An item without votes or gold answer says nothing about the prior: its posterior is the prior.
      if (start === end && !(gold && gold[i]! >= 0)) continue;
      evident++;
      for (let k = 0; k < K; k++) prior[k]! += posteriors[at + k]!;
      for (let v = start; v < end; v++) {
        const a = annotators[v]!;
        const p = posteriors[at + classes[v]!]!;
        skills[a]! += counts[v] === 1 ? p : (p * right[a]!) / (right[a]! + (1 / counts[v]! - 1) * wrong[a]!);
      }
    }
    if (evident > 0) setPrior(prior, evident);
    else setPrior(prior.fill(1), K);
    for (let a = 0; a < annotatorCount; a++) {
      skills[a]! /= given[a]!;
      right[a] = Math.min(1 - LEAST, Math.max(LEAST, skills[a]!));
      wrong[a] = Math.min(1 - LEAST, Math.max(LEAST, (1 - skills[a]!) / (K - 1)));
      logRight[a] = Math.log(right[a]!);
      logWrong[a] = Math.log(wrong[a]!);
    }
  }
}
