import { judgeRepeat, sameAnswer, type Answer } from '../aggregation/index.js';
import { excerpt } from '../platform/text.js';
import type { Transaction } from '../platform/database/transaction.js';
import { RepeatPolicy } from '../projects/project.entity.js';
import { VoteStatus, type AnswerSheet, type PendingVote } from './vote-batch.js';
import { EndedReason, votesStore, type StoredVote } from './votes.store.js';

/** How often one batch may give different answers for one annotator and item. */
const REPEATS_PER_BATCH = 8;

/**
 * Some of a batch's votes meet others of the same pair or vote id. What becomes of them takes several statements, and two
 * writers that do so at once lock each other out: so the batch is rolled back, and written again by its project's only writer.
 */
export class MeetsOtherVotes extends Error {}

/** Writes one checked batch by the project's repeat policy, within the caller's transaction, and fills in each row's answer. */
export class VoteWriter {
  /** Rows that repeat the one before them word for word: they need no round of their own. */
  private readonly echoes: [vote: PendingVote, before: PendingVote][] = [];

  constructor(
    private readonly transaction: Transaction,
    private readonly projectId: number,
    private readonly policy: RepeatPolicy,
    private readonly classes: readonly string[],
    private readonly sheet: AnswerSheet,
    /** Whether the transaction holds the project's vote lock exclusively. */
    private readonly isAlone: boolean,
  ) {}

  /** @param votes sorted by item, annotator and place in the batch: writers that meet take their locks in one order. @throws MeetsOtherVotes unless alone. */
  async write(votes: readonly PendingVote[]): Promise<void> {
    const rounds = this.rounds(votes);
    if (this.isAlone) for (const round of rounds) await this.writeRound(round);
    else await this.writeNew(rounds);
    for (const [vote, before] of this.echoes) {
      const refused = this.sheet.rejection(before.index);
      if (refused) this.sheet.reject(vote.index, refused.code, refused.message);
      else this.sheet.set(vote.index, VoteStatus.DUPLICATE, { code: 'SAME_ANSWER', message: `row ${before.index} is the same vote` });
    }
  }

  /** Repeats within the batch go one after the other, so that each meets the one before it as any later vote would. */
  private rounds(votes: readonly PendingVote[]): PendingVote[][] {
    const rounds: PendingVote[][] = [];
    let place = 0;
    for (let i = 0; i < votes.length; i++) {
      const vote = votes[i]!;
      const before = votes[i - 1];
      const repeats = before?.item === vote.item && before.annotator === vote.annotator;
      if (!repeats) place = 0;
      else if (this.policy === RepeatPolicy.KEEP_ALL) vote.repeatIndex = before.repeatIndex + 1;
      else if (sameAnswer(before, vote) && before.row.time?.getTime() === vote.row.time?.getTime() && vote.row.voteId == null) {
        this.echoes.push([vote, before]);
        continue;
      } else if (++place === REPEATS_PER_BATCH) {
        this.sheet.reject(vote.index, 'TOO_MANY_REPEATS', `annotator ${excerpt(vote.row.annotator)} answers item ${excerpt(vote.row.item)} more than ${REPEATS_PER_BATCH} times in this call; send the rest in another`);
        place--;
        continue;
      }
      (rounds[place] ??= []).push(vote);
    }
    return rounds;
  }

  /** The common case: all votes are new, and no annotator answers an item twice. */
  private async writeNew(rounds: PendingVote[][]): Promise<void> {
    const [votes, ...repeats] = rounds;
    if (!votes) return;
    if (repeats.length > 0 || !await votesStore.insertNew(this.transaction, this.projectId, votes)) throw new MeetsOtherVotes();
    for (const vote of votes) this.sheet.set(vote.index, VoteStatus.CREATED);
  }

  private async writeRound(round: PendingVote[]): Promise<void> {
    const superseding = new Set<number>();
    for (let left = round; left.length > 0;) {
      const met = await votesStore.insertUnlessMet(this.transaction, this.projectId, left);
      for (const vote of left) {
        if (!met.has(vote)) this.sheet.set(vote.index, superseding.has(vote.index) ? VoteStatus.SUPERSEDED : VoteStatus.CREATED);
      }
      // Each vote comes here twice at most: its place is free by then.
      left = met.size > 0 ? await this.settle([...met], superseding) : [];
    }
  }

  /** Decides about votes that met others. @returns those that are to be inserted again, now that their place is free. */
  private async settle(met: PendingVote[], superseding: Set<number>): Promise<PendingVote[]> {
    const ids = met.map((vote) => vote.row.voteId).filter((id) => id != null);
    const sameId = await votesStore.byVoteIds(this.transaction, this.projectId, ids);
    const open = met.filter((vote) => !this.answeredById(vote, sameId.get(vote.row.voteId ?? '')));
    if (open.length === 0) return [];
    const stored = await votesStore.standing(this.transaction, this.projectId, open.map((vote) => vote.item), open.map((vote) => vote.annotator));
    return this.policy === RepeatPolicy.KEEP_ALL ? renumber(open, stored) : this.judge(open, stored, superseding);
  }

  private answeredById(vote: PendingVote, stored: StoredVote | undefined): boolean {
    if (!stored) return false;
    const same = stored.item_code === vote.item && stored.annotator_code === vote.annotator
      && stored.class_index === vote.classIndex && stored.outcome === vote.outcome;
    if (same) this.sheet.set(vote.index, VoteStatus.DUPLICATE, { code: 'SAME_VOTE_ID', message: `the vote ${excerpt(vote.row.voteId)} is in the log already` });
    else this.rejectTakenId(vote);
    return true;
  }

  private rejectTakenId(vote: PendingVote): void {
    this.sheet.reject(vote.index, 'VOTE_ID_TAKEN', `voteId ${excerpt(vote.row.voteId)} belongs to another vote; give each vote an id of its own`);
  }

  private async judge(open: PendingVote[], stored: StoredVote[], superseding: Set<number>): Promise<PendingVote[]> {
    const standing = new Map(stored.map((vote) => [pairOf(vote.item_code, vote.annotator_code), vote]));
    const again: PendingVote[] = [];
    const ended: number[] = [];
    const kept: PendingVote[] = [];
    for (const vote of open) {
      const old = standing.get(pairOf(vote.item, vote.annotator));
      if (!old) throw new Error(`vote ${vote.index} met a vote that is not there`);
      switch (judgeRepeat(this.policy as Exclude<RepeatPolicy, RepeatPolicy.KEEP_ALL>, storedAnswer(old), pendingAnswer(vote))) {
        case 'DUPLICATE':
          this.sheet.set(vote.index, VoteStatus.DUPLICATE, { code: 'SAME_ANSWER', message: 'this annotator gave the item the same answer before' });
          break;
        case 'SUPERSEDE':
          ended.push(old.seq);
          superseding.add(vote.index);
          again.push(vote);
          break;
        case 'KEEP_LATER':
        case 'KEEP_FIRST':
          if (vote.row.voteId != null && kept.some((other) => other.row.voteId === vote.row.voteId)) {
            this.rejectTakenId(vote);
            break;
          }
          kept.push(vote);
          this.sheet.set(vote.index, VoteStatus.DUPLICATE, this.policy === RepeatPolicy.KEEP_LAST
            ? { code: 'LATER_KEPT', message: `the annotator's later answer ${this.shown(old)}, of ${old.voted_at!.toISOString()}, stands; this one is in the history` }
            : { code: 'FIRST_KEPT', message: `the annotator's first answer ${this.shown(old)} stands; this one is in the history` });
          break;
        case 'REJECT':
          this.sheet.reject(vote.index, 'ALREADY_VOTED', `annotator ${excerpt(vote.row.annotator)} answered item ${excerpt(vote.row.item)} with ${this.shown(old)}; withdraw that vote first`);
      }
    }
    if (ended.length > 0) await votesStore.end(this.transaction, this.projectId, ended, EndedReason.SUPERSEDED);
    if (kept.length > 0) await votesStore.insertEnded(this.transaction, this.projectId, kept);
    return again;
  }

  private shown(vote: StoredVote): string {
    return vote.class_index >= 0 ? excerpt(this.classes[vote.class_index]) : ['', 'SKIP', 'UNSURE', 'CANNOT_LABEL'][vote.outcome]!;
  }
}

function storedAnswer({ class_index: classIndex, outcome, voted_at }: StoredVote): Answer {
  return { classIndex, outcome, time: voted_at && voted_at.getTime() };
}

function pendingAnswer({ classIndex, outcome, row }: PendingVote): Answer {
  return { classIndex, outcome, time: row.time ? row.time.getTime() : null };
}

/** Under KEEP_ALL a vote that meets another takes the pair's next free place. */
function renumber(open: PendingVote[], stored: StoredVote[]): PendingVote[] {
  const next = new Map<string, number>();
  for (const vote of stored) next.set(pairOf(vote.item_code, vote.annotator_code), vote.repeat_index + 1);
  for (const vote of open) {
    const pair = pairOf(vote.item, vote.annotator);
    vote.repeatIndex = next.get(pair) ?? 0;
    next.set(pair, vote.repeatIndex + 1);
  }
  return open;
}

function pairOf(item: number, annotator: number): string {
  return `${item}:${annotator}`;
}
