import { annotatorGains, topN, type RunParameters } from '../../aggregation/index.js';
import type { Candidate } from './candidates.store.js';
import type { Choice, Choices } from '../leases/lease-giving.js';

export type RankedEntry = Pick<Candidate, 'item' | 'score' | 'strategy' | 'votes' | 'leases'>;

/** What tells how much an answer of one annotator is worth. */
export interface OwnWorth {
  /** The annotator's own matrix is the only one of `confusion`. */
  parameters: RunParameters;
  /** K probabilities for each entry of information gain, in their order. */
  posteriors: Float64Array;
  cost: number;
}

/** Whether an answer is worth more of one annotator than of another. */
export function isByAnnotator({ strategy }: Pick<RankedEntry, 'strategy'>): boolean {
  return strategy === 'information-gain';
}

/** K probabilities a label, the priors where there is none. */
export function posteriorsOf(labels: readonly (Float64Array | null | undefined)[], priors: Float64Array): Float64Array {
  const posteriors = new Float64Array(labels.length * priors.length);
  labels.forEach((label, i) => posteriors.set(label ?? priors, i * priors.length));
  return posteriors;
}

/**
 * Entries of the queue in the order in which one annotator should have them: those of information gain by what this
 * annotator's answer tells, the others as the queue has them, items that nobody holds before those that somebody does. The
 * places that each kind has in the queue stay its own: the two are mixed by rank.
 */
export class Ranking implements Choices {
  private readonly order: Int32Array;
  private readonly scores: Float64Array;

  /** @param worth null where nothing tells annotators apart */
  constructor(private readonly entries: readonly RankedEntry[], worth: OwnWorth | null) {
    const own: number[] = [];
    const others: number[] = [];
    entries.forEach((entry, place) => (worth && isByAnnotator(entry) ? own : others).push(place));
    this.scores = Float64Array.from(entries, (entry) => entry.score);
    const leases = (place: number) => entries[place]!.leases;
    const gains = worth ? annotatorGains(worth.parameters, 0, worth.posteriors, worth.cost) : null;
    own.forEach((place, i) => (this.scores[place] = gains![i]!));
    // An answer that is under way will have told part of it.
    const sortedOwn = sortedBy(own, (place) => -this.scores[place]! / (1 + leases(place))).values();
    const sortedOthers = sortedBy(others, leases).values();
    let next = 0;
    this.order = Int32Array.from(entries, (_, place) => {
      const isOwn = own[next] === place;
      if (isOwn) next++;
      return (isOwn ? sortedOwn : sortedOthers).next().value!;
    });
  }

  get length(): number {
    return this.order.length;
  }

  /** Made one by one: of a hundred few are looked at. */
  *[Symbol.iterator](): Iterator<Choice> {
    for (const place of this.order) {
      const { item, strategy, votes } = this.entries[place]!;
      const score = this.scores[place]!;
      // A rule may give an item an endless priority, which no answer could carry.
      yield { item, strategy, votes, score: Number.isFinite(score) ? score : null };
    }
  }

  first(count: number): RankedEntry[] {
    return Array.from(this.order.subarray(0, count), (place) => this.entries[place]!);
  }
}

/** Ascending; equal ones stay in their order. */
function sortedBy(places: readonly number[], keyOf: (place: number) => number): Int32Array {
  return topN(Float64Array.from(places, keyOf), places.length, 'lowest').map((i) => places[i]!);
}
