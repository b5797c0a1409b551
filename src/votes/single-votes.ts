import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { touchItems } from '../items/touched-items.js';
import { currentSignal } from '../platform/budget.js';
import { batchedBy } from '../platform/database/batched.js';
import { Idempotency, KeyUnderWay, type IdempotencyScope, type KeyedCall } from '../platform/database/idempotency.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { AssayError, notFound } from '../platform/errors.js';
import { jointVotes, votePhaseSeconds, votesReceived } from '../platform/metrics.js';
import { sqlState } from '../platform/outage.js';
import { inPlace } from '../platform/place.js';
import type { Principal } from '../platform/principal.js';
import { CodesChanged, ProjectAccess, stillCoded } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { requireOwnVotes } from './own-votes.js';
import { AnswerSheet, countAnswers, VoteStatus, type PendingVote, type VoteAnswers } from './vote-batch.js';
import { VoteListeners } from './vote-listeners.js';
import { VoteRowCheck, type VoteRow } from './vote-row.js';
import { votesStore } from './votes.store.js';
import { type Submitted, VotesService } from './votes.service.js';

type Key = Pick<IdempotencyScope, 'key' | 'ownerKeyId'>;

/** A call with one vote. */
interface SingleVote {
  caller: Principal;
  projectId: number;
  /** As the caller names the project. */
  id: string;
  row: VoteRow;
  key: Key;
  /** Comes when its caller has gone. */
  signal: AbortSignal | undefined;
}

/** A vote that is checked, or refused, on its way through the transaction of several. */
interface Entry extends KeyedCall {
  call: SingleVote;
  sheet: AnswerSheet;
  /** Null where the row is refused. */
  vote: PendingVote | null;
}

/** Cannot be answered together with others. */
const ALONE = null;

/** Errors of a statement that one vote among many may be to blame for: data, constraints, conflicts and locks. The transaction was rolled back. */
const OF_ONE = /^(22|23|40|55P03)/;

/**
 * Votes that come one a call, as labelling screens send them: those of a moment are one transaction for each project, a dozen
 * statements for all of them instead of for each. Each has its own answer, and its idempotency key the same meaning as ever. What
 * takes more than an insert, a vote that meets another or a key that is in use, is written by itself afterwards.
 */
@Injectable()
export class SingleVotes {
  private readonly together = batchedBy<SingleVote, Submitted | typeof ALONE>('single votes', ({ projectId }) => projectId, (calls) => {
    const [{ caller: { workspaceId } }] = calls as [SingleVote];
    return inPlace({ lane: 'votes', workspaceId }, () => this.submitTogether(calls));
  });

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly access: ProjectAccess,
    private readonly idempotency: Idempotency,
    private readonly listeners: VoteListeners,
    private readonly votes: VotesService,
  ) {}

  /** @throws NOT_FOUND; CONFLICT for an archived project, or a key that came with another request; FORBIDDEN where the caller may not give this vote */
  async submit(caller: Principal, id: string, row: VoteRow, key: Key): Promise<Submitted> {
    const call = { caller, projectId: this.access.numberOf(caller, id), id, row, key, signal: currentSignal() };
    requireOwnVotes(caller, [row]);
    return await this.together(call) ?? this.votes.submit(await this.access.findOpen(caller, id), [row], { idempotency: key });
  }

  /** @returns for each call its answer, why it is refused, or ALONE */
  private async submitTogether(calls: readonly SingleVote[]): Promise<(Submitted | Error | typeof ALONE)[]> {
    const answers: (Submitted | Error | typeof ALONE)[] = calls.map(() => ALONE);
    const project = await this.source.getRepository(Project).findOneBy({ id: calls[0]!.projectId });
    const seen: number[] = [];
    calls.forEach((call, place) => {
      if (call.signal?.aborted) answers[place] = call.signal.reason as Error;
      else if (project?.workspaceId === call.caller.workspaceId) seen.push(place);
      else answers[place] = notFound('project', call.id);
    });
    if (!project || seen.length === 0) return answers;
    const entries = await this.entries(project, firstOfEachKey(seen.map((place) => ({ place, call: calls[place]! }))));
    try {
      for (const [place, answer] of await this.write(project, entries)) answers[place] = answer;
    } catch (error) {
      if (error instanceof AssayError) for (const place of seen) answers[place] = error;
      else if (!(error instanceof KeyUnderWay) && !(error instanceof CodesChanged) && !OF_ONE.test(sqlState(error) ?? '')) throw error;
    }
    return answers;
  }

  /** Of several votes for one item by one annotator the first; by place. */
  private async entries(project: Project, calls: readonly { place: number; call: SingleVote }[]): Promise<Map<number, Entry>> {
    const { rejects, pending } = await this.votes.prepare(project, calls.map(({ call }) => call.row));
    const entries = new Map<number, Entry>();
    const add = (index: number, vote: PendingVote | null) => {
      const { place, call } = calls[index]!;
      const scope = { projectId: project.id, workspaceId: project.workspaceId, ...call.key };
      const sheet = new AnswerSheet(1);
      const fault = rejects.get(index);
      if (fault) sheet.reject(0, fault.code, fault.message);
      entries.set(place, { call, sheet, vote, scope, request: ['submitVotes', [call.row]] });
    };
    for (const index of rejects.keys()) add(index, null);
    pending.forEach((vote, i) => {
      const before = pending[i - 1];
      if (before?.item !== vote.item || before.annotator !== vote.annotator) add(vote.index, vote);
    });
    return entries;
  }

  private async write(project: Project, all: ReadonlyMap<number, Entry>): Promise<Map<number, Submitted | Error>> {
    let end = votePhaseSeconds.startTimer();
    const outcome = await this.transactions.run(async (transaction) => {
      await lockVotes(transaction, project.id, 'shared');
      // Rules may have changed since the look-up; under the lock they hold until the commit.
      const current = await stillCoded(transaction, project);
      const known = await this.idempotency.known<VoteAnswers>(transaction, [...all.values()]);
      const replays = new Map<number, Submitted | Error>();
      const fresh = new Map<number, Entry>();
      [...all].forEach(([place, entry], i) => {
        const answer = known[i];
        if (answer) replays.set(place, answer instanceof Error ? answer : { answers: answer, nearMisses: nearMissesOf(project, entry), replayed: true });
        else fresh.set(place, entry);
      });
      const written = await this.writeNew(transaction, current, fresh);
      end({ phase: 'write' });
      end = votePhaseSeconds.startTimer();
      return { replays, written };
    });
    end({ phase: 'commit' });
    jointVotes.observe(all.size);
    const answers = outcome.replays;
    for (const [place, { entry, answer }] of outcome.written) {
      for (const [status, count] of Object.entries(countAnswers(answer))) votesReceived.inc({ status }, count);
      answers.set(place, { answers: answer, nearMisses: nearMissesOf(project, entry), replayed: false });
    }
    return answers;
  }

  /** All but those that meet another vote: nothing of these is written. */
  private async writeNew(transaction: Transaction, project: Project, fresh: ReadonlyMap<number, Entry>): Promise<Map<number, { entry: Entry; answer: VoteAnswers }>> {
    const pending = [...fresh.values()].flatMap(({ vote }) => vote ?? []);
    const met = pending.length > 0 ? await votesStore.insertUnlessMet(transaction, project.id, pending) : new Set<PendingVote>();
    const taken = pending.filter((vote) => !met.has(vote));
    await touchItems(transaction, project.id, taken.map((vote) => vote.item));
    await this.listeners.tell(transaction, project, taken);
    const written = new Map<number, { entry: Entry; answer: VoteAnswers }>();
    for (const [place, entry] of fresh) {
      if (entry.vote && met.has(entry.vote)) continue;
      if (entry.vote) entry.sheet.set(0, VoteStatus.CREATED);
      written.set(place, { entry, answer: entry.sheet.finish() });
    }
    await this.idempotency.keep(transaction, [...written.values()].map(({ entry, answer }) => ({ ...entry, answer })));
    return written;
  }
}

/** The later calls with a key find what became of the first. */
function firstOfEachKey(calls: readonly { place: number; call: SingleVote }[]): { place: number; call: SingleVote }[] {
  const keys = new Set<string>();
  return calls.filter(({ call: { key: { key, ownerKeyId } } }) => {
    if (key == null) return true;
    const name = `${ownerKeyId ?? ''} ${key}`;
    return !keys.has(name) && keys.add(name);
  });
}

function nearMissesOf({ classes }: Project, { call: { row }, vote }: Entry) {
  if (vote) return [];
  const check = new VoteRowCheck(classes);
  check.fault(row, 0);
  return check.nearMisses();
}
