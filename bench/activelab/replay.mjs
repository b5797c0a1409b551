// Replays the ActiveLab benchmark with the built library: npm run build && node bench/activelab/replay.mjs [folder] [seeds]
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as library from '../../dist/src/aggregation/index.js';
import { judgeAndScore } from '../../dist/src/assignment/scoring/scoring.js';
import { poolNames, readCurves, readPool, readSelections, readStreams } from './pools.mjs';
import { policies as byLibrary, startCampaign } from './protocol.mjs';
import { servicePriorities } from './service-scores.mjs';

/** ActiveLab as the service puts items in order; the others by the library alone. */
const policies = { ...byLibrary, activelab: (_, state) => [servicePriorities(judgeAndScore, state), 'lowest'] };

const ROUNDS = 15;
const folder = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : new URL('../../../shared/bench-data/activelab/', import.meta.url);
if (!existsSync(folder)) {
  console.error(`the benchmark's files are not at ${folder.pathname}; give their folder as the first argument`);
  process.exit(1);
}
const seeds = Array.from({ length: Number(process.argv[3] ?? 5) }, (_, seed) => seed);

for (const name of poolNames) {
  const pool = readPool(folder, name);
  const selections = readSelections(folder, name);
  for (const policy of Object.keys(policies)) {
    const curves = readCurves(folder, name, policy);
    const begun = performance.now();
    const means = new Map();
    let picks = 0;
    let samePicks = 0;
    let largestMiss = 0;
    for (const seed of seeds) {
      const campaign = startCampaign(library, pool, readStreams(folder, name, seed));
      for (let round = 0; round <= ROUNDS; round++) {
        const state = campaign.round();
        const expected = curves.find((row) => Number(row.seed) === seed && Number(row.round) === round);
        largestMiss = Math.max(largestMiss, Math.abs(state.testAccuracy - expected.test_accuracy), Math.abs(state.consensusAccuracy - expected.consensus_accuracy));
        const mean = means.get(round) ?? { test: 0, consensus: 0 };
        mean.test += state.testAccuracy / seeds.length;
        mean.consensus += state.consensusAccuracy / seeds.length;
        means.set(round, mean);
        if (round === ROUNDS) break;
        const items = campaign.pick(...policies[policy](library, state));
        if (policy === 'activelab') {
          picks += items.length;
          samePicks += items.filter((item, i) => item === selections[seed][round][i]).length;
        }
        campaign.label(items);
      }
    }
    const at = (round) => means.get(round).test.toFixed(3);
    console.log(
      `${name.padEnd(10)} ${policy.padEnd(11)} start ${at(0)}  r5 ${at(5)}  r10 ${at(10)}  r15 ${at(15)}  consensus r15 ${means.get(15).consensus.toFixed(3)}` +
        `  largest miss ${largestMiss.toExponential(1)}${picks ? `  picks ${samePicks}/${picks}` : ''}  (${((performance.now() - begun) / 1000).toFixed(1)} s)`,
    );
  }
}
