import fc from 'fast-check';
import { VoteTable } from '../../../src/aggregation/vote-table.js';

export interface Pool {
  columns: { items: number[]; annotators: number[]; classes: number[]; itemCount: number; annotatorCount: number; classCount: number };
  votes: VoteTable;
  /** One or two models, N x K each. */
  predictions: Float64Array[];
}

/** Small pools of every shape: items and annotators without votes, repeats, single votes, exact zeros in predictions. */
export function pool({ leastVotes = 0 } = {}): fc.Arbitrary<Pool> {
  return fc.record({ itemCount: fc.integer({ min: 1, max: 8 }), annotatorCount: fc.integer({ min: 1, max: 5 }), classCount: fc.integer({ min: 2, max: 5 }), models: fc.integer({ min: 1, max: 2 }) })
    .chain(({ itemCount, annotatorCount, classCount, models }) => {
      const vote = fc.tuple(fc.nat(itemCount - 1), fc.nat(annotatorCount - 1), fc.nat(classCount - 1));
      const row = fc.array(fc.nat(9), { minLength: classCount, maxLength: classCount }).map((weights) => {
        const total = weights.reduce((sum, w) => sum + w, 0);
        return weights.map((w) => (total > 0 ? w / total : 1 / classCount));
      });
      const rows = fc.array(row, { minLength: itemCount, maxLength: itemCount }).map((all) => Float64Array.from(all.flat()));
      return fc.record({ given: fc.array(vote, { minLength: leastVotes, maxLength: 25 }), predictions: fc.array(rows, { minLength: models, maxLength: models }) }).map(({ given, predictions }) => {
        const columns = { items: given.map(([item]) => item), annotators: given.map(([, annotator]) => annotator), classes: given.map(([, , k]) => k), itemCount, annotatorCount, classCount };
        return { columns, votes: new VoteTable(columns), predictions };
      });
    });
}
