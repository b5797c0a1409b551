import { scoreItemsFor, VoteTable, type RunParameters } from '../aggregation/index.js';
import type { Candidate } from './candidates.store.js';
import type { Choice } from './leases.store.js';

export type RankedEntry = Pick<Candidate, 'item' | 'score' | 'strategy' | 'votes' | 'leases'>;

/** What tells how much an answer of one annotator is worth. */
export interface OwnWorth {
  /** The annotator's own matrix is the only one of `confusion`. */
  parameters: RunParameters;
  /** K probabilities by item; an item without any has the class priors. */
  labels: ReadonlyMap<number, Float64Array>;
  cost: number;
}

/**
 * Entries of the queue in the order in which one annotator should have them: those of information gain by what this
 * annotator's answer tells, the others as the queue has them, items that nobody holds before those that somebody does. The
 * places that each kind has in the queue stay its own: the two are mixed by rank.
 */
export function ranked(entries: readonly RankedEntry[], worth: OwnWorth | null): Choice[] {
  const own = entries.filter((entry) => entry.strategy === 'information-gain');
  const others = entries.filter((entry) => entry.strategy !== 'information-gain');
  const sortedOwn = (worth ? byWorth(own, worth) : byLeases(own)).values();
  const sortedOthers = byLeases(others).values();
  return entries.map((entry) => (entry.strategy === 'information-gain' ? sortedOwn : sortedOthers).next().value!);
}

function byWorth(entries: readonly RankedEntry[], { parameters, labels, cost }: OwnWorth): Choice[] {
  const K = parameters.classPriors.length;
  const posteriors = new Float64Array(entries.length * K);
  entries.forEach((entry, i) => posteriors.set(labels.get(entry.item) ?? parameters.classPriors, i * K));
  const gains = scoreItemsFor('information-gain', {
    votes: new VoteTable({ items: [], annotators: [], classes: [], itemCount: entries.length, annotatorCount: 1, classCount: K }),
    posteriors, parameters, costs: Float64Array.of(cost),
  }, 0);
  // An answer that is under way will have told part of it.
  const left = Float64Array.from(entries, (entry, i) => gains[i]! / (1 + entry.leases));
  return [...entries.keys()].sort((a, b) => left[b]! - left[a]!).map((i) => ({ ...choiceOf(entries[i]!), score: gains[i]! }));
}

function byLeases(entries: readonly RankedEntry[]): Choice[] {
  return [...entries].sort((a, b) => a.leases - b.leases).map(choiceOf);
}

function choiceOf({ item, strategy, score, votes }: RankedEntry): Choice {
  // A rule may give an item an endless priority, which no answer could carry.
  return { item, strategy, votes, score: Number.isFinite(score) ? score : null };
}
