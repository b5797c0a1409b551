import { Injectable } from '@nestjs/common';
import { Prepared, type Asked } from '../../platform/database/prepared.js';
import { CurrentRuns, type CurrentRun } from '../../live/current-run.js';
import { candidatesStore, QUEUE_START, type Candidate } from './candidates.store.js';
import type { Choices } from '../leases/lease-giving.js';
import { QueueHeads } from './queue-heads.js';
import { isByAnnotator, posteriorsOf, Ranking, type RankedEntry } from './ranking.js';
import type { AssignmentTerms } from './terms.store.js';
import { WalkHints } from './walk-hints.js';

/** The head of the queue serves calls for so few; who asks for more walks along it. */
const LARGEST_FROM_HEAD = 16;
/** Entries of the queue that a walk looks at in one step, at first and at most. */
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

  constructor(
    private readonly heads: QueueHeads,
    private readonly runs: CurrentRuns,
  ) {}

  /** In steps, each the best of a further stretch of the queue, down to its end. Whether an item can be given is seen when it is. */
  async *of(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, count: number): AsyncGenerator<Choices> {
    if (terms.answers < NEW_ANNOTATOR_ANSWERS && Math.random() < terms.explorationShare) yield* this.explore(database, projectId, annotator, terms);
    // Within a transaction its connection is the only one that may be asked; the head is read by another.
    if (count <= LARGEST_FROM_HEAD && database instanceof Prepared) yield* this.head(database, projectId, annotator, terms, count);
    yield* this.walk(database, projectId, annotator, terms, count);
  }

  /** One item at random, so that the rest of a batch is still the policy's. */
  private async *explore(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms): AsyncGenerator<Choices> {
    const drawn = Array.from({ length: EXPLORED_AT_ONCE }, () => Math.floor(Math.random() * terms.itemCount));
    const found = await candidatesStore.free(database, projectId, annotator, [...new Set(drawn)]);
    if (found.length === 0) return;
    const { item, votes } = found[Math.floor(Math.random() * found.length)]!;
    yield [{ item, votes, strategy: 'exploration', score: null }];
  }

  private async *head(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, count: number): AsyncGenerator<Choices> {
    const head = await this.heads.of(projectId, terms.generation!, terms.runId, terms.classCount);
    const choices = await this.ranked(database, projectId, annotator, terms, head.entries, (run) => head.posteriors(run.classPriors));
    // Whoever asks next is to try others first: those who try the same items at once meet each other's locks.
    for (const entry of choices.first(count)) entry.leases++;
    if (choices.length > 0) yield choices;
  }

  private async *walk(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, count: number): AsyncGenerator<Choices> {
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
      if (free.length > 0) {
        yield await this.ranked(database, projectId, annotator, terms, free, async (run) => {
          const items = free.filter(isByAnnotator).map((entry) => entry.item);
          const labels = await this.runs.labelsOf(database, { projectId, runId: run.id }, terms.classCount, items);
          return posteriorsOf(items.map((item) => labels.get(item)), run.classPriors);
        });
      }
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

  /** In the order of what an answer of this annotator is worth, where the strategy can tell. */
  private async ranked(
    database: Asked, projectId: number, annotator: number, terms: AssignmentTerms, entries: readonly RankedEntry[], posteriors: (run: CurrentRun) => Float64Array | Promise<Float64Array>,
  ): Promise<Ranking> {
    const run = terms.runId != null && entries.some(isByAnnotator) ? await this.runs.byId(database, projectId, terms.runId) : null;
    if (!run) return new Ranking(entries, null);
    const confusion = await this.runs.matricesOf(database, projectId, run, [annotator]);
    return new Ranking(entries, { parameters: { classPriors: run.classPriors, pooled: run.pooled, confusion }, posteriors: await posteriors(run), cost: terms.cost });
  }
}

function isFree(entry: Candidate, { allowRepeats }: AssignmentTerms): boolean {
  return entry.hasRoom && !entry.held && (allowRepeats || !entry.answered);
}
