// Whether a run that starts from the one before it ends where a cold one does: `npm run build && node bench/snapshot/warm.mjs`.
import { aggregate, simulateCrowd, VoteTable } from '../../dist/src/aggregation/index.js';

const crowds = [
  ['100,000 items, 100 annotators, K = 5, 5 votes an item', { items: 100_000, annotators: 100, classes: 5, votesPerItem: 5 }],
  ['20,000 items, 200 annotators, K = 5, 5 votes an item', { items: 20_000, annotators: 200, classes: 5, votesPerItem: 5 }],
  ['2,000 items, 20 annotators, K = 3, 5 votes an item', { items: 2000, annotators: 20, classes: 3, votesPerItem: 5 }],
  ['5,000 items, 300 annotators, K = 4, 3 votes an item', { items: 5000, annotators: 300, classes: 4, votesPerItem: 3 }],
  ['2,000 items, 40 annotators, K = 10, 5 votes an item', { items: 2000, annotators: 40, classes: 10, votesPerItem: 5 }],
];
const methods = [
  ['dawid-skene', {}],
  ['dawid-skene', { tolerance: 1e-13 }],
  ['dawid-skene', { smoothing: 0.5 }],
  ['dawid-skene', { smoothing: 0.5, tolerance: 1e-13 }],
  ['dawid-skene', { smoothing: 5, tolerance: 1e-13 }],
  ['hierarchical-dawid-skene', {}],
  ['hierarchical-dawid-skene', { tolerance: 1e-8, maxIterations: 5000 }],
];
const SEEDS = [1, 2, 3];

console.log('| crowd | method, options | iterations cold | warm | posteriors apart, at most | items apart by over 1e-6 |\n|---|---|---|---|---|---|');
for (const [name, crowd] of crowds) for (const [method, options] of methods) {
  const found = SEEDS.map((seed) => compare(simulateCrowd(crowd, seed).columns, method, options));
  const all = (pick) => [...new Set(found.map(pick))].join(', ');
  console.log(`| ${name} | ${method} ${JSON.stringify(options)} | ${all(({ cold }) => cold)} | ${all(({ warm }) => warm)} | ${Math.max(...found.map(({ apart }) => apart)).toExponential(0)} | ${all(({ items }) => items)} |`);
}

/** The second run has 1% more votes than the one it may start from. */
function compare(columns, method, options) {
  const { classCount: K } = columns;
  const first = aggregate(without(columns, (vote) => (Math.imul(vote, 2654435761) >>> 0) % 100 === 7), method, { options });
  const votes = new VoteTable(columns);
  const cold = aggregate(votes, method, { options });
  const warm = aggregate(votes, method, { options, warmStart: { confusion: first.confusion, classPriors: first.classPriors } });
  let apart = 0;
  let items = 0;
  for (let item = 0; item < columns.itemCount; item++) {
    let most = 0;
    for (let k = item * K; k < (item + 1) * K; k++) most = Math.max(most, Math.abs(cold.posteriors[k] - warm.posteriors[k]));
    apart = Math.max(apart, most);
    if (most > 1e-6) items++;
  }
  return { cold: cold.diagnostics.iterations, warm: warm.diagnostics.iterations, apart, items };
}

function without(columns, isLeftOut) {
  const votes = Array.from(columns.items, (_, vote) => vote).filter((vote) => !isLeftOut(vote));
  const of = (column) => Int32Array.from(votes, (vote) => column[vote]);
  return new VoteTable({ ...columns, items: of(columns.items), annotators: of(columns.annotators), classes: of(columns.classes) });
}
