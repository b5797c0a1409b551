import type { Fate, FateOf, PassingReason, RefusalCode } from './fates.js';

/** What a whole import would bring, by its counts. */
export interface Survey {
  votes: number;
  /** Of votes that are no class. */
  outcomes: Record<string, number>;
  /** Votes a class. */
  classes: Map<string, number>;
  gold: number;
  predictions: number;
  items: number;
  passed: Partial<Record<PassingReason, number>>;
  refused: Partial<Record<RefusalCode, number>>;
  annotators: number;
  /** Items with votes. */
  votedItems: number;
}

/** Looks at all fates once, so that those of a second pass come in the order in which they must be sent. */
export class Order {
  readonly survey: Survey = { votes: 0, outcomes: {}, classes: new Map(), gold: 0, predictions: 0, items: 0, passed: {}, refused: {}, annotators: 0, votedItems: 0 };
  private readonly annotators = new Set<string>();
  private readonly items = new Set<string>();
  /** Of each annotator on each item the latest time that was seen. */
  private readonly latest = new Map<string, number>();
  /** Pairs that have an answer behind a later one of theirs, and all that have more than one. */
  private readonly late = new Set<string>();
  private readonly repeated = new Set<string>();

  see(fates: readonly Fate[]): void {
    const { survey } = this;
    for (const fate of fates) {
      switch (fate.fate) {
        case 'vote':
          survey.votes++;
          if (fate.class === null) survey.outcomes[fate.outcome!] = (survey.outcomes[fate.outcome!] ?? 0) + 1;
          else survey.classes.set(fate.class, (survey.classes.get(fate.class) ?? 0) + 1);
          this.annotators.add(fate.annotator);
          this.items.add(fate.item);
          survey.annotators = this.annotators.size;
          survey.votedItems = this.items.size;
          this.seePair(fate);
          break;
        case 'gold': survey.gold++; break;
        case 'prediction': survey.predictions++; break;
        case 'item': survey.items++; break;
        case 'passed': survey.passed[fate.reason] = (survey.passed[fate.reason] ?? 0) + 1; break;
        case 'refused': survey.refused[fate.code] = (survey.refused[fate.code] ?? 0) + 1; break;
      }
    }
  }

  private seePair(vote: FateOf<'vote'>): void {
    const time = vote.time ?? -Infinity;
    const key = pairOf(vote);
    const before = this.latest.get(key);
    if (before !== undefined) this.repeated.add(key);
    if (before !== undefined && vote.time !== null && time < before) this.late.add(key);
    else this.latest.set(key, Math.max(time, before ?? -Infinity));
  }

  /** Whether the annotator of a vote that was seen answered its item more than once. */
  isRepeated(vote: { item: string; annotator: string }): boolean {
    return this.repeated.has(pairOf(vote));
  }

  /**
   * The votes that were seen, in the order of the files; those of an annotator who answered an item more than once, and not in the
   * order of time, come at the end in that order: what comes last stands.
   */
  async *votes(batches: AsyncIterable<readonly Fate[]>): AsyncGenerator<FateOf<'vote'>[]> {
    const held: FateOf<'vote'>[] = [];
    for await (const batch of batches) {
      const votes = batch.filter((fate) => fate.fate === 'vote');
      const isLate = (vote: FateOf<'vote'>) => this.late.size > 0 && this.late.has(pairOf(vote));
      held.push(...votes.filter(isLate));
      const ready = votes.filter((vote) => !isLate(vote));
      if (ready.length > 0) yield ready;
    }
    // One without a time keeps its place among those of its pair that have none; those that have one come behind.
    if (held.length > 0) yield held.sort((a, b) => Number((a.time ?? 0) > (b.time ?? 0)) - Number((a.time ?? 0) < (b.time ?? 0)));
  }
}

function pairOf({ item, annotator }: { item: string; annotator: string }): string {
  return `${item}\0${annotator}`;
}
