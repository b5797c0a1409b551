// CPU seconds of soft-label-mean on one thread, versions 1 and 2 in turn, on 1M simulated votes (3 to 7 an item, 1,000 annotators).
// Run after `npm run build`: node bench/methods/default.mjs      about a minute
import { aggregate, VoteTable } from '../../dist/src/aggregation/index.js';
import { columnsOf } from '../aggregation/crowd.mjs';

console.log('| K | version 1 | version 2 | ratio |\n|---|---|---|---|');
for (const K of [2, 5, 10]) {
  const table = new VoteTable(columnsOf(1e6, K));
  const best = [Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    for (const version of [1, 2]) {
      const before = process.cpuUsage();
      aggregate(table, 'soft-label-mean', { version });
      const { user, system } = process.cpuUsage(before);
      best[version - 1] = Math.min(best[version - 1], (user + system) / 1e6);
    }
  }
  console.log(`| ${K} | ${best.map((seconds) => seconds.toFixed(1)).join(' | ')} | ${(best[1] / best[0]).toFixed(2)} |`);
}
