// The benchmark's protocol, round by round. The library is handed in, so that tests and benchmarks run the same lines.

const FOLDS = 5;
const MOST_LABELS = 10;

/**
 * One pool with one seed's labels, of which `given[item]` have been collected.
 * @param library the door of the aggregation library
 */
export function startCampaign(library, pool, streams) {
  const { VoteTable, aggregate, majorityWithPredictions, topN } = library;
  const { classCount, poolSize, itemCount, features, truth } = pool;
  const given = streams.map((stream) => stream.initial);
  return {
    given,
    label(items) {
      for (const item of items) given[item]++;
    },
    /** Consensus, predictions and accuracies of this round. */
    round() {
      const votes = collected();
      const labelled = given.flatMap((count, item) => (count > 0 ? [item] : []));
      const first = outOfFold(labelled, majorityWithPredictions(votes));
      const consensus = aggregate(votes, 'crowdlab', { predictions: [first], options: { calibrate: true } }).findings.consensus;
      const predictions = outOfFold(labelled, consensus);
      const predict = pool.classify(features, classCount, labelled, consensus);
      for (let item = 0; item < poolSize; item++) if (given[item] === 0) predictions.set(predict(item), item * classCount);
      let right = 0;
      for (let item = poolSize; item < itemCount; item++) if (best(predict(item)) === truth[item]) right++;
      return {
        votes,
        predictions,
        testAccuracy: right / (itemCount - poolSize),
        consensusAccuracy: labelled.filter((item) => consensus[item] === truth[item]).length / labelled.length,
        votesSpent: votes.voteCount,
      };
    },
    /** The batch by a score, items with all their labels left out. */
    pick(scores, first) {
      const open = scores.map((score, item) => (given[item] >= MOST_LABELS ? NaN : score));
      return Array.from(topN(open, pool.batch, first));
    },
  };

  function collected() {
    const columns = { items: [], annotators: [], classes: [] };
    streams.forEach((stream, item) => {
      for (let v = 0; v < given[item]; v++) {
        columns.items.push(item);
        columns.annotators.push(stream.annotators[v]);
        columns.classes.push(stream.labels[v]);
      }
    });
    return new VoteTable({ ...columns, itemCount: poolSize, annotatorCount: 20, classCount });
  }

  /** N x K; the fold of an item is its number mod 5, items without labels stay uniform. */
  function outOfFold(labelled, labels) {
    const rows = new Float64Array(poolSize * classCount).fill(1 / classCount);
    for (let fold = 0; fold < FOLDS; fold++) {
      const predict = pool.classify(features, classCount, labelled.filter((item) => item % FOLDS !== fold), labels);
      for (const item of labelled) if (item % FOLDS === fold) rows.set(predict(item), item * classCount);
    }
    return rows;
  }
}

function best(row) {
  return row.indexOf(Math.max(...row));
}

/** The policies that need nothing but predictions: scores and which end is asked first. */
export const policies = {
  activelab: (library, { votes, predictions }) => [library.scoreItems('activelab', { votes, predictions: [predictions] }), 'lowest'],
  uncertainty: (library, { votes, predictions }) => [library.scoreItems('least-confidence', { votes, posteriors: predictions }), 'highest'],
  entropy: (library, { votes, predictions }) => [library.scoreItems('entropy', { votes, posteriors: predictions }), 'highest'],
};

/** The round's decision, pools and batch as the benchmark has them: items with all their labels take no more. */
export function decide({ relabelOrNew }, pool, given, { votes, predictions }) {
  return relabelOrNew({ votes, predictions: [predictions], count: pool.batch, open: given.map((count) => (count < MOST_LABELS ? 1 : 0)) });
}
