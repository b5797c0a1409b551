import { findMethod, methods, resolveOptions, type AggregationMethod, type MethodOptions } from '../aggregation/index.js';
import { AssayError, invalid } from '../platform/errors.js';
import type { Project } from '../projects/project.entity.js';

/** What somebody asks of a run, before it is checked. */
export interface RunRequest {
  method?: string | null;
  options?: Record<string, unknown> | null;
  seed?: number;
  watermark?: bigint | number | null;
  makeCurrent?: boolean;
}

/**
 * The method and its options, complete. The project's default options go with its default method only.
 * @throws INVALID_INPUT naming the methods there are, or the option, its value and what is allowed.
 */
export function resolveRequest(project: Project, request: RunRequest): { method: AggregationMethod; options: MethodOptions } {
  const id = request.method ?? project.defaultMethod;
  const given = request.options ?? (id === project.defaultMethod ? project.defaultOptions : {});
  if (typeof given !== 'object' || Array.isArray(given)) throw invalid('input.options is an object of options by name', 'input.options');
  const method = refusing('input.method', () => findMethod(id));
  if (!canRun(method)) {
    const others = methods.filter(canRun).map((other) => other.id).join(', ');
    throw invalid(`${id} needs model predictions, and a project has none yet; these need votes alone: ${others}`, 'input.method');
  }
  if (project.classes.length > (method.maxClasses ?? Infinity)) {
    throw invalid(`${id} takes at most ${method.maxClasses} classes, and the project has ${project.classes.length}; choose another method`, 'input.method');
  }
  return { method, options: refusing('input.options', () => resolveOptions(method, given)) };
}

/** Votes are all that a project has so far. */
function canRun(method: AggregationMethod): boolean {
  return method.reads.includes('votes') && !method.reads.includes('predictions');
}

/** The library's refusals are meant for callers. */
function refusing<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new AssayError('INVALID_INPUT', error.message, { field });
    throw error;
  }
}
