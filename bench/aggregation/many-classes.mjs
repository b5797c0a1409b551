/**
 * Dawid-Skene and its hierarchical form where classes are many: seconds to the end of the first pass and of a later one, of the
 * whole run, and the memory of the process. Processor time, since other work on the machine lengthens the rest.
 *
 *   npm run build && node bench/aggregation/many-classes.mjs [annotators] [classes] [method] [version]     100, 4234, dawid-skene and its newest
 *   npm run build && node bench/aggregation/many-classes.mjs hierarchical                                  the table of MANY-CLASSES.md, each row a process
 */
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const [annotators = '100', classes = '4234', method = 'dawid-skene', version] = process.argv.slice(2);

if (annotators === 'hierarchical') {
  for (const crowd of [['100', '1000'], ['100', '4234'], ['1000', '4234']]) {
    for (const one of [['hierarchical-dawid-skene', '1'], ['hierarchical-dawid-skene', '2'], ['dawid-skene']]) process.stdout.write(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...crowd, ...one]));
  }
} else await run(Number(annotators), Number(classes));

async function run(annotators, classes) {
  const { aggregate, simulateCrowd, VoteTable } = await import(new URL('../../dist/src/aggregation/index.js', import.meta.url));
  const votes = new VoteTable(simulateCrowd({ items: 4000, annotators, classes, votesPerItem: 5, confusable: 10, classSkew: 1 }, 1).columns);
  const used = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
  const seconds = [];
  const from = used();
  let last = from;
  // The hierarchical form ends within 25 passes by itself.
  const options = method === 'dawid-skene' ? { maxIterations: 25, tolerance: 0 } : {};
  const { diagnostics } = aggregate(votes, method, {
    options, ...(version && { version: Number(version) }),
    onProgress: ({ done }) => {
      if (done !== undefined) return;
      seconds.push(used() - last);
      last = used();
    },
  });
  const whole = used() - from;
  const [first, ...later] = seconds;
  const sorted = later.toSorted((a, b) => a - b);
  console.log(`${method}${version ? ` version ${version}` : ''}, ${votes.voteCount} votes of ${annotators} annotators, ${classes} classes: to the end of the first pass ${first.toFixed(2)} s, ` +
    `later ones ${sorted[sorted.length >> 1].toFixed(3)} s (median; longest ${sorted.at(-1).toFixed(2)} s), all of ${diagnostics.iterations} passes ${whole.toFixed(2)} s, ` +
    `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, load ${loadavg()[0].toFixed(1)}`);
}
