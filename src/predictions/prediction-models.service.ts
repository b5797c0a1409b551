import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { notFound } from '../platform/errors.js';
import { excerpt, textFault } from '../platform/text.js';
import type { RequestContext } from '../platform/request-context.js';
import { Transactions } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import { holdProject } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { CURRENT_VERSIONS } from './current-versions.js';
import type { ItemPrediction, PredictionModel, PredictionVersion } from './prediction-version.js';
import { VERSION_COLUMNS } from './predictions.store.js';

/** A version as those see it who read its rows. */
export interface VersionFacts {
  id: number;
  model: string;
  version: string;
  rows: number;
  outOfSample: boolean;
}

/** The models of projects, their versions, and which of them are read. */
@Injectable()
export class PredictionModels {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: Audit,
  ) {}

  /** By name; removed ones among them. */
  async ofProject(project: Project): Promise<PredictionModel[]> {
    return this.models(this.source.manager, project);
  }

  /** The newest versions of each of the models first; one statement for all of a request's models. */
  async versions(context: RequestContext, { projectId, model, staleVotes }: PredictionModel, first: number): Promise<PredictionVersion[]> {
    const found = await context.loader<string, PredictionVersion[]>(`prediction-versions:${projectId}:${first}`, async (models) => {
      const rows: PredictionVersion[] = await this.source.query(
        `select version.* from unnest($2::text[]) as wanted(model)
         cross join lateral (
           select ${VERSION_COLUMNS} from prediction_versions version where version.project_id = $1 and version.model = wanted.model order by version.id desc limit $3
         ) version`,
        [projectId, models, first],
      );
      return models.map((name) => rows.filter((row) => row.model === name));
    }).load(model);
    return found!.map((version) => ({ ...version, stale: version.votesSince == null ? null : version.votesSince > staleVotes }));
  }

  /** The versions that runs and scores read: of each active model the current one, in the order of their names. */
  async current(projectId: number, database: EntityManager = this.source.manager): Promise<VersionFacts[]> {
    return database.query(
      `select version.id, version.model, version.version, version.row_count as rows, version.out_of_sample as "outOfSample"
       from (${CURRENT_VERSIONS}) current join prediction_versions version on version.project_id = $1 and version.id = current.id order by version.model`,
      [projectId],
    );
  }

  /** Versions by id, in the order of the ids. */
  async byIds(projectId: number, ids: readonly number[], database: EntityManager = this.source.manager): Promise<VersionFacts[]> {
    return database.query(
      `select version.id, model, version, row_count as rows, out_of_sample as "outOfSample"
       from unnest($2::int[]) with ordinality as wanted(id, place) join prediction_versions version on version.project_id = $1 and version.id = wanted.id order by place`,
      [projectId, ids],
    );
  }

  /** The same, in one statement for all that a request asks for. */
  async load(context: RequestContext, projectId: number, ids: readonly number[]): Promise<VersionFacts[]> {
    const loader = context.loader<number, VersionFacts>(`prediction-versions-by-id:${projectId}`, (wanted) => this.byIds(projectId, wanted));
    return await Promise.all(ids.map((id) => loader.load(id))) as VersionFacts[];
  }

  /** @throws NOT_FOUND where the model has no such version. */
  async byName(projectId: number, model: string, version: string): Promise<VersionFacts> {
    // Names that cannot be stored name nothing.
    if (textFault(model) || textFault(version)) throw notFound(`version of the prediction model ${excerpt(model)}`, version);
    const [found]: VersionFacts[] = await this.source.query(
      `select id, model, version, row_count as rows, out_of_sample as "outOfSample" from prediction_versions where project_id = $1 and model = $2 and version = $3`, [projectId, model, version],
    );
    if (!found) throw notFound(`version of the prediction model ${JSON.stringify(model)}`, version);
    return found;
  }

  /** What the current versions say of an item, by the names of their models; one statement for all of a request's items. */
  async ofItem(context: RequestContext, projectId: number, itemCode: number): Promise<ItemPrediction[]> {
    const found = await context.loader<number, ItemPrediction[]>(`item-predictions:${projectId}`, async (codes) => {
      const rows: (ItemPrediction & { item: number })[] = await this.source.query(
        `select wanted.item, version.model, version.version, found.probabilities
         from (${CURRENT_VERSIONS}) current join prediction_versions version on version.project_id = $1 and version.id = current.id
         cross join unnest($2::int[]) as wanted(item)
         join predictions found on found.project_id = $1 and found.version_id = version.id and found.item_code = wanted.item
         order by version.model`,
        [projectId, codes],
      );
      const byItem = new Map<number, ItemPrediction[]>();
      for (const { item, ...prediction } of rows) byItem.set(item, [...byItem.get(item) ?? [], prediction]);
      return codes.map((code) => byItem.get(code) ?? []);
    }).load(itemCode);
    return found!;
  }

  /** Chooses the version that is read of a model, which is active from then on. @param version null for the newest, now and later. @throws NOT_FOUND */
  async setVersion(project: Project, actor: Actor, model: string, version: string | null): Promise<PredictionModel> {
    const pinned = version == null ? null : (await this.byName(project.id, model, version)).id;
    return this.change(project, actor, 'setPredictionVersion', model, { model, version }, `pinned_version = $3, active = true`, [pinned]);
  }

  /** From now on nothing reads the model. @throws NOT_FOUND */
  async remove(project: Project, actor: Actor, model: string): Promise<PredictionModel> {
    return this.change(project, actor, 'removePredictionModel', model, { model }, `active = false`);
  }

  private async change(project: Project, actor: Actor, action: string, model: string, detail: object, set: string, values: unknown[] = []): Promise<PredictionModel> {
    if (textFault(model)) throw notFound('prediction model', model);
    return this.transactions.run(async (transaction) => {
      await holdProject(transaction, project.id);
      const [, changed]: [unknown, number] = await transaction.query(`update prediction_models set ${set} where project_id = $1 and model = $2`, [project.id, model, ...values]);
      if (changed === 0) throw notFound('prediction model', model);
      await transaction.query(`update projects set scoring_version = scoring_version + 1 where id = $1`, [project.id]);
      await this.audit.record(transaction, actor, action, project.id, detail);
      return (await this.models(transaction, project, model))[0]!;
    });
  }

  private async models(database: EntityManager, project: Project, only: string | null = null): Promise<PredictionModel[]> {
    const rows: Pick<PredictionModel, 'model' | 'active' | 'pinned'>[] = await database.query(
      `select model, active, pinned_version is not null as pinned from prediction_models where project_id = $1 and ($2::text is null or model = $2) order by model`, [project.id, only],
    );
    return rows.map((row) => ({ ...row, projectId: project.id, staleVotes: project.predictionStaleVotes }));
  }
}
