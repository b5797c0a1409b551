import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnnotatorStatuses } from '../annotators/annotator-statuses.service.js';
import { Compute } from '../compute/compute.service.js';
import { defineJob } from '../jobs/job.js';
import { Jobs } from '../jobs/jobs.service.js';
import type { Transaction } from '../platform/database/transaction.js';
import { HAPPENED } from './evaluated-project.js';
import type { Evaluation } from './reliability.task.js';

const reliabilityJob = defineJob<{ projectId: number }>('reliability', 1);

/**
 * After a run, or another pause rule: at once; after a large run, once what people wait for (labels, the next items) has had
 * the machine. As votes and gold come in: after so long, and never more than a tenth of a core for a project.
 */
const LOOK_MS = 1000;
const LOOK_FOR_VOTES_MS = 5000;
const LEAST_SECONDS = 5;
const REST = 10;
const RUN_VOTES_A_SECOND = 100_000;
/** A look that was asked for and never came is asked for again. */
const LOST_SECONDS = 60;

/** Looks at the annotators of a project whenever there is something new about them. */
@Injectable()
export class ReliabilityWork implements OnModuleInit {
  private readonly logger = new Logger('reliability');

  constructor(
    private readonly source: DataSource,
    private readonly jobs: Jobs,
    private readonly compute: Compute,
    private readonly statuses: AnnotatorStatuses,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(reliabilityJob, ({ projectId }, stop) => this.evaluate(projectId, stop));
    this.jobs.sweep('reliability after runs', LOOK_MS, (transaction) => this.request(transaction, AFTER_RUNS));
    this.jobs.sweep('reliability as votes come in', LOOK_FOR_VOTES_MS, (transaction) => this.request(transaction, AS_VOTES_COME_IN));
  }

  private async request(transaction: Transaction, due: string): Promise<void> {
    const projects: { projectId: number }[] = await transaction.query(
      `insert into reliability_states as state (project_id, requested_at) ${due} limit 100
       on conflict (project_id) do update set requested_at = excluded.requested_at returning project_id as "projectId"`,
    );
    for (const { projectId } of projects) await this.jobs.send(transaction, reliabilityJob, String(projectId), { projectId });
  }

  private async evaluate(projectId: number, stop: AbortSignal): Promise<void> {
    const found = await this.look(projectId, stop).catch((error: unknown) => {
      // A process that stops leaves the look to be asked for again.
      if (stop.aborted) return null;
      throw error;
    });
    if (!found) return;
    const { seconds, flags, pauses, ruleFault } = found;
    if (ruleFault != null) this.logger.warn({ projectId, ruleFault }, 'a pause rule can not be read');
    const paused = await this.statuses.pauseByRule(projectId, pauses);
    this.logger.debug({ projectId, seconds, flags, paused }, 'the annotators of a project were looked at');
  }

  private look(projectId: number, stop: AbortSignal): Promise<Evaluation> {
    return this.compute.run({
      module: new URL('./reliability.task.js', import.meta.url),
      input: { url: (this.source.options as { url: string }).url, projectId },
      signal: stop,
    });
  }
}

const UNASKED = `(state.requested_at is null or state.evaluated_at >= state.requested_at or state.requested_at < clock_timestamp() - interval '${LOST_SECONDS} seconds')`;

const AFTER_RUNS = `
  select project.id, clock_timestamp() from projects project left join reliability_states state on state.project_id = project.id
    left join runs run on run.project_id = project.id and run.id = project.current_run_id
  where project.archived_at is null and ${UNASKED}
    and (project.pause_rule is distinct from state.pause_rule
      or project.current_run_id is distinct from state.run_id
        and (run.finished_at is null or run.finished_at < clock_timestamp() - run.vote_count / ${RUN_VOTES_A_SECOND} * interval '1 second'))`;

const AS_VOTES_COME_IN = `
  select project.id, clock_timestamp()
  from projects project left join reliability_states state on state.project_id = project.id cross join lateral (${HAPPENED}) happened
  where project.archived_at is null and ${UNASKED}
    and (happened.changes > coalesce(state.changes, 0) or happened.gold > coalesce(state.gold_seq, 0))
    and (state.evaluated_at is null
      or state.evaluated_at < clock_timestamp() - greatest(${LEAST_SECONDS}, ${REST} * coalesce(state.seconds, 0)) * interval '1 second')`;
