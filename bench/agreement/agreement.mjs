// Agreement metrics over a simulated crowd: `npm run build && node bench/agreement/agreement.mjs [votes] [replicates]`.
import { availableParallelism, cpus } from 'node:os';
import { agreementMetrics, measureAgreement, pairwiseAgreement, simulateCrowd, VoteTable } from '../../dist/src/aggregation/index.js';

const voteCount = Number(process.argv[2] ?? 10_000_000);
const replicates = Number(process.argv[3] ?? 200);
const votesPerItem = 10;
// Cohen's kappa looks at every pair of votes on one item: a tenth of the votes keeps the bench short.
const shares = { pairs: 0.1, items: 1 };

console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} threads`);
console.log(`${voteCount} votes, ${votesPerItem} an item, 5 classes; best of 3\n`);

const crowds = Object.fromEntries(Object.entries(shares).map(([kind, share]) => [kind, crowdOf(voteCount * share)]));
const rows = agreementMetrics.map((metric) => {
  const votes = crowds[metric.forPairs && !metric.ofItems ? 'pairs' : 'items'];
  const { value, milliseconds } = best(() => measureAgreement({ metric: metric.id, votes }).value);
  return { metric: metric.id, votes: votes.voteCount, value, milliseconds };
});
for (const metric of agreementMetrics.filter(({ forPairs }) => forPairs)) {
  const votes = crowds.pairs;
  const { value, milliseconds } = best(() => pairwiseAgreement({ metric: metric.id, votes }).value.length);
  rows.push({ metric: `${metric.id}, ${value} pairs of annotators`, votes: votes.voteCount, value: NaN, milliseconds });
}
const interval = best(() => measureAgreement({ metric: 'krippendorff-alpha-nominal', votes: crowds.items, replicates }).value, 1);
rows.push({ metric: `krippendorff-alpha-nominal, ${replicates} replicates`, votes: crowds.items.voteCount, ...interval });

console.log('| metric | votes | value | ms | ns a vote |\n|---|---|---|---|---|');
for (const { metric, votes, value, milliseconds } of rows) {
  console.log(`| ${metric} | ${votes} | ${Number.isNaN(value) ? '' : value.toFixed(4)} | ${milliseconds.toFixed(0)} | ${((milliseconds * 1e6) / votes).toFixed(0)} |`);
}

function crowdOf(votes) {
  const items = Math.round(votes / votesPerItem);
  return new VoteTable(simulateCrowd({ items, annotators: 1000, classes: 5, votesPerItem }, 1).columns);
}

function best(run, times = 3) {
  let milliseconds = Infinity;
  let value;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    value = run();
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  return { value, milliseconds };
}
