import { passes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { fingerprints } from '../numeric/fingerprints.js';
import { countTies, normalizeRow } from '../numeric/simplex.js';
import { countedVotes, type CountedVotes } from '../numeric/weighted-vote.js';
import type { VoteTable } from '../vote-table.js';

/** Weighted votes this close to the best, relative to it, are a tie. */
const TIE = 1e-9;

/**
 * LA: annotator j's accuracy is c_j/t_j, beginning at 1/2. Items pass by once; each is voted on with the accuracies so far, and
 * its annotators then have t + 1, and c + 1 if they agree. That is the one pass, which needs no stored votes. The second votes
 * again with the final accuracies, by weights K c/t - 1: 0 for an annotator no better than chance, below 0 for one that is worse.
 *
 * The soft label is the share of the weighted vote; where a weight below 0 takes a class below 0, the class is at 0, and where
 * nothing is left above 0 the one-pass share stands.
 *
 * Where we differ: the result depends on the order of the items. The paper takes them as they come (`order: index`); our
 * default is a pseudo-random order that hangs on the votes and the seed alone (items that cannot be told apart go together), so
 * that shuffled or renamed input gives the same result. Tied classes share the agreement.
 */
export const labelAggregation: AggregationMethod = {
  id: 'label-aggregation',
  version: 1,
  title: 'Label aggregation (LA), one and two pass',
  source: 'Yang, Zhao, Wu, Zhuo, Liu, Bai & Li, "A Lightweight, Effective, and Efficient Model for Label Aggregation in Crowdsourcing" (TKDD 2024)',
  reads: ['votes', 'candidate-sets'],
  options: [
    { name: 'passes', type: 'integer', default: 2, min: 1, max: 2, doc: 'One pass is for streams; the second votes again with the final accuracies.' },
    {
      name: 'order', type: 'choice', default: 'drawn', choices: ['drawn', 'index'],
      doc: 'The order in which items pass: drawn by the seed from the votes alone, or as items are numbered (in the order they came).',
    },
  ],
  cost: 'O(votes + items x K), two passes',
  estimate: passes(5),
  returns: ['posteriors', 'quality'],
  quality: 'c/t: the share of votes that agreed with the weighted vote of the time, counting one agreement in two before the first; 0 to 1.',
  run({ votes }, options, context) {
    const counted = countedVotes(votes);
    const agreed = new Float64Array(votes.annotatorCount).fill(1);
    const given = new Float64Array(votes.annotatorCount).fill(2);
    const onePass = firstPass(counted, order(votes, options.order === 'index' ? null : context.seed), agreed, given);
    const posteriors = options.passes === 1 ? onePass : secondPass(counted, onePass, agreed, given);
    return {
      posteriors,
      annotatorQuality: agreed.map((c, annotator) => (given[annotator]! > 2 ? c / given[annotator]! : NaN)),
      diagnostics: { iterations: options.passes as number, converged: true, trace: [], ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};

/** Items in the order they pass, in batches (offsets into items) whose members are voted on with the same accuracies. */
function order(votes: VoteTable, seed: number | null): { items: Int32Array; batches: number[] } {
  const items = Int32Array.from({ length: votes.itemCount }, (_, item) => item);
  if (seed === null) return { items, batches: Array.from({ length: votes.itemCount + 1 }, (_, item) => item) };
  const marks = fingerprints(votes, seed).items;
  items.sort((a, b) => marks[a]! - marks[b]!);
  const batches = [0];
  for (let i = 1; i <= items.length; i++) if (i === items.length || marks[items[i]!] !== marks[items[i - 1]!]) batches.push(i);
  return { items, batches };
}

function firstPass(votes: CountedVotes, { items, batches }: ReturnType<typeof order>, agreed: Float64Array, given: Float64Array): Float64Array {
  const { classCount: K, itemOffsets, annotators, classes, counts } = votes;
  const posteriors = new Float64Array(votes.itemCount * K);
  for (let b = 0; b + 1 < batches.length; b++) {
    const batch = items.subarray(batches[b], batches[b + 1]);
    for (const item of batch) {
      for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
        posteriors[item * K + classes[v]!]! += counts[v]! * (agreed[annotators[v]!]! / given[annotators[v]!]!);
      }
      normalizeRow(posteriors, item * K, K);
    }
    for (const item of batch) {
      const first = itemOffsets[item]!;
      const last = itemOffsets[item + 1]!;
      const row = posteriors.subarray(item * K, (item + 1) * K);
      let best = 0;
      for (const p of row) if (p > best) best = p;
      let tied = 0;
      for (const p of row) if (p >= best * (1 - TIE)) tied++;
      for (let v = first; v < last; v++) {
        given[annotators[v]!]! += counts[v]!;
        if (row[classes[v]!]! >= best * (1 - TIE)) agreed[annotators[v]!]! += counts[v]! / tied;
      }
    }
  }
  return posteriors;
}

function secondPass(votes: CountedVotes, onePass: Float64Array, agreed: Float64Array, given: Float64Array): Float64Array {
  const { classCount: K, itemCount, itemOffsets, annotators, classes, counts } = votes;
  const posteriors = new Float64Array(itemCount * K);
  for (let item = 0; item < itemCount; item++) {
    const row = posteriors.subarray(item * K, (item + 1) * K);
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const annotator = annotators[v]!;
      row[classes[v]!]! += counts[v]! * ((K * agreed[annotator]!) / given[annotator]! - 1);
    }
    let above = 0;
    for (let k = 0; k < K; k++) above += row[k] = Math.max(0, row[k]!);
    if (above > 0) normalizeRow(posteriors, item * K, K);
    else row.set(onePass.subarray(item * K, (item + 1) * K));
  }
  return posteriors;
}
