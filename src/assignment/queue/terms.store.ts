import { Injectable } from '@nestjs/common';
import { batched } from '../../platform/database/batched.js';
import { int4Array, nullableTextArray } from '../../platform/database/binary-array.js';
import { Prepared } from '../../platform/database/prepared.js';
import type { Transaction } from '../../platform/database/transaction.js';
import type { AnnotatorStatus } from '../../annotators/annotator.entity.js';

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
  /** The id that the code has now. */
  annotatorId: string;
  status: AnnotatorStatus;
  statusReason: string | null;
  cost: number;
  capacity: number | null;
  /** Standing answers of the annotator. */
  answers: number;
  /** Of the queue of the policy that was asked for; null where there is none yet. */
  generation: number | null;
  scored: boolean;
  /** Whether open items lie behind the last of the queue. */
  hasMore: boolean;
  meanGain: number | null;
}

export interface TermsAsked {
  projectId: number;
  workspaceId: number;
  annotator: number;
  /** Another than the project's. */
  policy: string | null;
}

const READ = `
  select asked.place::int as place, project.policy, project.lease_seconds as "leaseSeconds", project.gold_rate as "goldRate", project.exploration_share as "explorationShare",
    project.allow_repeats as "allowRepeats", project.budget, project.stop_below_gain as "stopBelowGain", project.current_run_id as "runId",
    cardinality(project.classes) as "classCount", project.archived_at is not null as archived, codes.next_item_code as "itemCount",
    annotator.external_id as "annotatorId", annotator.status, annotator.status_reason as "statusReason", annotator.cost, annotator.capacity, counts.votes + counts.other_outcomes as answers,
    queue.generation, queue.scored_at is not null as scored, queue.last_item is not null as "hasMore", queue.mean_gain as "meanGain"
  from unnest($1::int4[], $2::int4[], $3::int4[], $4::text[]) with ordinality as asked(project, workspace, annotator, policy, place)
  join projects project on project.id = asked.project and project.workspace_id = asked.workspace
  join project_codes codes on codes.project_id = asked.project
  join annotators annotator on annotator.project_id = asked.project and annotator.code = asked.annotator
  join annotator_counts counts on counts.project_id = asked.project and counts.annotator_code = asked.annotator
  left join project_queues queue on queue.project_id = asked.project and queue.policy = coalesce(asked.policy, project.policy)`;

/** Votes and live leases, at what each annotator costs. */
const SPENT = `
  select coalesce(sum(annotator.cost * (counts.votes + counts.other_outcomes + (select count(*) from leases where project_id = $1 and annotator_code = annotator.code and ended_at is null))), 0)::float8 as spent
  from annotators annotator join annotator_counts counts on counts.project_id = $1 and counts.annotator_code = annotator.code
  where annotator.project_id = $1`;

@Injectable()
export class TermsStore {
  private readonly termsOf = batched<TermsAsked, AssignmentTerms | null>('read the terms', async (asked) => {
    const rows = await this.prepared.query<AssignmentTerms & { place: number }>(READ, [
      int4Array(asked.map((one) => one.projectId)), int4Array(asked.map((one) => one.workspaceId)), int4Array(asked.map((one) => one.annotator)),
      nullableTextArray(asked.map((one) => one.policy)),
    ]);
    const found = new Map(rows.map((row) => [row.place, row]));
    return asked.map((_, i) => found.get(i + 1) ?? null);
  });

  constructor(private readonly prepared: Prepared) {}

  /** @returns null for a project that is not the workspace's. */
  read(asked: TermsAsked): Promise<AssignmentTerms | null> {
    return this.termsOf(asked);
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
