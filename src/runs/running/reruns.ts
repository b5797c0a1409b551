import { Injectable, type OnModuleInit } from '@nestjs/common';
import { findMethod, methods, resolveOptions, type Cost, type MethodOptions } from '../../aggregation/index.js';
import { Jobs } from '../../jobs/jobs.service.js';
import { PredictionModels } from '../../predictions/prediction-models.service.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { changesOf } from '../../projects/vote-changes.js';
import { readsPredictions } from './run-request.js';
import { RunOrigin } from '../run.entity.js';
import { RunWork } from './run-work.js';
import { RunsStore } from '../runs.store.js';

const LOOK_MS = 1000;
/** After a failure a rule waits, lest it fail every second. */
const PAUSE_AFTER_FAILURE = '60 seconds';
/** Of a run that no method can do as it is asked. */
const NO_VERSION = 0;

/** Starts runs by the projects' rules: every n changes, or t seconds after the last run where anything changed. */
@Injectable()
export class Reruns implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly store: RunsStore,
    private readonly work: RunWork,
    private readonly predictions: PredictionModels,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep('automatic runs', LOOK_MS, (transaction) => this.startDue(transaction));
  }

  private async startDue(transaction: Transaction): Promise<void> {
    for (const project of await dueProjects(transaction)) {
      const predictionVersions = await this.versionsFor(transaction, project);
      const runId = await this.store.insert(transaction, {
        projectId: project.id, methodId: project.defaultMethod, ...resolved(project), seed: 0, watermark: null, origin: RunOrigin.RULE, makeCurrent: true,
        predictionVersions, cost: await this.costOf(transaction, project, predictionVersions),
      });
      await this.work.enqueue(transaction, { projectId: project.id, runId });
    }
  }

  /** What is too costly is not held back here: the run then fails, and says why, where the owner will look. */
  private async costOf(transaction: Transaction, project: DueProject, versions: number[] | null): Promise<Cost | null> {
    const method = methods.find(({ id }) => id === project.defaultMethod);
    const { methodVersion, options } = resolved(project);
    // Of options that do not fit no cost follows.
    if (!method || methodVersion === NO_VERSION) return null;
    return method.estimate(await this.store.sizeNow(project.id, project.classCount, versions, transaction), options);
  }

  private async versionsFor(transaction: Transaction, project: DueProject): Promise<number[] | null> {
    if (!methods.some((method) => method.id === project.defaultMethod && readsPredictions(method))) return null;
    return (await this.predictions.current(project.id, transaction)).map(({ id }) => id);
  }
}

interface DueProject {
  id: number;
  defaultMethod: string;
  defaultOptions: MethodOptions;
  classCount: number;
}

/** Options that no longer fit the method go as they are: the run then fails, and says why, where the owner will look. */
function resolved({ defaultMethod, defaultOptions }: DueProject): { methodVersion: number; options: MethodOptions } {
  try {
    const method = findMethod(defaultMethod);
    return { methodVersion: method.version, options: resolveOptions(method, defaultOptions) };
  } catch {
    return { methodVersion: NO_VERSION, options: defaultOptions };
  }
}

/** By how much has happened since the newest run that read the newest watermark. */
function dueProjects(transaction: Transaction): Promise<DueProject[]> {
  return transaction.query(
    `select project.id, project.default_method as "defaultMethod", project.default_options as "defaultOptions", cardinality(project.classes) as "classCount"
     from projects project
     cross join lateral (select ${changesOf('project.id')} as changes) happened
     left join lateral (
       select changes_at_watermark as changes, started_at from runs
       where project_id = project.id and changes_at_watermark is not null order by id desc limit 1
     ) last on true
     where project.archived_at is null and (project.rerun_every_votes is not null or project.rerun_every_seconds is not null)
       and (happened.changes - coalesce(last.changes, 0) >= project.rerun_every_votes
         or (happened.changes > coalesce(last.changes, 0)
           and (last.started_at is null or last.started_at <= clock_timestamp() - project.rerun_every_seconds * interval '1 second')
           and project.rerun_every_seconds is not null))
       and not exists (select 1 from runs where project_id = project.id and status in ('QUEUED', 'RUNNING'))
       and not exists (select 1 from runs where project_id = project.id and status = 'FAILED'
                       and finished_at > clock_timestamp() - interval '${PAUSE_AFTER_FAILURE}')
     limit 100`,
  );
}
