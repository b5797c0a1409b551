import { agreementPairs, type AgreementPairs } from '../kernels/agreement-pairs.js';
import { settleScores } from '../kernels/class-scores.js';
import { softLabelBytes, usualIterations } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext, RunDiagnostics } from '../method.js';
import { countTies } from '../numeric/simplex.js';
import { trimmedMean } from '../numeric/trimmed-mean.js';
import type { VoteTable } from '../vote-table.js';

/** Share of a sign that comes from the annotators met; the rest is the presumption of being better than chance. */
const HEARSAY = 0.9;
const SIGN_ROUNDS = 200;

/**
 * M-MSR: the agreement of annotators i and j on common items, corrected for chance, is s_i s_j on average, where s = 0 answers
 * at random and s = 1 is always right. The vector s is read off that matrix robustly: each round every annotator takes the mean
 * of agreement / s_partner over the partners, without the extremes. Soft labels are the posteriors of an annotator who is right
 * with probability (s (K - 1) + 1)/K, whose log odds are the paper's weights.
 *
 * Where this differs from the paper's code (as crowd-kit 1.4.1 follows it): only pairs that met are held, never a row for every
 * pair that agrees, so memory grows with pairs instead of their square. Signs are found first and divided out of the
 * agreements (the code factors absolute values, which makes noise look like skill), by spreading the presumption that
 * annotators are better than chance through those they met: the code's eigenvector gets blocks of annotators joined by one
 * random answerer wrong (rte .858 there, .923 here; majority vote .897). Each annotator trims by their own number of partners
 * instead of the least anybody has, which is 0 or even -1 in long-tailed crowds. Starts are equal, so nothing is random.
 */
export const mmsr: AggregationMethod = {
  id: 'mmsr',
  version: 1,
  title: 'M-MSR: robust rank-one factorisation of agreements',
  source: 'Ma and Olshevsky, "Adversarial Crowdsourcing Through Robust Rank-One Matrix Completion" (NeurIPS 2020)',
  reads: ['votes'],
  options: [
    { name: 'tolerance', type: 'number', default: 1e-5, min: 0, max: 1, doc: 'Stop when no skill moves by more than this in a sweep; 0 runs exactly maxIterations.' },
    { name: 'maxIterations', type: 'integer', default: 1000, min: 1, max: 1_000_000, doc: 'Most sweeps; a run that ends here reports converged: false.' },
    {
      name: 'trim', type: 'number', default: 0.5, min: 0, max: 0.5,
      doc: 'Share of an annotator\'s partners left out at either end (at least two are kept): how many partners may be adversaries. 0 trusts everybody.',
    },
  ],
  cost: 'O(sum over items of votes squared) once, O(pairs of annotators that met) an iteration; 20 bytes a pair',
  estimate: (size, options) => {
    // All pairs of annotators, or all pairs of votes of an item where they are fewer.
    const met = Math.min(size.annotators ** 2, size.votes * (size.votes / Math.max(1, size.items)));
    return { operations: size.votes * (size.votes / Math.max(1, size.items)) + usualIterations(100, options) * 30 * met + size.items * size.classes, bytes: 20 * met + softLabelBytes(size) };
  },
  returns: ['posteriors', 'quality'],
  quality: 'probability that the annotator is right, 0 to 1; 1/K is chance',
  run,
};

function run({ votes }: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const { classCount: K, itemCount, itemOffsets, annotators, classes } = votes;
  const pairs = agreementPairs(votes);
  const { skills, diagnostics } = skillsOf(votes, pairs, options, context);

  const chanceRight = skills.map((skill) => (skill * (K - 1) + 1) / K);
  const weights = chanceRight.map((p) => Math.log((p * (K - 1)) / (1 - p)));
  const posteriors = new Float64Array(itemCount * K);
  const scores = new Float64Array(K);
  for (let item = 0; item < itemCount; item++) {
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) scores[classes[v]!]! += weights[annotators[v]!]!;
    settleScores(scores, posteriors, item * K, K, -1);
  }
  const { offsets } = votes.byAnnotator();
  return {
    posteriors,
    annotatorQuality: chanceRight.map((p, a) => (offsets[a + 1]! > offsets[a]! ? p : NaN)),
    diagnostics: { ...diagnostics, ties: countTies(posteriors, K) },
  };
}

function skillsOf(votes: VoteTable, pairs: AgreementPairs, options: MethodOptions, context: RunContext): { skills: Float64Array; diagnostics: Omit<RunDiagnostics, 'ties'> } {
  const { offsets, partners } = pairs;
  const { annotatorCount: M, classCount: K, itemOffsets } = votes;
  let votedItems = 0;
  for (let item = 0; item < votes.itemCount; item++) if (itemOffsets[item + 1]! > itemOffsets[item]!) votedItems++;
  // The paper's margin 1/sqrt(N) keeps weights finite; a handful of items would leave nothing between the margins.
  const margin = 1 / Math.sqrt(Math.max(4, votedItems));

  const signs = signsOf(pairs, K);
  const agreements = signedAgreements(pairs, signs, K);
  const ratios = new Float64Array(M);
  const sweep = (from: Float64Array, to: Float64Array): number => {
    let moved = 0;
    for (let a = 0; a < M; a++) {
      const first = offsets[a]!;
      const met = offsets[a + 1]! - first;
      if (met === 0) continue;
      for (let i = 0; i < met; i++) ratios[i] = agreements[first + i]! / from[partners[first + i]!]!;
      const trim = Math.max(0, Math.min(Math.floor((met - 2) / 2), Math.floor(met * (options.trim as number))));
      const mean = Math.max(margin, Math.min(2, trimmedMean(ratios, met, trim, to[a]!)));
      moved = Math.max(moved, Math.abs(mean - to[a]!));
      to[a] = mean;
    }
    return moved;
  };

  // Two copies that take turns, as in the paper: s s^T is the limit of u v^T.
  const u = new Float64Array(M).fill(startOf(agreements));
  const v = u.slice();
  const trace: number[] = [];
  let converged = false;
  while (!converged && trace.length < (options.maxIterations as number)) {
    const moved = Math.max(sweep(u, v), sweep(v, u));
    trace.push(moved);
    context.onProgress?.({ phase: 'sweep', iteration: trace.length, objective: moved });
    converged = moved < (options.tolerance as number);
  }

  const lonely = [...offsets.keys()].filter((a) => a < M && offsets[a + 1] === offsets[a]);
  const skills = u.map((value, a) => Math.max(-(1 - margin) / (K - 1), Math.min(1 - margin, Math.sign(signs[a]!) * Math.sqrt(value * v[a]!))));
  // Who met nobody is taken for an average annotator, or, where nobody met, for one half-way between chance and certainty.
  const met = M - lonely.length;
  const average = met > 0 ? skills.reduce((sum, skill, a) => (offsets[a + 1]! > offsets[a]! ? sum + skill : sum), 0) / met : 0.5;
  for (const a of lonely) skills[a] = average;
  return { skills, diagnostics: { iterations: trace.length, converged, trace, warnings: met === 0 ? ['no two annotators voted on the same item: skills cannot be told apart'] : [] } };
}

/** Positive for annotators better than chance: x = (1 - h) + h W x, W the chance-corrected agreements, each row's sizes summing to 1. */
function signsOf({ offsets, partners, meetings, agreements }: AgreementPairs, K: number): Float64Array {
  const M = offsets.length - 1;
  let signs = new Float64Array(M).fill(1);
  for (let round = 0; round < SIGN_ROUNDS; round++) {
    const next = new Float64Array(M).fill(1 - HEARSAY);
    for (let a = 0; a < M; a++) {
      let heard = 0;
      let total = 0;
      for (let p = offsets[a]!; p < offsets[a + 1]!; p++) {
        const excess = agreements[p]! * K - meetings[p]!;
        heard += excess * signs[partners[p]!]!;
        total += Math.abs(excess);
      }
      if (total > 0) next[a]! += (HEARSAY * heard) / total;
    }
    signs = next;
  }
  // A skill of exactly 0 is no adversary's.
  return signs.map((sign) => (sign < 0 ? -1 : 1));
}

/** Agreement rates corrected for chance, (K rate - 1)/(K - 1), times both signs: s_i s_j of the magnitudes on average. */
function signedAgreements({ offsets, partners, meetings, agreements }: AgreementPairs, signs: Float64Array, K: number): Float64Array {
  const signed = new Float64Array(partners.length);
  for (let a = 0; a + 1 < offsets.length; a++) {
    for (let p = offsets[a]!; p < offsets[a + 1]!; p++) {
      signed[p] = (((K * agreements[p]!) / meetings[p]! - 1) / (K - 1)) * signs[a]! * signs[partners[p]!]!;
    }
  }
  return signed;
}

/** The one skill all annotators would have if all were alike. */
function startOf(agreements: Float64Array): number {
  let sum = 0;
  for (const value of agreements) sum += value;
  return agreements.length > 0 && sum > 0 ? Math.sqrt(sum / agreements.length) : 0.5;
}
