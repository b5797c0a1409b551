export const ANNOTATORS = 1000;

/** 3 to 7 votes an item by as many annotators, who are right 50% to 95% of the time and guess otherwise. */
export function columnsOf(voteCount, classCount) {
  let state = 20240601;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32;
  const columns = { items: new Int32Array(voteCount), annotators: new Int32Array(voteCount), classes: new Int32Array(voteCount) };
  const skill = Float64Array.from({ length: ANNOTATORS }, () => 0.5 + 0.45 * random());
  let item = 0;
  for (let vote = 0; vote < voteCount; item++) {
    const truth = Math.floor(random() * classCount);
    const first = vote;
    for (let n = 3 + Math.floor(random() * 5); n > 0 && vote < voteCount; n--, vote++) {
      let annotator = Math.floor(random() * ANNOTATORS);
      while (columns.annotators.subarray(first, vote).includes(annotator)) annotator = Math.floor(random() * ANNOTATORS);
      columns.items[vote] = item;
      columns.annotators[vote] = annotator;
      columns.classes[vote] = random() < skill[annotator] ? truth : Math.floor(random() * classCount);
    }
  }
  return { ...columns, itemCount: item, annotatorCount: ANNOTATORS, classCount };
}
