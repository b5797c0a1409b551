import type { aggregate, majorityWithPredictions, RelabelOrNew, relabelOrNew, scoreItems, topN, VoteTable } from '../../src/aggregation/index.js';
import type { LabelStream, Pool } from './pools.mjs';

/** What the protocol needs of the aggregation library. */
export interface Library {
  VoteTable: typeof VoteTable;
  aggregate: typeof aggregate;
  majorityWithPredictions: typeof majorityWithPredictions;
  scoreItems: typeof scoreItems;
  topN: typeof topN;
  relabelOrNew: typeof relabelOrNew;
}

export interface Round {
  votes: VoteTable;
  /** N x K; out of fold for labelled items. */
  predictions: Float64Array;
  testAccuracy: number;
  consensusAccuracy: number;
  votesSpent: number;
}

export interface Campaign {
  /** Labels collected of each pool item. */
  given: number[];
  label(items: Iterable<number>): void;
  round(): Round;
  pick(scores: Float64Array, first: 'lowest' | 'highest'): number[];
}

export function startCampaign(library: Library, pool: Pool, streams: LabelStream[]): Campaign;
export const policies: Record<'activelab' | 'uncertainty' | 'entropy', (library: Library, round: Round) => [Float64Array, 'lowest' | 'highest']>;
export function decide(library: Library, pool: Pool, given: readonly number[], round: Pick<Round, 'votes' | 'predictions'>): RelabelOrNew;
