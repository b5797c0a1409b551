/**
 * Dawid-Skene where classes are many: seconds to the end of the first pass and of a later one, and the memory of the process.
 *
 *   npm run build && node bench/aggregation/many-classes.mjs [annotators] [classes]     100 and 4234
 */
import { loadavg } from 'node:os';

const { aggregate, simulateCrowd, VoteTable } = await import(new URL('../../dist/src/aggregation/index.js', import.meta.url));
const [annotators = 100, classes = 4234] = process.argv.slice(2).map(Number);
const votes = new VoteTable(simulateCrowd({ items: 4000, annotators, classes, votesPerItem: 5, confusable: 10, classSkew: 1 }, 1).columns);
const seconds = [];
let last = performance.now();
aggregate(votes, 'dawid-skene', {
  options: { maxIterations: 25, tolerance: 0 },
  onProgress: ({ done }) => {
    if (done !== undefined) return;
    seconds.push((performance.now() - last) / 1000);
    last = performance.now();
  },
});
const [first, ...later] = seconds;
later.sort((a, b) => a - b);
console.log(`${votes.voteCount} votes of ${annotators} annotators, ${classes} classes: first pass ${first.toFixed(2)} s, later ones ${later[12].toFixed(3)} s (median), ` +
  `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, load ${loadavg()[0].toFixed(1)}`);
