import { entropy, scoreItems, VoteTable, type RunParameters } from '../../aggregation/index.js';
import type { ClassFigures } from '../../rules/class-figures.js';
import type { ItemQuantities } from '../../rules/quantities.js';
import type { ItemFacts, ItemRules } from './item-facts.js';
import type { FindingQuantity } from './item-findings.js';

/** What scores and live labels need of a run. */
export type PooledParameters = Pick<RunParameters, 'classPriors' | 'pooled'>;

/** T: what a vote of an average annotator is expected to tell about each item, in nats. */
export function pooledGains(votes: VoteTable, posteriors: Float64Array, run: PooledParameters): Float64Array {
  const nobody = { offsets: Int32Array.of(0), labels: new Int32Array(0), values: new Float64Array(0) };
  return scoreItems('information-gain', { votes, posteriors, parameters: { ...run, confusion: nobody } });
}

/**
 * A reader of the quantities that rules name: item -> its values, and what is known class by class, in objects that the next call overwrites. Before the
 * first run an item's label is the shares of its votes and one more for each class: one vote alone makes nobody sure.
 */
export function itemQuantities(facts: ItemFacts, rules: ItemRules, gains: Float64Array | null): (item: number) => { values: ItemQuantities; figures: ClassFigures } {
  const { votes: { itemOffsets, classes, annotators, classCount: K }, posteriors, labelled, leases, ages, annotatorCosts } = facts;
  const findings = Object.entries(facts.findings ?? {}) as [FindingQuantity, Float64Array][];
  const counts = new Int32Array(K);
  const shares = new Float64Array(K);
  const values: ItemQuantities = {
    votes: 0, confidence: 0, entropy: 0, disagreement: 0, leadingVotes: 0, topTwoGap: 0, gain: NaN, age_hours: NaN, cost: NaN, leases: 0,
    confusionProbability: NaN, difficulty: NaN, methodDisagreement: NaN,
    classes: K, minVotes: rules.minVotes, maxVotes: rules.maxVotes, target: rules.confidence ?? 1,
  };
  const figures: ClassFigures = { votes: counts, voteCount: 0, probabilities: shares, at: 0, leading: -1 };
  const known = { values, figures };
  let counted = 0;
  return (item) => {
    for (let v = itemOffsets[counted]!; v < itemOffsets[counted + 1]!; v++) counts[classes[v]!] = 0;
    counted = item;
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    let most = 0;
    figures.leading = -1;
    for (let v = first; v < end; v++) {
      const k = classes[v]!;
      const votes = ++counts[k]!;
      if (votes > most) figures.leading = k;
      else if (votes === most && k !== figures.leading) figures.leading = -1;
      most = Math.max(most, votes);
    }
    values.votes = figures.voteCount = end - first;
    values.leadingVotes = most;
    values.disagreement = end > first ? 1 - most / (end - first) : 0;
    if (labelled[item]) describe(posteriors, item * K);
    else {
      for (let k = 0; k < K; k++) shares[k] = (counts[k]! + 1) / (end - first + K);
      describe(shares, 0);
    }
    values.leases = leases[item]!;
    if (gains) values.gain = gains[item]!;
    for (const [quantity, numbers] of findings) values[quantity] = numbers[item]!;
    if (ages) values.age_hours = ages[item]!;
    if (annotatorCosts) {
      values.cost = 0;
      for (let v = first; v < end; v++) values.cost += annotatorCosts[annotators[v]!]!;
    }
    return known;
  };

  function describe(row: Float64Array, at: number): void {
    figures.probabilities = row;
    figures.at = at;
    let best = 0;
    let second = 0;
    for (let k = 0; k < K; k++) {
      const p = row[at + k]!;
      if (p > best) {
        second = best;
        best = p;
      } else if (p > second) second = p;
    }
    values.confidence = best;
    values.topTwoGap = best - second;
    values.entropy = entropy(row, at, K);
  }
}
