import { findMethod, methods, resolveOptions, type AggregationMethod, type MethodOptions } from '../../aggregation/index.js';
import { invalid, refusing } from '../../platform/errors.js';
import type { PredictionModels } from '../../predictions/prediction-models.service.js';
import type { Project } from '../../projects/project.entity.js';

/** What somebody asks of a run, before it is checked. */
export interface RunRequest {
  method?: string | null;
  /** The newest where left out. */
  methodVersion?: number | null;
  options?: Record<string, unknown> | null;
  seed?: number;
  watermark?: bigint | number | null;
  makeCurrent?: boolean;
  /** Versions to read in place of the current ones. */
  predictions?: { model: string; version: string }[] | null;
}

/**
 * The method and its options, complete. The project's default options go with its default method only.
 * @throws INVALID_INPUT naming the methods there are, or the option, its value and what is allowed.
 */
export function resolveRequest(project: Project, request: RunRequest): { method: AggregationMethod; options: MethodOptions } {
  const id = request.method ?? project.defaultMethod;
  const given = request.options ?? (id === project.defaultMethod ? project.defaultOptions : {});
  if (typeof given !== 'object' || Array.isArray(given)) throw invalid('input.options is an object of options by name', 'input.options');
  const method = refusing(request.methodVersion == null ? 'input.method' : 'input.methodVersion', () => findMethod(id, request.methodVersion));
  if (!method.reads.includes('votes')) throw invalid(`${id} reads no votes, and a run reads votes; choose one of ${withVotes(methods)}`, 'input.method');
  if (project.classes.length > (method.maxClasses ?? Infinity)) {
    throw invalid(`${id} takes at most ${method.maxClasses} classes, and the project has ${project.classes.length}; choose another method`, 'input.method');
  }
  return { method, options: refusing('input.options', () => resolveOptions(method, given)) };
}

/**
 * The versions of predictions that a run of the method reads: those that are asked for, or the current ones.
 * @returns null where the method reads none. @throws INVALID_INPUT where there are none to read, or none are read; NOT_FOUND.
 */
export async function resolvePredictions(models: PredictionModels, project: Project, method: AggregationMethod, { predictions }: RunRequest): Promise<number[] | null> {
  if (!readsPredictions(method)) {
    if (predictions?.length) throw invalid(`${method.id} reads no predictions; leave them out, or choose one of ${idsOf(methods.filter(readsPredictions))}`, 'input.predictions');
    return null;
  }
  const versions = predictions?.length
    ? await Promise.all(predictions.map(({ model, version }) => models.byName(project.id, model, version)))
    : await models.current(project.id);
  const doubled = versions.find(({ model }, i) => versions.findIndex((other) => other.model === model) !== i);
  if (doubled) throw invalid(`input.predictions names two versions of model ${JSON.stringify(doubled.model)}; a run reads one of each`, 'input.predictions');
  if (versions.some(({ rows }) => rows > 0)) return versions.map(({ id }) => id);
  throw invalid(
    `${method.id} needs predictions of a model, and the project has none that are complete; send them by submitPredictions or POST /projects/:id/predictions. `
    + `These need votes alone: ${withVotes(methods.filter((other) => !readsPredictions(other)))}`, 'input.method',
  );
}

export function readsPredictions(method: AggregationMethod): boolean {
  return method.reads.includes('predictions');
}

function withVotes(some: readonly AggregationMethod[]): string {
  return idsOf(some.filter((method) => method.reads.includes('votes')));
}

function idsOf(some: readonly AggregationMethod[]): string {
  return some.map((method) => method.id).join(', ');
}
