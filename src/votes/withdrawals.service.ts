import { Injectable } from '@nestjs/common';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { ItemsService } from '../items/items.service.js';
import { touchItems } from '../items/touched-items.js';
import { Idempotency, type IdempotencyScope } from '../platform/database/idempotency.js';
import { requireRowCount } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { stillCoded, withCodes } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { WithdrawalStatus, type VoteReference, type WithdrawalResult } from './votes.inputs.js';
import { EndedReason, votesStore, type StoredVote } from './votes.store.js';

/** Withdrawn votes stay in the history and count no more. */
@Injectable()
export class WithdrawalsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  /**
   * Ends the votes that the references name: under KEEP_ALL, all of a pair's votes.
   * @param annotator whose votes alone there are, by external id; null for all
   */
  async withdraw(project: Project, references: readonly VoteReference[], idempotency: Pick<IdempotencyScope, 'key' | 'ownerKeyId'>, annotator: string | null) {
    requireRowCount(references, 'input.votes');
    return withCodes(project, (current) => this.withdrawCoded(current, references, idempotency, annotator));
  }

  private async withdrawCoded(project: Project, references: readonly VoteReference[], idempotency: Pick<IdempotencyScope, 'key' | 'ownerKeyId'>, annotator: string | null) {
    const codes = await this.codes(project, references);
    const ownCode = annotator == null ? null : (await this.annotators.dictionary.codes(project.id, [annotator], false, project.annotatorErasures))[0]!;
    const { answer, replayed } = await this.transactions.run(async (transaction) => {
      // Alone: references come in any order, and two withdrawals could lock each other out.
      await lockVotes(transaction, project.id, 'exclusive');
      await stillCoded(transaction, project);
      const scope = { projectId: project.id, workspaceId: project.workspaceId, ...idempotency };
      return this.idempotency.once(transaction, scope, ['withdrawVotes', references], () => this.end(transaction, project.id, references, codes, ownCode));
    });
    return { results: answer, replayed };
  }

  private async end(transaction: Transaction, projectId: number, references: readonly VoteReference[], codes: Codes, ownCode: number | null): Promise<WithdrawalResult[]> {
    const byId = await votesStore.byVoteIds(transaction, projectId, references.map((reference) => reference.voteId).filter((id) => id != null && !textFault(id)) as string[]);
    if (ownCode != null) for (const [id, vote] of byId) if (vote.annotator_code !== ownCode) byId.delete(id);
    const pairs = await votesStore.standing(transaction, projectId, codes.items, codes.annotators);
    const standing = new Map<string, StoredVote[]>();
    for (const vote of pairs) {
      const pair = `${vote.item_code}:${vote.annotator_code}`;
      standing.set(pair, [...standing.get(pair) ?? [], vote]);
    }
    const named = references.map((reference, index) => nameOf(reference, index, codes, byId, standing));
    const ended = await votesStore.end(transaction, projectId, named.flatMap((one) => ('votes' in one ? one.votes.map((vote) => vote.seq) : [])), EndedReason.WITHDRAWN);
    await touchItems(transaction, projectId, named.flatMap((one) => ('votes' in one ? one.votes.map((vote) => vote.item_code) : [])));
    const taken = new Set<number>();
    return named.map((one, index) => {
      if (!('votes' in one)) return one;
      // A vote that two rows name is withdrawn by the first of them.
      const now = one.votes.some((vote) => ended.has(vote.seq) && !taken.has(vote.seq));
      for (const vote of one.votes) taken.add(vote.seq);
      return { index, status: now ? WithdrawalStatus.WITHDRAWN : WithdrawalStatus.UNCHANGED };
    });
  }

  /** Of references by item and annotator; -1 where a row has none. */
  private async codes(project: Project, references: readonly VoteReference[]): Promise<Codes> {
    const known = (id: string | null | undefined) => (id == null || textFault(id) ? '' : id);
    const items = await this.items.dictionary.codes(project.id, references.map((reference) => known(reference.item)), false);
    const annotators = await this.annotators.dictionary.codes(project.id, references.map((reference) => known(reference.annotator)), false, project.annotatorErasures);
    return { items, annotators };
  }
}

interface Codes {
  items: Int32Array;
  annotators: Int32Array;
}

function nameOf(
  reference: VoteReference, index: number, codes: Codes, byId: Map<string, StoredVote>, standing: Map<string, StoredVote[]>,
): WithdrawalResult | { votes: StoredVote[] } {
  const rejected = (code: string, message: string): WithdrawalResult => ({ index, status: WithdrawalStatus.REJECTED, code, message });
  if (reference.voteId != null) {
    if (reference.item != null || reference.annotator != null) return rejected('AMBIGUOUS', 'name the vote by voteId, or by item and annotator; not by both');
    const vote = byId.get(reference.voteId);
    return vote ? { votes: [vote] } : rejected('UNKNOWN_VOTE', `there is no vote with the voteId ${excerpt(reference.voteId)}`);
  }
  if (reference.item == null || reference.annotator == null) return rejected('INCOMPLETE', 'name the vote by voteId, or by both item and annotator');
  if (codes.items[index]! < 0) return rejected('UNKNOWN_ITEM', `item ${excerpt(reference.item)} is not in the project`);
  if (codes.annotators[index]! < 0) return rejected('UNKNOWN_ANNOTATOR', `annotator ${excerpt(reference.annotator)} is not in the project`);
  return { votes: standing.get(`${codes.items[index]}:${codes.annotators[index]}`) ?? [] };
}
