import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPool, readSelections, readStreams } from '../../bench/activelab/pools.mjs';
import { startCampaign } from '../../bench/activelab/protocol.mjs';
import { servicePriorities } from '../../bench/activelab/service-scores.mjs';
import * as library from '../../src/aggregation/index.js';
import { judgeAndScore } from '../../src/assignment/scoring/scoring.js';
import { startService, type Service } from '../setup/service.js';
import { hasShared, shared } from '../setup/shared.js';
import { Campaign } from './campaign.js';

describe.skipIf(!hasShared)('ActiveLab as the service has it', () => {
  const folder = pathToFileURL(`${shared('bench-data', 'activelab')}/`);
  let service: Service;
  beforeAll(async () => { service = await startService(); });
  afterAll(() => service.stop());

  it.each([0, 1, 2, 3, 4])('picks the very items the reference picked, in 15 rounds of wall-robot with seed %d', (seed) => {
    const campaign = startCampaign(library, readPool(folder, 'wall-robot'), readStreams(folder, 'wall-robot', seed));
    for (const expected of readSelections(folder, 'wall-robot')[seed]!) {
      expect(campaign.pick(servicePriorities(judgeAndScore, campaign.round()), 'lowest')).toEqual(expected);
      campaign.label(expected);
    }
  });

  it('gives them out in that order: the votes and predictions of a round, sent to the API, and one call of nextItems', async () => {
    const pool = readPool(folder, 'wall-robot');
    const selections = readSelections(folder, 'wall-robot')[0]!;
    const round = 7;
    const replay = startCampaign(library, pool, readStreams(folder, 'wall-robot', 0));
    for (const picked of selections.slice(0, round)) replay.label(picked);
    const { votes, predictions } = replay.round();
    const classes = Array.from({ length: pool.classCount }, (_, k) => `class ${k}`);
    const campaign = await Campaign.start(service, pool.poolSize, { maxVotes: 10 }, classes);
    await campaign.vote(...Array.from(votes.items, (item, v): [string, string, string] => [`item ${item}`, `annotator ${votes.annotators[v]!}`, classes[votes.classes[v]!]!]));
    const rows = Array.from({ length: pool.poolSize }, (_, item) => ({ item: `item ${item}`, probabilities: Array.from(predictions.subarray(item * pool.classCount, (item + 1) * pool.classCount)) }));
    await service.data(`mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { results { status } } }`, { input: { projectId: campaign.id, model: 'nearest', version: String(round), rows } });
    await campaign.settled();
    const { leases } = await campaign.next('another', { count: pool.batch });
    expect(leases.map((lease) => Number(lease.item.slice(5)))).toEqual(selections[round]);
    expect(new Set(leases.map((lease) => lease.strategy))).toEqual(new Set(['activelab']));
  });
});
