import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Compute } from '../compute/compute.service.js';
import { currentSignal } from '../platform/budget.js';
import { int4Array } from '../platform/database/binary-array.js';
import { queryByIndex } from '../platform/database/by-index.js';
import { invalid, notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { Idempotency } from '../platform/database/idempotency.js';
import { connectionType, Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import { holdProject, ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import type { Draw, DrawTask } from './draw-sample.task.js';
import { GoldSample, GoldSampleDesign, GoldSampleItem, SAMPLE_COLUMNS } from './gold-sample.js';

export const GoldSampleConnection = connectionType(GoldSample);
export const GoldSampleItemConnection = connectionType(GoldSampleItem);

const newestFirst = new Keyset<GoldSample>([{ sql: 'sample.id', type: 'int8', descending: true }], (sample) => [sample.sampleId]);
const byItem = new Keyset<GoldSampleItem>([{ sql: 'drawn.item_code', type: 'int4' }], (item) => [item.itemCode]);

/** Asked row by row, as in candidates.ts. */
const ANSWERED = `(select true from gold_answers where project_id = $1 and item_code = drawn.item_code and ended_seq is null limit 1) is not null`;

/** Samples of items without gold, drawn to be answered; once drawn they never change. */
@Injectable()
export class GoldSamples {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly access: ProjectAccess,
    private readonly audit: Audit,
    private readonly compute: Compute,
  ) {}

  /** @throws INVALID_INPUT where the project has fewer items without gold than were asked for. */
  async draw(project: Project, actor: Actor, asked: Pick<GoldSample, 'design' | 'size' | 'seed'>, idempotencyKey: string | null): Promise<{ sample: GoldSample; replayed: boolean }> {
    const { design, size, seed } = asked;
    const { answer, replayed } = await this.transactions.run((transaction) => this.idempotency.once(
      transaction,
      { projectId: project.id, workspaceId: project.workspaceId, key: idempotencyKey },
      ['drawGoldSample', design, size, seed],
      async () => {
        const url = (this.source.options as { url: string }).url;
        const draw = await this.compute.run<DrawTask, never, Draw>({
          module: new URL('./draw-sample.task.js', import.meta.url),
          signal: currentSignal(),
          input: { url, projectId: project.id, size, seed, byUncertainty: design === GoldSampleDesign.UNCERTAINTY },
        });
        if (!draw.sample) throw invalid(`input.size is ${size}; the project has ${draw.frameItems} items without a gold answer`, 'input.size');
        const sampleId = await this.write(transaction, project.id, actor, asked, draw);
        await this.audit.record(transaction, actor, 'drawGoldSample', project.id, { sample: sampleId, design, size, seed, frameItems: draw.frameItems });
        return { sampleId };
      },
    ));
    return { sample: (await this.read(project.id, answer.sampleId))!, replayed };
  }

  /** By global id; what the caller may not see is absent. */
  async find(caller: Principal, id: string): Promise<GoldSample> {
    const [projectId, sampleId] = readGlobalId('GoldSample', id);
    const absent = () => notFound('gold sample', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const sample = sampleId == null ? null : await this.read(project.id, sampleId);
    if (!sample) throw absent();
    return sample;
  }

  async page(projectId: number, args: PageArgs): Promise<ConnectionOf<GoldSample>> {
    const parameters: unknown[] = [projectId];
    const { where, orderBy, limit } = newestFirst.page(args, parameters);
    const rows = await queryByIndex<GoldSample>(this.source,
      `select ${SAMPLE_COLUMNS} from gold_samples sample where sample.project_id = $1 and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    return newestFirst.connection(args, rows, (row) => Object.assign(new GoldSample(), row));
  }

  /** @param answered only those that have a gold answer, or have none; all where null */
  async items({ projectId, sampleId }: GoldSample, args: PageArgs, answered: boolean | null): Promise<ConnectionOf<GoldSampleItem>> {
    const parameters: unknown[] = [projectId, sampleId];
    const { where, orderBy, limit } = byItem.page(args, parameters);
    const wanted = answered == null ? 'true' : `${ANSWERED} = $${parameters.push(answered)}::boolean`;
    const rows = await queryByIndex<GoldSampleItem>(this.source,
      `select drawn.project_id as "projectId", drawn.item_code as "itemCode", drawn.probability, ${ANSWERED} as answered
       from gold_sample_items drawn where drawn.project_id = $1 and drawn.sample_id = $2 and ${where} and ${wanted} order by ${orderBy} limit ${limit}`,
      parameters,
    );
    return byItem.connection(args, rows, (row) => Object.assign(new GoldSampleItem(), row));
  }

  async countAnswered({ projectId, sampleId }: GoldSample): Promise<number> {
    const [row] = await this.source.query<{ count: number }[]>(
      `select count(*) as count from gold_sample_items drawn where drawn.project_id = $1 and drawn.sample_id = $2 and ${ANSWERED}`, [projectId, sampleId],
    );
    return row!.count;
  }

  private async read(projectId: number, sampleId: number): Promise<GoldSample | null> {
    const rows: object[] = await this.source.query(`select ${SAMPLE_COLUMNS} from gold_samples sample where sample.project_id = $1 and sample.id = $2`, [projectId, sampleId]);
    return rows[0] ? Object.assign(new GoldSample(), rows[0]) : null;
  }

  private async write(
    transaction: Transaction, projectId: number, actor: Actor, { design, size, seed }: Pick<GoldSample, 'design' | 'size' | 'seed'>, draw: Draw,
  ): Promise<number> {
    await holdProject(transaction, projectId);
    const { codes, probabilities } = draw.sample!;
    const [row]: { id: number }[] = await transaction.query(
      `with sample as (
         insert into gold_samples (project_id, design, size, seed, frame_items, run_id, api_key_id) values ($1, $2, $3, $4, $5, $6, $7) returning id
       ), items as (
         insert into gold_sample_items (project_id, sample_id, item_code, probability)
         select $1, sample.id, drawn.item, drawn.probability from sample cross join unnest($8::int4[], $9::float8[]) as drawn(item, probability)
       ) select id from sample`,
      [projectId, design, size, seed, draw.frameItems, draw.runId, actor.keyId ?? null, int4Array(codes), Array.from(probabilities)],
    );
    return row!.id;
  }
}
