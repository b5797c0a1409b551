// Time a method takes on the shared crowds and on simulated ones:
// `npm run build && node bench/methods/methods.mjs [method,method,...] [votes]`.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { aggregate, calibration, findMethod, simulateCrowd, VoteTable } from '../../dist/src/aggregation/index.js';
import { crowdNames, loadCrowd } from '../accuracy/crowds.mjs';

const methods = (process.argv[2] ?? 'glad,mace,mmsr,kos,top-two').split(',').map(findMethod);
const voteCount = Number(process.argv[3] ?? 1_000_000);

console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)}`);
console.log('ms of processor time (wall time on a busy machine says little), best of 3 for runs under half a second\n');

const crowds = crowdNames().map((name) => () => {
  const { table, gold } = loadCrowd(name);
  return { name, table, gold };
});
for (const [classes, model] of [[2, 'one-coin'], [5, 'dawid-skene']]) {
  crowds.push(() => {
    const { columns, truth } = simulateCrowd({ model, items: voteCount / 5, annotators: 1000, classes, votesPerItem: 5 }, 1);
    return { name: `simulated, K = ${classes}`, table: new VoteTable(columns), gold: truth };
  });
}
if (crowds.length === 2) console.log('../shared is not there: only the simulated crowds\n');

console.log('| crowd | votes | K | method | iterations | converged | accuracy | ms | ns a vote and iteration |\n|---|---|---|---|---|---|---|---|---|');
for (const load of crowds) {
  const { name, table, gold } = load();
  for (const method of methods) {
    if (table.classCount > (method.maxClasses ?? Infinity)) continue;
    const { result, milliseconds } = timed(() => aggregate(table, method.id));
    const { iterations, converged } = result.diagnostics;
    const { accuracy } = calibration(result.posteriors, table.classCount, gold);
    const perVote = (milliseconds * 1e6) / (table.voteCount * iterations);
    console.log(`| ${name} | ${table.voteCount} | ${table.classCount} | ${method.id} | ${iterations} | ${converged} | ${accuracy.toFixed(4)} | ${milliseconds.toFixed(0)} | ${perVote.toFixed(0)} |`);
  }
}

function timed(run) {
  let milliseconds = Infinity;
  let result;
  for (let repeat = 0; repeat < 3 && (repeat === 0 || milliseconds < 500); repeat++) {
    const before = process.cpuUsage();
    result = run();
    const { user, system } = process.cpuUsage(before);
    milliseconds = Math.min(milliseconds, (user + system) / 1000);
  }
  return { result, milliseconds };
}
