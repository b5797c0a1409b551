import { Injectable } from '@nestjs/common';
import { Prepared } from '../platform/prepared.js';
import type { Transaction } from '../platform/transaction.js';
import type { AnnotatorStatus } from '../annotators/annotator.entity.js';

/** What decides whether and what an annotator is given: read afresh for each call. */
export interface AssignmentTerms {
  policy: string;
  leaseSeconds: number;
  goldRate: number;
  explorationShare: number;
  allowRepeats: boolean;
  budget: number | null;
  stopBelowGain: number | null;
  runId: number | null;
  classCount: number;
  archived: boolean;
  itemCount: number;
  status: AnnotatorStatus;
  statusReason: string | null;
  cost: number;
  capacity: number | null;
  /** Standing answers of the annotator. */
  answers: number;
  /** Of the queue of the policy that was asked for; null where there is none yet. */
  generation: number | null;
  scored: boolean;
  meanGain: number | null;
}

const READ = `
  select project.policy, project.lease_seconds as "leaseSeconds", project.gold_rate as "goldRate", project.exploration_share as "explorationShare",
    project.allow_repeats as "allowRepeats", project.budget, project.stop_below_gain as "stopBelowGain", project.current_run_id as "runId",
    cardinality(project.classes) as "classCount", project.archived_at is not null as archived, codes.next_item_code as "itemCount",
    annotator.status, annotator.status_reason as "statusReason", annotator.cost, annotator.capacity, counts.votes + counts.other_outcomes as answers,
    queue.generation, queue.scored_at is not null as scored, queue.mean_gain as "meanGain"
  from projects project
  join project_codes codes on codes.project_id = project.id
  join annotators annotator on annotator.project_id = project.id and annotator.code = $2
  join annotator_counts counts on counts.project_id = project.id and counts.annotator_code = $2
  left join project_queues queue on queue.project_id = project.id and queue.policy = coalesce($3, project.policy)
  where project.id = $1 and project.workspace_id = $4`;

/** Votes and live leases, at what each annotator costs. */
const SPENT = `
  select coalesce(sum(annotator.cost * (counts.votes + counts.other_outcomes + (select count(*) from leases where project_id = $1 and annotator_code = annotator.code and ended_at is null))), 0)::float8 as spent
  from annotators annotator join annotator_counts counts on counts.project_id = $1 and counts.annotator_code = annotator.code
  where annotator.project_id = $1`;

@Injectable()
export class TermsStore {
  constructor(private readonly prepared: Prepared) {}

  /** @returns null for a project that is not the workspace's. */
  async read(projectId: number, workspaceId: number, annotator: number, policy: string | null): Promise<AssignmentTerms | null> {
    const [row] = await this.prepared.query<AssignmentTerms>(READ, [projectId, annotator, policy, workspaceId]);
    return row ?? null;
  }

  /** What the standing answers and live leases of all annotators cost. Under the lock of the budget. */
  async spent(projectId: number, transaction: Transaction): Promise<number> {
    const [row]: { spent: number }[] = await transaction.query(SPENT, [projectId]);
    return row!.spent;
  }

  /** Under the lock of the annotator's capacity. */
  async answersAndLeases(projectId: number, annotator: number, transaction: Transaction): Promise<number> {
    const [row]: { count: number }[] = await transaction.query(
      `select (select votes + other_outcomes from annotator_counts where project_id = $1 and annotator_code = $2)
         + (select count(*) from leases where project_id = $1 and annotator_code = $2 and ended_at is null)::int as count`,
      [projectId, annotator],
    );
    return row!.count;
  }
}
