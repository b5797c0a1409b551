// Time of the acquisition scores over a large pool: npm run build && node bench/activelab/scores.mjs [items] [classes]
import { activeLab, runParameters, scoreItems, scoreItemsFor, topN, VoteTable } from '../../dist/src/aggregation/index.js';

const itemCount = Number(process.argv[2] ?? 1_000_000);
const classCount = Number(process.argv[3] ?? 10);
const annotatorCount = 200;
const REPEATS = 3;

/** A small seeded generator, so that runs can be compared. */
let state = 12345;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

const truth = Int32Array.from({ length: itemCount }, () => Math.floor(uniform() * classCount));
const otherThan = (k) => (k + 1 + Math.floor(uniform() * (classCount - 1))) % classCount;

/** `share` of the items have one to three votes of annotators that are right 55 to 95% of the time. */
function simulate(share) {
  const items = [], annotators = [], classes = [];
  for (let item = 0; item < itemCount; item++) {
    if (uniform() >= share) continue;
    const first = Math.floor(uniform() * annotatorCount);
    for (let v = Math.floor(uniform() * 3); v >= 0; v--) {
      const annotator = (first + 17 * v) % annotatorCount;
      items.push(item);
      annotators.push(annotator);
      classes.push(uniform() < 0.55 + (0.4 * annotator) / annotatorCount ? truth[item] : otherThan(truth[item]));
    }
  }
  return new VoteTable({ items, annotators, classes, itemCount, annotatorCount, classCount });
}

const predictions = new Float64Array(itemCount * classCount);
for (let item = 0, at = 0; item < itemCount; item++, at += classCount) {
  const guess = uniform() < 0.8 ? truth[item] : otherThan(truth[item]);
  let total = 0;
  for (let k = 0; k < classCount; k++) total += predictions[at + k] = uniform() ** 4 + (k === guess ? 2 : 0.02);
  for (let k = 0; k < classCount; k++) predictions[at + k] /= total;
}

/** Wall and processor time; on a busy machine the latter is the one to trust. */
function time(name, work) {
  const runs = Array.from({ length: REPEATS }, () => {
    const begun = performance.now();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - begun) / 1000, processor: (user + system) / 1e6 };
  });
  const best = (kind) => Math.min(...runs.map((run) => run[kind]));
  console.log(`${name.padEnd(48)} ${best('wall').toFixed(2)} s, processor ${best('processor').toFixed(2)} s, ${((best('processor') * 1e9) / itemCount).toFixed(1)} ns an item`);
}

console.log(`${itemCount} items, ${classCount} classes`);
for (const share of [0.5, 1]) {
  const votes = simulate(share);
  time(`activelab, ${votes.voteCount} votes on ${share * 100}% of the items`, () => activeLab(votes, [predictions]));
}
const votes = simulate(0.5);
const parameters = runParameters(votes, { posteriors: predictions });
const input = { votes, posteriors: predictions, parameters, seed: 1 };
for (const id of ['information-gain', 'least-confidence', 'entropy', 'beta-tail', 'fewest-votes', 'random']) time(id, () => scoreItems(id, input));
time('information-gain of one annotator', () => scoreItemsFor('information-gain', input, 5));
const scores = scoreItems('random', input);
for (const n of [1, 100, 10_000]) time(`the first ${n} of all`, () => topN(scores, n, 'lowest'));
