import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { adviceVersion, planAdvice } from '../../aggregation/index.js';
import { Compute } from '../../compute/compute.service.js';
import { refusing } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { Classes } from '../classes.js';
import type { Run } from '../run.entity.js';
import type { MethodAdvice } from './method-advice.js';
import type { Advised, AdviceTask } from './method-advice.task.js';
import { STANDING_GOLD } from './standing-gold.js';
import { requireSize, WorkedOutOnce } from './worked-out-once.js';

/** Of all runs of one advice by estimate, some half a minute, and the memory of any of them. */
const BOUNDS = { operations: 1e10, bytes: 512e6 };
/** Rows that are kept of a run: gold answers and lists of methods may be others each time. */
const MOST_KEPT = 20;

interface Key {
  run: Run;
  /** See STANDING_GOLD. */
  gold: string;
  /** Ids of methods; empty for the usual ones. */
  methods: string;
}

/**
 * Worked out when somebody asks first, then kept, as certificates are: votes are those that the run read, so that the answer is
 * another only once gold answers are others. Which these are is part of its key.
 */
@Injectable()
export class MethodAdvices {
  constructor(
    private readonly source: DataSource,
    private readonly compute: Compute,
    private readonly classes: Classes,
    private readonly once: WorkedOutOnce,
  ) {}

  /**
   * Null for a run that read no vote.
   * @param methods to compare; the usual ones where null
   * @throws INVALID_INPUT for methods that are unknown, named twice, or cannot be compared; LIMIT_EXCEEDED where the votes are too many.
   */
  async find(context: RequestContext, run: Run, methods: string[] | null): Promise<MethodAdvice | null> {
    if (!run.voteCount) return null;
    const classCount = (await this.classes.of(context, run.projectId)).length;
    requireSize(run, classCount, 'an advice', 'assay advise VOTES');
    const size = { items: run.itemCount!, annotators: run.annotatorCount!, classes: classCount, votes: run.voteCount, models: 0 };
    refusing('methods', () => planAdvice(size, { bounds: BOUNDS, ...(methods && { methods }) }));
    const [{ gold }] = await this.source.query<[{ gold: string }]>(STANDING_GOLD, [run.projectId, run.itemCount]);
    const key = { run, gold, methods: methods?.join(',') ?? '' };
    return await this.read(key) ?? this.once.share(`advice ${run.projectId}:${run.id}:${gold}:${key.methods}`, 'advices', (signal) => this.workOut(key, methods, classCount, signal));
  }

  private async workOut(key: Key, methods: string[] | null, classCount: number, signal: AbortSignal): Promise<MethodAdvice> {
    // Another process may have been first while this one waited.
    const kept = await this.read(key);
    if (kept) return kept;
    const { projectId, watermark, itemCount, annotatorCount } = key.run;
    const input: AdviceTask = {
      url: (this.source.options as { url: string }).url, projectId, watermark: watermark!, itemCount: itemCount!, annotatorCount: annotatorCount!, classCount, methods, bounds: BOUNDS,
    };
    const { gold, advice } = await this.compute.run<AdviceTask, never, Advised>({ module: new URL('./method-advice.task.js', import.meta.url), input, signal });
    // Gold that came meanwhile is in it.
    return this.keep({ ...key, gold }, advice);
  }

  private async keep(key: Key, advice: MethodAdvice): Promise<MethodAdvice> {
    const { run: { projectId, id }, gold, methods } = key;
    await this.source.query(
      `insert into run_advices (project_id, run_id, version, gold, methods, advice)
       select $1, $2, $3, $4, $5, $6 from projects where id = $1 on conflict do nothing`,
      [projectId, id, adviceVersion, gold, methods, JSON.stringify(advice)],
    );
    await this.source.query(
      `delete from run_advices where project_id = $1 and run_id = $2 and made_at < (
         select made_at from run_advices where project_id = $1 and run_id = $2 order by made_at desc offset $3 limit 1)`,
      [projectId, id, MOST_KEPT - 1],
    );
    return await this.read(key) ?? advice;
  }

  private async read({ run: { projectId, id }, gold, methods }: Key): Promise<MethodAdvice | null> {
    const [row] = await this.source.query<{ advice: MethodAdvice }[]>(
      `select advice from run_advices where project_id = $1 and run_id = $2 and version = $3 and gold = $4 and methods = $5`, [projectId, id, adviceVersion, gold, methods],
    );
    return row?.advice ?? null;
  }
}
