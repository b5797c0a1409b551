import { Injectable } from '@nestjs/common';
import { scoreItemsFor, VoteTable } from '../aggregation/index.js';
import type { Asked } from '../platform/prepared.js';
import { CurrentRuns } from '../live/current-run.js';
import { candidatesStore, QUEUE_START, type Candidate } from './candidates.store.js';
import type { Choice } from './leases.store.js';
import type { AssignmentTerms } from './terms.store.js';
import { WalkHints } from './walk-hints.js';

/** Entries of the queue looked at in one step: enough to find this annotator's best among the best of the average annotator. */
const WINDOW = 32;
const LARGEST_WINDOW = 20_000;
/** A walk over more entries than this, none of them free, is not made again at once. */
const LONG_WALK = 2000;
/** An annotator with fewer answers is new. */
const NEW_ANNOTATOR_ANSWERS = 20;
const EXPLORED_AT_ONCE = 64;

/** The items that an annotator may be given, the best first. */
@Injectable()
export class ChoicesService {
  private readonly hints = new WalkHints();

  constructor(private readonly runs: CurrentRuns) {}

  /** In steps, each the best of a further stretch of the queue, down to its end. */
  async *of(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, count: number): AsyncGenerator<Choice[]> {
    const generation = terms.generation!;
    if (terms.answers < NEW_ANNOTATOR_ANSWERS && Math.random() < terms.explorationShare) {
      const drawn = Array.from({ length: EXPLORED_AT_ONCE }, () => Math.floor(Math.random() * terms.itemCount));
      const found = shuffled((await candidatesStore.pick(database, projectId, annotator, generation, [...new Set(drawn)])).filter((entry) => isFree(entry, terms)));
      // One of a batch, so that the others are still the policy's.
      if (found.length > 0) yield found.slice(0, 1).map((entry) => ({ ...choiceOf(entry), strategy: 'exploration', score: null }));
    }
    yield* this.walk(database, projectId, annotator, terms, count);
  }

  private async *walk(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, count: number): AsyncGenerator<Choice[]> {
    const generation = terms.generation!;
    let hint = this.hints.of(projectId, annotator, generation);
    let place = QUEUE_START;
    let head = place;
    let passed = 0;
    let found = false;
    for (let step = 0; ; step++) {
      const limit = Math.min(LARGEST_WINDOW, Math.max(WINDOW, 2 * count) * 4 ** Math.min(step, 5));
      const entries = await candidatesStore.walk(database, projectId, annotator, generation, place, limit);
      const free = entries.filter((entry) => isFree(entry, terms));
      if (free.length > 0) yield await this.ranked(database, projectId, annotator, terms, free);
      found ||= free.length > 0;
      passed = free.length > 0 ? 0 : passed + entries.length;
      if (entries.length === limit) {
        place = { priority: entries.at(-1)!.priority, item: entries.at(-1)!.item };
        if (step === 0) head = place;
        // The head is looked at each time; what lies behind it and was found to be answered is passed by for a while.
        if (step === 0 && hint && !found) place = hint;
        else if (passed > LONG_WALK) this.hints.remember(projectId, annotator, generation, place);
      } else if (hint && !found) {
        // Nothing behind the hint: something may have come back before it.
        hint = null;
        place = head;
      } else return;
    }
  }

  /** By what an answer of this annotator is worth where the strategy can tell; else as the queue has them, those that nobody holds before the others. */
  private async ranked(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, entries: Candidate[]): Promise<Choice[]> {
    const own = entries.filter((entry) => entry.strategy === 'information-gain');
    const gains = own.length > 0 && terms.runId != null ? await this.gainsOf(database, projectId, annotator, terms, own) : null;
    const sortedOwn = gains ? byWorth(own, gains) : byLeases(own).map(choiceOf);
    const sortedOthers = byLeases(entries.filter((entry) => entry.strategy !== 'information-gain')).map(choiceOf);
    // The places that each kind has in the queue stay its own: the two are mixed by rank.
    let nextOwn = 0;
    let nextOther = 0;
    return entries.map((entry) => (entry.strategy === 'information-gain' ? sortedOwn[nextOwn++]! : sortedOthers[nextOther++]!));
  }

  private async gainsOf(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, entries: readonly Candidate[]): Promise<Float64Array | null> {
    const run = await this.runs.byId(database, projectId, terms.runId!);
    if (!run) return null;
    const K = terms.classCount;
    const labels = await candidatesStore.labels(database, projectId, run.id, entries.map((entry) => entry.item));
    const posteriors = new Float64Array(entries.length * K);
    entries.forEach((entry, i) => posteriors.set(labels.get(entry.item) ?? run.classPriors, i * K));
    const confusion = await this.runs.matricesOf(database, projectId, run, [annotator]);
    return scoreItemsFor('information-gain', {
      votes: new VoteTable({ items: [], annotators: [], classes: [], itemCount: entries.length, annotatorCount: 1, classCount: K }),
      posteriors, parameters: { classPriors: run.classPriors, pooled: run.pooled, confusion }, costs: Float64Array.of(terms.cost),
    }, 0);
  }
}

function isFree(entry: Candidate, { allowRepeats }: AssignmentTerms): boolean {
  return entry.hasRoom && !entry.held && (allowRepeats || !entry.answered);
}

function choiceOf({ item, answers, strategy, score }: Candidate): Choice {
  // A rule may give an item an endless priority, which no answer could carry.
  return { item, answers, strategy, score: Number.isFinite(score) ? score : null };
}

/** An answer that is under way will have told part of it. */
function byWorth(entries: readonly Candidate[], gains: Float64Array): Choice[] {
  const worth = (i: number) => gains[i]! / (1 + entries[i]!.leases);
  return [...entries.keys()].sort((a, b) => worth(b) - worth(a)).map((i) => ({ ...choiceOf(entries[i]!), score: gains[i]! }));
}

function byLeases(entries: readonly Candidate[]): Candidate[] {
  return [...entries].sort((a, b) => a.leases - b.leases);
}

function shuffled<T>(values: T[]): T[] {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [values[last], values[other]] = [values[other]!, values[last]!];
  }
  return values;
}
