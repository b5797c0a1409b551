// The priorities of a round's pool as nextItems has them: by the service's own scoring, which is handed in.

/** @returns N numbers, the lowest first; NaN for items with all their labels */
export function servicePriorities(judgeAndScore, { votes, predictions }) {
  const { itemCount, annotatorCount, classCount } = votes;
  const facts = {
    codes: Int32Array.from({ length: itemCount }, (_, item) => item),
    votes,
    annotatorCodes: Int32Array.from({ length: annotatorCount }, (_, annotator) => annotator),
    leases: new Int32Array(itemCount),
    posteriors: new Float64Array(itemCount * classCount).fill(1 / classCount),
    labelled: new Uint8Array(itemCount),
    gold: new Int32Array(itemCount).fill(-1),
    predictions: { models: [predictions], present: new Uint8Array(itemCount).fill(1) },
    ages: null,
    findings: null,
    annotatorCosts: null,
  };
  const rules = { minVotes: 1, maxVotes: 10, confidence: null, policy: 'activelab', coldStart: true, overlapShare: 0, doneRule: null, priorityRule: null, flagRule: null };
  return judgeAndScore(facts, rules, null, null).priorities;
}
