import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Compute } from '../../compute/compute.service.js';
import type { GoldSample } from '../../gold/gold-sample.js';
import { currentSignal } from '../../platform/budget.js';
import { limitExceeded } from '../../platform/errors.js';
import type { Project } from '../../projects/project.entity.js';
import { GoldEvaluation } from './gold-evaluation.js';
import type { EvaluationTask } from './gold-evaluation.task.js';
import type { Run } from '../run.entity.js';

/** Probabilities that one evaluation may hold: 512 MB. */
const LARGEST_NUMBERS = 2 ** 26;

@Injectable()
export class GoldEvaluations {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: DataSource,
    private readonly compute: Compute,
  ) {}

  /** @param sample whose items are compared; all items with gold where null. @throws LIMIT_EXCEEDED where that is too many for one look. */
  async evaluate(project: Project, run: Run, sample: GoldSample | null): Promise<GoldEvaluation> {
    const [row] = await this.source.query<{ count: number }[]>(`select count(*) as count from gold_answers where project_id = $1 and ended_seq is null`, [project.id]);
    const items = Math.min(row!.count, sample?.size ?? Infinity);
    if (items * project.classes.length > LARGEST_NUMBERS) {
      throw limitExceeded(`${items} items with gold of ${project.classes.length} classes are too many for one evaluation; draw a sample of them and name it`, 'sample');
    }
    const input: EvaluationTask = {
      url: (this.source.options as { url: string }).url, projectId: project.id, runId: run.id, classCount: project.classes.length,
      goldWatermark: run.goldCount ? run.watermark : null, sampleId: sample?.sampleId ?? null,
    };
    // One at a time: each has a thread and a connection, and one query may ask for many.
    const signal = currentSignal();
    const module = new URL('./gold-evaluation.task.js', import.meta.url);
    const mine = this.turn.then(() => this.compute.run<EvaluationTask, never, Omit<GoldEvaluation, 'runId'>>({ module, input, signal }));
    this.turn = mine.catch(() => undefined);
    return Object.assign(new GoldEvaluation(), { ...await mine, runId: run.id });
  }
}
