import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Jobs } from '../../src/jobs/jobs.service.js';
import { Transactions } from '../../src/platform/database/transaction.js';
import { startService, startBeside, type Service } from '../setup/service.js';
import { ended, refusedAgreement, requestAgreement } from '../agreement/reports.js';
import { workDue } from '../setup/at-rest.js';
import { newCrowd, submit } from '../runs/crowd.js';
import { until } from '../setup/until.js';

let service: Service;
let projectId: string;
/** Works on nothing, so that what is asked of it waits. */
let idle: Service;
let waiting: string;

beforeAll(async () => {
  service = await startService();
  ({ projectId } = await newCrowd(service, { items: 60, annotators: 6, classes: 3, votesPerItem: 4 }));
  idle = await startService({ ASSAY_WORK: 'false' });
  waiting = await idle.newProject();
});
afterAll(() => Promise.all([service.stop(), idle.stop()]));

const OVERALL = 'overall { value }';
const CANCEL = `mutation ($id: ID!) { cancelReport(input: { id: $id }) { report { id status } } }`;

describe('the same question', () => {
  it('has the same report at the same watermark, worked out once, whatever the order of its lists', async () => {
    const asked = { projectId, metric: 'percent', by: ['OVERALL', 'ITEM'], selection: { items: ['i3', 'i1'], annotators: ['a0', 'a1', 'a2'] } };
    const first = await requestAgreement(service, asked);
    const report = await ended(service, first.report.id, OVERALL);
    const again = await requestAgreement(service, { ...asked, by: ['ITEM', 'OVERALL', 'ITEM'], selection: { items: ['i1', 'i3', 'i1'], annotators: ['a2', 'a1', 'a0'] } });
    expect(again).toEqual({ replayed: false, report: { ...first.report, status: 'SUCCEEDED' } });
    expect(await ended(service, again.report.id, OVERALL)).toEqual({ ...report, attempt: 1 });
    const other = await requestAgreement(service, { ...asked, by: ['OVERALL'] });
    expect(other.report.id).not.toBe(first.report.id);
  });

  it('is another after a vote; at the watermark of before the old report answers', async () => {
    const asked = { projectId, metric: 'fleiss-kappa' };
    const before = (await requestAgreement(service, asked)).report;
    const value = (await ended(service, before.id, OVERALL)).overall.value;
    await submit(service, projectId, [{ item: 'i0', annotator: 'late', class: 'class 1' }, { item: 'i1', annotator: 'late', class: 'class 2' }]);
    const after = (await requestAgreement(service, asked)).report;
    expect(after.id).not.toBe(before.id);
    expect((await ended(service, after.id, OVERALL)).overall.value).not.toBe(value);
    expect((await requestAgreement(service, { ...asked, watermark: before.watermark })).report.id).toBe(before.id);
    // A question that was not asked then is answered as it would have been.
    const alpha = await ended(service, (await requestAgreement(service, { projectId, metric: 'percent', watermark: before.watermark })).report.id, 'votes');
    expect(alpha.votes).toBe((await ended(service, before.id, 'votes')).votes);
  });

  it('asked twice at once is one report', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, () => requestAgreement(service, { projectId, metric: 'gwet-ac1' })));
    expect(new Set(asked.map(({ report }) => report.id)).size).toBe(1);
  });

  it('with an idempotency key replays its answer, and refuses the key for another question', async () => {
    const first = await requestAgreement(service, { projectId, metric: 'percent', idempotencyKey: 'one' });
    await submit(service, projectId, [{ item: 'i2', annotator: 'late', class: 'class 0' }]);
    const again = await requestAgreement(service, { projectId, metric: 'percent', idempotencyKey: 'one' });
    expect(again).toMatchObject({ replayed: true, report: { id: first.report.id } });
    expect(await refusedAgreement(service, { projectId, metric: 'gwet-ac1', idempotencyKey: 'one' })).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a report', () => {
  it('is found by node and in the list of its project, the newest first', async () => {
    const { report } = await requestAgreement(service, { projectId, metric: 'krippendorff-alpha-nominal' });
    await ended(service, report.id);
    const { node, project } = await service.data(`query ($id: ID!, $project: ID!) { node(id: $id) { __typename id } project(id: $project) { reports(first: 2) { nodes { __typename id status ... on AgreementReport { metric } } } } }`, { id: report.id, project: projectId });
    expect(node).toEqual({ __typename: 'AgreementReport', id: report.id });
    expect(project.reports.nodes[0]).toEqual({ __typename: 'AgreementReport', id: report.id, status: 'SUCCEEDED', metric: 'krippendorff-alpha-nominal' });
    expect(project.reports.nodes).toHaveLength(2);
  });

  it('of another workspace is absent, to be read and to be cancelled', async () => {
    const { report } = await requestAgreement(service, { projectId, metric: 'percent' });
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    for (const operation of [`query ($id: ID!) { report(id: $id) { id } }`, `query ($id: ID!) { node(id: $id) { id } }`, CANCEL]) {
      expect((await service.graphql(operation, { id: report.id }, { key })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    }
    expect((await service.graphql(`query ($id: ID!) { report(id: $id) { id } }`, { id: projectId })).errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  it('that has ended is not cancelled', async () => {
    const { report } = await requestAgreement(service, { projectId, metric: 'percent' });
    await ended(service, report.id);
    expect((await service.graphql(CANCEL, { id: report.id })).errors![0]).toMatchObject({ message: 'the report has succeeded already', extensions: { code: 'CONFLICT' } });
  });

  it('that waits is cancelled, stays so, and begins again when it is asked for again', async () => {
    const { report } = await requestAgreement(idle, { projectId: waiting, metric: 'percent' });
    expect((await idle.data(CANCEL, { id: report.id })).cancelReport.report).toEqual({ id: report.id, status: 'CANCELLED' });
    expect((await idle.data(CANCEL, { id: report.id })).cancelReport.report.status).toBe('CANCELLED');
    expect((await requestAgreement(idle, { projectId: waiting, metric: 'percent' })).report).toMatchObject({ id: report.id, status: 'QUEUED' });
  });

  it('is refused while twenty of the project wait', async () => {
    const asked = (seed: number) => ({ projectId: waiting, metric: 'percent', seed });
    const count = async () => (await idle.source.query<{ n: number }[]>(`select count(*)::int as n from reports where status = 'QUEUED'`))[0]!.n;
    for (let seed = 1; await count() < 20; seed++) await requestAgreement(idle, asked(seed));
    expect(await refusedAgreement(idle, asked(99))).toMatchObject({ code: 'LIMIT_EXCEEDED', message: expect.stringContaining('20 reports of the project wait or are under way') as string });
    expect(await count()).toBe(20);
    // One that waits already is no new one.
    expect((await requestAgreement(idle, asked(1))).report.status).toBe('QUEUED');
  });
});

describe('a report whose worker', () => {
  it('was lost is done by another, once, and the lost one writes nothing', async () => {
    const { report } = await requestAgreement(idle, { projectId: waiting, metric: 'percent', seed: 1 });
    await idle.source.query(`update reports set status = 'RUNNING', attempt = 1, fence = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second' where id = $1`, [numberOf(report.id)]);
    const worker = await startBeside(idle, { ASSAY_WORK: 'true' });
    try {
      expect(await ended(worker, report.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
      await until(async () => (await workDue(idle)).length === 0, 'the other reports');
    } finally {
      await worker.stop();
    }
  });

  it('was lost three times is given up, and says so', async () => {
    const { report } = await requestAgreement(service, { projectId, metric: 'percent', seed: 5 });
    await ended(service, report.id);
    await service.source.query(`update reports set status = 'RUNNING', attempt = 3, result = null, fence = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second' where id = $1`, [numberOf(report.id)]);
    expect(await ended(service, report.id)).toMatchObject({ status: 'FAILED', failure: 'the worker was lost 3 times' });
    // To ask again is to try again.
    await requestAgreement(service, { projectId, metric: 'percent', seed: 5 });
    expect(await ended(service, report.id, OVERALL)).toMatchObject({ status: 'SUCCEEDED', attempt: 1, failure: null, overall: { value: expect.any(Number) as number } });
  });

  it('is amid it when it is cancelled ends without a result', async () => {
    const { report } = await requestAgreement(service, { projectId, metric: 'cohen-kappa', replicates: 100_000 });
    await until(async () => (await service.data(`query ($id: ID!) { report(id: $id) { status } }`, { id: report.id })).report.status === 'RUNNING', 'its worker');
    await service.data(CANCEL, { id: report.id });
    // The worker goes on to the next.
    const next = await requestAgreement(service, { projectId, metric: 'percent', seed: 6 });
    expect(await ended(service, next.report.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await ended(service, report.id, OVERALL)).toMatchObject({ status: 'CANCELLED', overall: null });
  });
});

it('those that nobody asked for again in 30 days are dropped, others are not', async () => {
  const [old, used] = [await requestAgreement(service, { projectId, metric: 'percent', seed: 7 }), await requestAgreement(service, { projectId, metric: 'percent', seed: 8 })];
  for (const { report } of [old, used]) await ended(service, report.id);
  await service.source.query(`update reports set used_at = clock_timestamp() - interval '31 days' where id = any($1)`, [[old, used].map(({ report }) => numberOf(report.id))]);
  await requestAgreement(service, { projectId, metric: 'percent', seed: 8 });
  const sweep = service.app.get(Jobs).allSweeps.find(({ name }) => name === 'unused reports')!;
  await service.app.get(Transactions).run((transaction) => sweep.work(transaction));
  expect((await service.graphql(`query ($id: ID!) { report(id: $id) { id } }`, { id: old.report.id })).errors![0]!.extensions.code).toBe('NOT_FOUND');
  expect((await ended(service, used.report.id)).status).toBe('SUCCEEDED');
});

function numberOf(id: string): number {
  return Number(Buffer.from(id, 'base64url').toString().split(':')[2]);
}
