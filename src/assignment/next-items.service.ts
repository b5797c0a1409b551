import { Injectable } from '@nestjs/common';
import { AnnotatorStatus } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { GoldService } from '../gold/gold.service.js';
import { invalid, limitExceeded } from '../platform/errors.js';
import { Prepared, type Asked } from '../platform/database/prepared.js';
import type { Principal } from '../platform/principal.js';
import { ROWS_PER_CALL } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { ProjectAccess } from '../projects/project-access.js';
import { requirePolicy } from '../projects/projects.service.js';
import { lockBudget, lockCapacity } from './leases/assignment-locks.js';
import { ChoicesService } from './queue/choices.service.js';
import { EmptyReason, explainEmpty, shortOf, type EmptyAnswer } from './empty-answer.js';
import { drawGoldCount, withGold } from './leases/gold-checks.js';
import type { Lease } from './leases/lease.entity.js';
import type { Choice, LeaseTerms } from './leases/lease-giving.js';
import { LeasesStore } from './leases/leases.store.js';
import { Queues } from './scoring/queues.service.js';
import { TermsStore, type AssignmentTerms } from './queue/terms.store.js';

export interface NextItemsRequest {
  /** Global id. */
  projectId: string;
  annotator: string;
  count: number;
  /** Another than the project's, for comparisons. */
  policy?: string | null;
  leaseSeconds?: number | null;
}

export interface NextItems {
  leases: Lease[];
  /** Why there are fewer than were asked for; null where there are as many. */
  empty: EmptyAnswer | null;
}

interface Asking {
  projectId: number;
  annotator: number;
  terms: AssignmentTerms;
  seconds: number;
  /** Gold items that this annotator has not seen, as many as the project's rate made of this call. */
  checks: readonly number[];
}

/** What this annotator should label next. */
@Injectable()
export class NextItemsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: ProjectAccess,
    private readonly annotators: AnnotatorsService,
    private readonly gold: GoldService,
    private readonly terms: TermsStore,
    private readonly queues: Queues,
    private readonly choices: ChoicesService,
    private readonly leases: LeasesStore,
    private readonly prepared: Prepared,
  ) {}

  /** @throws NOT_FOUND for a project that the caller may not see; INVALID_INPUT for a policy, count or annotator that cannot be; CONFLICT for an archived project. */
  async next(caller: Principal, request: NextItemsRequest): Promise<NextItems> {
    requireRequest(request);
    const projectId = this.access.numberOf(caller, request.projectId);
    const annotator = await this.annotatorCode(caller, projectId, request);
    const policy = request.policy ?? null;
    const read = async () => await this.terms.read({ projectId, workspaceId: caller.workspaceId, annotator, policy }) ?? this.access.refuse(request.projectId);
    const terms = await this.queues.scored(projectId, read, policy);
    if (terms.annotatorId !== request.annotator) {
      // They were erased since their code was looked up; the id is somebody's anew.
      this.annotators.dictionary.forget(projectId);
      return this.next(caller, request);
    }
    if (terms.archived) await this.access.findOpen(caller, request.projectId);
    const refused = refusal(terms);
    if (refused) return { leases: [], empty: refused };
    const checks = await this.goldFor(projectId, annotator, drawGoldCount(request.count, terms.goldRate));
    const asked: Asking = { projectId, annotator, terms, seconds: request.leaseSeconds ?? terms.leaseSeconds, checks };
    // Both bound the sum of what is given: calls that could pass it together take turns.
    if (terms.capacity == null && terms.budget == null) return this.give(this.prepared, asked, request.count);
    return this.transactions.run(async (transaction) => {
      if (terms.budget != null) await lockBudget(transaction, projectId);
      if (terms.capacity != null) await lockCapacity(transaction, projectId, annotator);
      const { room, reason } = await this.roomWithin(transaction, projectId, annotator, terms);
      if (room < 1) return { leases: [], empty: shortOf(reason!, terms) };
      const found = await this.give(Prepared.within(transaction), asked, Math.min(room, request.count));
      return found.empty || room >= request.count ? found : { ...found, empty: shortOf(reason!, terms) };
    });
  }

  private async give(database: Asked, { projectId, annotator, terms, seconds, checks }: Asking, count: number): Promise<NextItems> {
    const lease: LeaseTerms = { projectId, annotator, seconds };
    const golds = checks.slice(0, count);
    const wanted = count - golds.length;
    const regular: Lease[] = [];
    /** Choices that were looked at and not given: gold checks take the figures of one. */
    let spare: Choice[] = [];
    for await (const choices of this.choices.of(database, projectId, annotator, terms, count)) {
      if (wanted > regular.length) regular.push(...await this.leases.give(database, lease, choices, wanted - regular.length));
      if (golds.length > 0) {
        const given = new Set(regular.map((one) => one.itemCode));
        spare = [...choices].filter((choice) => !given.has(choice.item));
      }
      if (regular.length >= wanted) break;
    }
    const leases = mixed(regular, await this.leases.giveGold(database, lease, withGold(golds, regular, spare)));
    if (leases.length >= count) return { leases, empty: null };
    if (terms.hasMore) await this.queues.lengthen(database, projectId, terms.generation!);
    return { leases, empty: await explainEmpty(database, projectId, annotator, terms) };
  }

  private goldFor(projectId: number, annotator: number, count: number): Promise<number[]> {
    return count > 0 ? this.gold.candidates(projectId, annotator, count) : Promise.resolve([]);
  }

  /** How many more items the budget and the annotator's capacity allow, and which of them is short. */
  private async roomWithin(transaction: Transaction, projectId: number, annotator: number, terms: AssignmentTerms): Promise<{ room: number; reason: EmptyReason | null }> {
    const byBudget = terms.budget == null ? Infinity : Math.floor((terms.budget - await this.terms.spent(projectId, transaction)) / terms.cost + 1e-9);
    const byCapacity = terms.capacity == null ? Infinity : terms.capacity - await this.terms.answersAndLeases(projectId, annotator, transaction);
    return byBudget < byCapacity ? { room: byBudget, reason: EmptyReason.BUDGET_SPENT } : { room: byCapacity, reason: EmptyReason.CAPACITY_REACHED };
  }

  /** Known annotators are in this process's memory; only for a new one is the project looked at first, whether it makes them. */
  private async annotatorCode(caller: Principal, projectId: number, request: NextItemsRequest): Promise<number> {
    const fault = textFault(request.annotator);
    if (fault) throw invalid(`annotator ${excerpt(request.annotator)}: ${fault}`, 'input.annotator');
    const [known] = await this.annotators.dictionary.codes(projectId, [request.annotator], false);
    if (known! >= 0) return known!;
    const project = await this.access.findOpen(caller, request.projectId);
    const [made] = await this.annotators.dictionary.codes(project.id, [request.annotator], project.createUnknownAnnotators);
    if (made! < 0) throw invalid(`annotator ${excerpt(request.annotator)} is not in the project, which makes no annotators of itself; add them first`, 'input.annotator');
    return made!;
  }
}

function requireRequest({ count, policy, leaseSeconds }: NextItemsRequest): void {
  if (count < 1) throw invalid(`input.count is ${count}; ask for 1 to ${ROWS_PER_CALL} items`, 'input.count');
  if (count > ROWS_PER_CALL) throw limitExceeded(`input.count is ${count}; ask for 1 to ${ROWS_PER_CALL} items`, 'input.count');
  if (policy != null) requirePolicy(policy, 'input.policy');
  if (leaseSeconds != null && (leaseSeconds < 1 || leaseSeconds > 604_800)) throw invalid(`input.leaseSeconds is ${leaseSeconds}; a lease lasts 1 second to 7 days (604800)`, 'input.leaseSeconds');
}

function refusal({ status, statusReason, stopBelowGain, meanGain }: AssignmentTerms): EmptyAnswer | null {
  const why = statusReason ? `: ${statusReason}` : '';
  if (status === AnnotatorStatus.PAUSED) return { reason: EmptyReason.ANNOTATOR_PAUSED, message: `the annotator is paused${why}`, retryAfterSeconds: null };
  if (status === AnnotatorStatus.BLOCKED) return { reason: EmptyReason.ANNOTATOR_BLOCKED, message: `the annotator is blocked${why}`, retryAfterSeconds: null };
  if (stopBelowGain != null && meanGain != null && meanGain < stopBelowGain) {
    return {
      reason: EmptyReason.STOP_RULE, retryAfterSeconds: null,
      message: `another vote is expected to tell ${meanGain.toPrecision(3)} nats on average, less than stopBelowGain, ${stopBelowGain}`,
    };
  }
  return null;
}

/** Gold checks at random places among the others. */
function mixed(regular: Lease[], gold: Lease[]): Lease[] {
  const leases = [...regular];
  for (const check of gold) leases.splice(Math.floor(Math.random() * (leases.length + 1)), 0, check);
  return leases;
}
