import { costRefusal, methodsOfVotes, type AggregationMethod, type CostBounds, type CostSize, type MethodOptions, type VoteTable } from '../../aggregation/index.js';
import type { Settings } from '../../platform/config.js';

export function boundsOf({ MAX_RUN_OPERATIONS, MAX_RUN_MEGABYTES }: Settings): CostBounds {
  return { operations: MAX_RUN_OPERATIONS, bytes: MAX_RUN_MEGABYTES * 1e6 };
}

export function sizeOf(votes: VoteTable, models: readonly unknown[] | null, priors: boolean): CostSize {
  return { items: votes.itemCount, annotators: votes.annotatorCount, classes: votes.classCount, votes: votes.voteCount, models: models?.length ?? 0, priors };
}

/** @throws RangeError with the estimate, the bound and what would fit. */
export function refuseCostly(method: AggregationMethod, size: CostSize, options: MethodOptions, bounds: CostBounds): void {
  const refusal = costRefusal(method, size, options, bounds, { operations: 'MAX_RUN_OPERATIONS', megabytes: 'MAX_RUN_MEGABYTES' }, methodsOfVotes(size.classes));
  if (refusal != null) throw new RangeError(refusal);
}
