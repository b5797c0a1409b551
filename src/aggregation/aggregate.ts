import { checkInput } from './check-input.js';
import type { AggregationInput, AggregationMethod, MethodResult, RunContext } from './method.js';
import { findMethod } from './methods.js';
import { refuseUnknownKeys, resolveOptions } from './options.js';
import { VoteTable } from './vote-table.js';

export interface AggregateRequest extends Omit<AggregationInput, 'votes'>, Partial<RunContext> {
  /** The method's options by name; what is left out takes its default. */
  options?: Record<string, unknown>;
  /** The method's version, such as an earlier run's; the newest where left out. */
  version?: number;
}

const requestKeys: readonly (keyof AggregateRequest)[] = ['gold', 'predictions', 'warmStart', 'priorCounts', 'options', 'version', 'seed', 'onProgress', 'threads'];

/**
 * Runs one method: checks everything given, resolves the options, runs. Nothing given is written to.
 * @param votes a table, or what `votes(rows)` returned.
 * @param method an id of the registry, e.g. "dawid-skene".
 * @throws TypeError for a key that no request has, and TypeError or RangeError as `checkInput`, `resolveOptions` and `findMethod`.
 */
export function aggregate(votes: VoteTable | { table: VoteTable }, method: string, request: AggregateRequest = {}): MethodResult {
  refuseUnknownKeys(request, requestKeys, 'the request');
  const { options, version, seed = 0, onProgress, threads, ...parts } = request;
  const record = findMethod(method, version);
  const input: AggregationInput = { votes: votes instanceof VoteTable ? votes : votes.table, ...parts };
  if (!(input.votes instanceof VoteTable)) throw new TypeError('the votes must be a VoteTable, or what votes(rows) returned');
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) throw new RangeError(`threads is ${threads}; it must be a whole number, at least 1`);
  checkInput(record, input);
  if (input.votes.classCount === 1) return ofOneClass(record, input);
  return record.run(input, resolveOptions(record, options), { seed, onProgress, threads });
}

/** With one class the label is certain, by majority as by any method, and nothing tells annotators apart. */
function ofOneClass({ returns }: AggregationMethod, { votes }: AggregationInput): MethodResult {
  return {
    posteriors: new Float64Array(votes.itemCount).fill(1),
    ...(returns.includes('quality') && { annotatorQuality: new Float64Array(votes.annotatorCount).fill(NaN) }),
    diagnostics: {
      iterations: 0, converged: true, trace: [], ties: 0,
      warnings: ['there is one class alone: its labels are certain, and nothing is known of the annotators; give all classes, if there are others'],
    },
  };
}
