import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, simulateCrowd, VoteTable } from '../../src/aggregation/index.js';
import { codes, newCrowd, runToEnd } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { setGold } from './gold-calls.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

/** Annotators err independently, so that the default is too unsure. */
const crowdOptions = { items: 400, annotators: 20, classes: 3, votesPerItem: 9, skill: 0.6 };
const tunes = { method: 'soft-label-mean', options: { tuneByGold: true } };

const FOUND = `query ($id: ID!, $run: ID!) {
  run(id: $run) { goldCount options findings { name value } diagnostics { warnings } }
  project(id: $id) { softLabels(run: $run, first: 1000) { nodes { item { externalId } probabilities } } goldEvaluation(run: $run) { items clamped scores { logLoss } } } }`;

describe('a run whose settings gold chooses', () => {
  it('is that of the library, tells what was chosen and gained, and is judged by later answers alone', async () => {
    const { truth } = simulateCrowd(crowdOptions, 1);
    const { projectId, columns, classes } = await newCrowd(service, crowdOptions);
    const answersFrom = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => ({ item: `i${first + i}`, class: classes[truth[first + i]!]! }));
    await setGold(service, projectId, answersFrom(0, 150));
    const run = await runToEnd(service, projectId, tunes);
    const blind = await runToEnd(service, projectId, { method: 'soft-label-mean' });
    await setGold(service, projectId, answersFrom(150, 400));

    const { items, annotators } = await codes(service, projectId);
    const table = new VoteTable({
      items: columns.items.map((item) => items.indexOf(`i${item}`)), annotators: columns.annotators.map((annotator) => annotators.indexOf(`a${annotator}`)), classes: columns.classes,
      itemCount: 400, annotatorCount: 20, classCount: 3,
    });
    const gold = Int32Array.from(items, (item) => (Number(item.slice(1)) < 150 ? truth[Number(item.slice(1))]! : -1));
    const expected = aggregate(table, 'soft-label-mean', { gold, options: tunes.options });
    const found = await service.data(FOUND, { id: projectId, run: run.id });
    for (const { item, probabilities } of found.project.softLabels.nodes) {
      const at = items.indexOf(item.externalId) * 3;
      expect(probabilities).toEqual([...expected.posteriors.subarray(at, at + 3)]);
    }
    const told = Object.fromEntries(found.run.findings.map(({ name, value }: { name: string; value: number }) => [name, value]));
    expect(told).toEqual(Object.fromEntries(Object.entries(expected.findings!).filter(([name]) => name !== 'disagreement').map(([name, [value]]) => [name, value])));
    expect(told).toMatchObject({ tunedByGold: 1, tuningAnswers: 150 });
    expect(told.tuningGain).toBeGreaterThan(0);
    expect(found.run).toMatchObject({ goldCount: 150, options: expect.objectContaining({ tuneByGold: true, rho: 0.3 }) });
    // What chose is not what judges.
    expect(found.project.goldEvaluation).toMatchObject({ items: 250, clamped: 150 });
    const untuned = await service.data(FOUND, { id: projectId, run: blind.id });
    expect(untuned.project.goldEvaluation.scores.logLoss - found.project.goldEvaluation.scores.logLoss).toBeGreaterThan(0.01);
  });

  it('is as without where answers are too few, and says so; other settings of the method are refused at once', async () => {
    const { projectId, classes } = await newCrowd(service, { items: 60, annotators: 8, classes: 3, votesPerItem: 3 });
    await setGold(service, projectId, Array.from({ length: 20 }, (_, i) => ({ item: `i${i}`, class: classes[i % 3]! })));
    const run = await runToEnd(service, projectId, tunes);
    const { run: told } = await service.data(FOUND, { id: projectId, run: run.id });
    expect(told.findings).toEqual([{ name: 'tunedByGold', value: 0 }, { name: 'tuningAnswers', value: 20 }]);
    expect(told.diagnostics.warnings.at(-1)).toBe('tuneByGold left weights, rho and temperature as they are: the run reads gold answers of 20 voted items, and 50 are needed');
    const { errors } = await service.graphql(
      `mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId, ...tunes, options: { tuneByGold: true, methods: 'six' } } },
    );
    expect(errors![0]).toMatchObject({ message: 'soft-label-mean: tuneByGold chooses weights of methods five under combine mean; leave both as they are by default', extensions: { code: 'INVALID_INPUT' } });
  });
});
