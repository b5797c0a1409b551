import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { currentSignal } from '../../platform/budget.js';
import { Compute } from '../../compute/compute.service.js';
import { conflict, invalid, limitExceeded, notFound } from '../../platform/errors.js';
import { ROWS_PER_CALL } from '../../platform/row-result.js';
import { excerpt } from '../../platform/text.js';
import { notOutOfSample } from '../../predictions/current-versions.js';
import { PredictionModels, type VersionFacts } from '../../predictions/prediction-models.service.js';
import type { Project } from '../../projects/project.entity.js';
import { RelabelOrNew, RelabelOrNewItem } from './relabel-or-new.js';
import type { RelabelOrNewFound, RelabelOrNewTask } from './relabel-or-new.task.js';

/** Probabilities that one decision may read: 512 MB, and as much again for the scaled ones. */
const LARGEST_NUMBERS = 2 ** 26;

/** Whether the next votes of a project should go to items that have some or to new ones. */
@Injectable()
export class RelabelOrNewService {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: DataSource,
    private readonly models: PredictionModels,
    private readonly compute: Compute,
  ) {}

  /**
   * @param names of the models that decide; all that are read where null
   * @throws INVALID_INPUT for a count or a list of names that cannot be, and where there are no predictions; NOT_FOUND for a
   *   model; CONFLICT for one that nothing reads; LIMIT_EXCEEDED for a count or a pool too large for one look.
   */
  async decide(project: Project, names: readonly string[] | null, count: number): Promise<RelabelOrNew> {
    if (count < 1) throw invalid(`count is ${count}; ask for 1 to ${ROWS_PER_CALL} items`, 'count');
    if (count > ROWS_PER_CALL) throw limitExceeded(`count is ${count}; ask for 1 to ${ROWS_PER_CALL} items`, 'count');
    const versions = await this.versionsOf(project, names);
    await this.requireSize(project, versions.length);
    const input: RelabelOrNewTask = { url: (this.source.options as { url: string }).url, projectId: project.id, versions: versions.map(({ id }) => id), count };
    // One at a time: each has a thread and connections, and one query may ask for many.
    const signal = currentSignal();
    const module = new URL('./relabel-or-new.task.js', import.meta.url);
    const mine = this.turn.then(() => this.compute.run<RelabelOrNewTask, never, RelabelOrNewFound | null>({ module, input, signal }));
    this.turn = mine.catch(() => undefined);
    const found = await mine;
    if (!found) throw conflict(noneInCommon(versions));
    const { items, scores, votes, weights, warnings, ...figures } = found;
    return Object.assign(new RelabelOrNew(), {
      ...figures,
      meanAnnotatorWeight: weights.meanAnnotatorWeight,
      models: versions.map(({ model, version, outOfSample }, m) => ({ model, version, outOfSample, weight: weights.models[m]!, temperature: weights.temperatures[m]! })),
      items: Array.from(items, (itemCode, i) => Object.assign(new RelabelOrNewItem(), { projectId: project.id, itemCode, score: scores[i]!, votes: votes[i]! })),
      warnings: [...warnings, ...notOutOfSample(versions)],
    });
  }

  /** The current versions of the models, by name. */
  private async versionsOf(project: Project, names: readonly string[] | null): Promise<VersionFacts[]> {
    const current = await this.models.current(project.id);
    if (names == null) {
      if (current.length > 0) return current;
      throw invalid('ActiveLab needs predictions of a model, and the project has none that are complete; send them by submitPredictions or POST /projects/:id/predictions', 'model');
    }
    if (names.length === 0) throw invalid('model is an empty list; name a model, or leave it out for all that are read', 'model');
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    if (repeated !== undefined) throw invalid(`model names ${excerpt(repeated)} twice; name each once`, 'model');
    const unread = names.find((name) => !current.some(({ model }) => model === name));
    if (unread === undefined) return current.filter(({ model }) => names.includes(model));
    const known = (await this.models.ofProject(project)).find(({ model }) => model === unread);
    if (!known) throw notFound('prediction model', unread);
    throw conflict(known.active
      ? `the prediction model ${excerpt(unread)} has no complete version; send the rest of its rows, the last with complete: true`
      : `the prediction model ${excerpt(unread)} was removed; setPredictionVersion brings it back`);
  }

  private async requireSize(project: Project, models: number): Promise<void> {
    const [row] = await this.source.query<{ items: number }[]>(`select next_item_code as items from project_codes where project_id = $1`, [project.id]);
    const K = project.classes.length;
    if (row!.items * K * models <= LARGEST_NUMBERS) return;
    throw limitExceeded(
      `${row!.items} items of ${K} classes and ${models} ${models === 1 ? 'model are' : 'models are'} too many for one look; ${models > 1 ? 'name fewer models, or ' : ''}ask nextItems with the policy activelab, which keeps their order`, 'model',
    );
  }
}

function noneInCommon(versions: readonly VersionFacts[]): string {
  const names = versions.map(({ model, version }) => `${excerpt(model)}, version ${excerpt(version)}`).join('; ');
  return versions.length === 1 ? `no item has a prediction of model ${names}; send some` : `no item has a prediction of every model (${names}); name one of them, or send what is missing`;
}
