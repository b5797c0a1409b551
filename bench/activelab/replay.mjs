// Replays the ActiveLab benchmark with the built library: npm run build && node bench/activelab/replay.mjs [--folder F] [--seeds N] [--keep FILE]
// With all five seeds it draws docs/activelab.svg. With --keep, what was measured is kept in the file, and a later start goes on behind it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as library from '../../dist/src/aggregation/index.js';
import { judgeAndScore } from '../../dist/src/assignment/scoring/scoring.js';
import { figure } from './figure.mjs';
import { poolNames, readCurves, readPool, readSelections, readStreams } from './pools.mjs';
import { decide, policies as byLibrary, startCampaign } from './protocol.mjs';
import { servicePriorities } from './service-scores.mjs';

const asked = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const ROUNDS = 15;
const ALL_SEEDS = 5;
const folder = asked('--folder', null) ? pathToFileURL(`${asked('--folder')}/`) : new URL('../../../shared/bench-data/activelab/', import.meta.url);
if (!existsSync(folder)) {
  console.error(`the benchmark's files are not at ${folder.pathname}; give their folder by --folder`);
  process.exit(1);
}
const seeds = Array.from({ length: Number(asked('--seeds', ALL_SEEDS)) }, (_, seed) => seed);
const kept = asked('--keep', null);

/** ActiveLab as the service puts items in order; the others by the library alone. Random draws are of our own: the reference's are not in its files. */
const policies = {
  ...byLibrary,
  activelab: (_, state) => [servicePriorities(judgeAndScore, state), 'lowest'],
  random: (_, { votes }, seed, round) => [library.scoreItems('random', { votes, seed: 100 * seed + round }), 'lowest'],
};

/** pool -> policy -> the means over the seeds, a round each. */
const curves = kept && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {};

for (const name of poolNames) {
  const pool = readPool(folder, name);
  curves[name] ??= {};
  for (const policy of Object.keys(policies)) {
    if (curves[name][policy]) continue;
    curves[name][policy] = replay(pool, policy);
    if (kept) writeFileSync(kept, JSON.stringify(curves));
  }
}
if (seeds.length === ALL_SEEDS) writeFileSync(new URL('../../docs/activelab.svg', import.meta.url), figure(curves));

function replay(pool, policy) {
  const { name } = pool;
  const selections = readSelections(folder, name);
  const reference = readCurves(folder, name, policy);
  const begun = performance.now();
  const means = Array.from({ length: ROUNDS + 1 }, () => ({ votes: 0, test: 0, consensus: 0 }));
  let picks = 0;
  let samePicks = 0;
  let sameDecisions = 0;
  let largestMiss = 0;
  for (const seed of seeds) {
    const campaign = startCampaign(library, pool, readStreams(folder, name, seed));
    for (let round = 0; round <= ROUNDS; round++) {
      const state = campaign.round();
      const expected = reference.find((row) => Number(row.seed) === seed && Number(row.round) === round);
      largestMiss = Math.max(largestMiss, Math.abs(state.testAccuracy - expected.test_accuracy), Math.abs(state.consensusAccuracy - expected.consensus_accuracy));
      const mean = means[round];
      mean.votes = state.votesSpent;
      mean.test += state.testAccuracy / seeds.length;
      mean.consensus += state.consensusAccuracy / seeds.length;
      if (round === ROUNDS) break;
      const items = campaign.pick(...policies[policy](library, state, seed, round));
      if (policy === 'activelab') {
        const decided = decide(library, pool, campaign.given, state);
        const wanted = selections[seed][round];
        picks += items.length;
        samePicks += items.filter((item, i) => item === wanted[i] && item === decided.items[i]).length;
        if (decided.decision === (campaign.given[wanted[0]] > 0 ? 'RELABEL' : 'NEW')) sameDecisions++;
      }
      campaign.label(items);
    }
  }
  const at = (round) => means[round].test.toFixed(3);
  console.log(
    `${name.padEnd(10)} ${policy.padEnd(11)} start ${at(0)}  r5 ${at(5)}  r10 ${at(10)}  r15 ${at(15)}  consensus r15 ${means[ROUNDS].consensus.toFixed(3)}` +
      `${policy === 'random' ? '' : `  largest miss ${largestMiss.toExponential(1)}`}` +
      `${picks ? `  picks ${samePicks}/${picks}, decisions ${sameDecisions}/${seeds.length * ROUNDS}` : ''}  (${((performance.now() - begun) / 1000).toFixed(1)} s)`,
  );
  return means;
}
