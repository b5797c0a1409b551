import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMethod, resolveOptions, runCost } from '../../src/aggregation/index.js';
import { startService, type Service } from '../setup/service.js';
import { ended, endless, newCrowd, readRun, runToEnd, startRun, untilRun } from './crowd.js';

const START = `mutation ($input: StartRunInput!) { startRun(input: $input) { run { id estimate { operations megabytes seconds } } } }`;

let service: Service;
let projectId: string;
beforeAll(async () => {
  service = await startService({ MAX_RUN_OPERATIONS: '1e9' });
  ({ projectId } = await newCrowd(service, { items: 200, annotators: 10, classes: 4, votesPerItem: 5 }));
});
afterAll(() => service.stop());

describe('the estimate of a run', () => {
  it('is told when it is started, by its method, the project and its options', async () => {
    const { startRun: { run } } = await service.data(START, { input: { projectId, method: 'dawid-skene' } });
    const method = findMethod('dawid-skene');
    const expected = runCost(method, { items: 200, annotators: 10, classes: 4, votes: 1000, models: 0 }, resolveOptions(method));
    expect(run.estimate).toEqual({ operations: expected.operations, megabytes: expected.bytes / 1e6, seconds: expected.seconds });
    await untilRun(service, run.id, ended);
  });

  it('refuses a run above the bound when it is asked for: no run is made', async () => {
    const runs = async () => (await service.data(`query ($id: ID!) { project(id: $id) { runs(first: 100) { nodes { id } } } }`, { id: projectId })).project.runs.nodes.length;
    const before = await runs();
    const { errors } = await service.graphql(START, { input: { projectId, ...endless } });
    expect(errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'input.method' });
    expect(errors![0]!.message).toMatch(/^dawid-skene would take about [\d.]+e\+\d+ operations \(.*\) and \d+ MB for 1000 votes on 200 items .*, and MAX_RUN_OPERATIONS is 1e\+9: choose another method \(.*majority-vote, about 1 s.*\)/);
    expect(await runs()).toBe(before);
  });

  it("fails a run that the project's rule starts above the bound, in the same words", async () => {
    const id = await startRun(service, projectId, { method: 'dawid-skene' });
    await untilRun(service, id, ended);
    // As a rule would start it: nobody is there to be told.
    await service.source.query(
      `update runs set status = 'QUEUED', finished_at = null, options = options || '{"tolerance": 0, "maxIterations": 1000000}' where id = (select max(id) from runs)`,
    );
    const failed = await untilRun(service, id, ended);
    expect(failed).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(/^dawid-skene would take .* MAX_RUN_OPERATIONS is 1e\+9/) });
  });

  it('leaves no share of an iteration behind once the run has ended', async () => {
    const { id } = await runToEnd(service, projectId, { method: 'majority-vote' });
    expect((await service.data(`query ($id: ID!) { run(id: $id) { iterationDone status } }`, { id })).run).toEqual({ iterationDone: null, status: 'SUCCEEDED' });
    expect((await readRun(service, id)).iteration).toBe(1);
  });
});
