import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { quantiles, simulateCrowd } from '../../src/aggregation/index.js';
import { EDGES, histogram } from '../../src/agreement/lead-times.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

let service: Service;
let projectId: string;
/** Before anything is superseded or withdrawn. */
let whole: string;

const REQUEST = `mutation ($input: RequestAnnotatorActivityInput!) { requestAnnotatorActivity(input: $input) { replayed report { id watermark } } }`;
const TIMES = 'votes mean median p10 p90';
const ROW = `annotator { externalId } votes outcomes { skip unsure cannotLabel } classes { class votes share crowdShare } leadTime { ${TIMES} } firstVoteAt lastVoteAt activeDays days { day votes }`;
const FIELDS = `votes outcomes { skip unsure cannotLabel } withoutLeadTime leadTime { ${TIMES} histogram { from to votes } }`;

interface GivenVote {
  item: string;
  annotator: string;
  class?: string;
  outcome?: string;
  time?: string;
  durationMs?: number;
  guidelineVersion?: string;
}

const at = (day: number, hour = 12) => new Date(Date.UTC(2026, 0, day, hour)).toISOString();

/** x: three votes and a skip on two days; y: two without lead time; z: no class at all. */
const votes: GivenVote[] = [
  { item: '1', annotator: 'x', class: 'a', time: at(1, 0), durationMs: 1000, guidelineVersion: '1' },
  { item: '2', annotator: 'x', class: 'a', time: at(1, 23), durationMs: 2000, guidelineVersion: '1' },
  { item: '3', annotator: 'x', class: 'b', time: at(3), durationMs: 6000, guidelineVersion: '2' },
  { item: '4', annotator: 'x', outcome: 'SKIP', time: at(9), durationMs: 90, guidelineVersion: '2' },
  { item: '1', annotator: 'y', class: 'b', time: at(5), guidelineVersion: '1' },
  { item: '3', annotator: 'y', class: 'b', time: at(4), guidelineVersion: '2' },
  { item: '1', annotator: 'z', outcome: 'UNSURE', time: at(2) },
  { item: '2', annotator: 'z', outcome: 'CANNOT_LABEL', time: at(2) },
];

beforeAll(async () => {
  service = await startService();
  projectId = await service.newProject({ classes: ['a', 'b', 'c'] });
  await submit(projectId, votes);
  whole = (await requested({})).report.watermark;
});
afterAll(() => service.stop());

async function submit(project: string, given: object[]): Promise<void> {
  const { submitVotes } = await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`, { input: { projectId: project, votes: given } });
  expect(submitVotes.counts.rejected).toBe(0);
}

async function requested(input: object): Promise<{ replayed: boolean; report: { id: string; watermark: string } }> {
  return (await service.data(REQUEST, { input: { projectId, ...input } })).requestAnnotatorActivity;
}

// Answers are looked into by the tests that asked for them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function measured(input: object, fields = `${FIELDS} annotators { nodes { ${ROW} } }`): Promise<any> {
  const { report: { id } } = await requested(input);
  const report = await until(async () => {
    const { report: now } = await service.data(`query ($id: ID!) { report(id: $id) { status failure ... on AnnotatorActivityReport { ${fields} } } }`, { id });
    return ['QUEUED', 'RUNNING'].includes(now.status) ? null : now;
  }, 'the report');
  expect(report).toMatchObject({ status: 'SUCCEEDED', failure: null });
  return report;
}

async function order(by: string): Promise<string[]> {
  const { annotators } = await measured({ watermark: whole }, `annotators(order: ${by}) { nodes { annotator { externalId } } }`);
  return annotators.nodes.map(({ annotator }: { annotator: { externalId: string } }) => annotator.externalId);
}

describe('what annotators did', () => {
  it('is told over all: votes, other outcomes, and how long votes took', async () => {
    const report = await measured({ watermark: whole });
    expect(report).toMatchObject({ votes: 5, outcomes: { skip: 1, unsure: 1, cannotLabel: 1 }, withoutLeadTime: 2 });
    const { histogram: bins, ...times } = report.leadTime;
    expect(times).toEqual({ votes: 3, mean: 3000, median: 2000, p10: 1200, p90: 5200 });
    expect(bins[0]).toEqual({ from: 1000, to: 1250, votes: 1 });
    expect(bins.at(-1)).toEqual({ from: 5000, to: 6300, votes: 1 });
    expect(bins).toHaveLength(8);
    expect(bins.find(({ from }: { from: number }) => from === 2000)).toEqual({ from: 2000, to: 2500, votes: 1 });
  });

  it('is told of each: classes beside the crowd\'s, lead times, days', async () => {
    const { annotators: { nodes } } = await measured({ watermark: whole });
    expect(nodes).toEqual([
      {
        annotator: { externalId: 'x' }, votes: 3, outcomes: { skip: 1, unsure: 0, cannotLabel: 0 },
        classes: [{ class: 'a', votes: 2, share: 2 / 3, crowdShare: 0.4 }, { class: 'b', votes: 1, share: 1 / 3, crowdShare: 0.6 }],
        leadTime: { votes: 3, mean: 3000, median: 2000, p10: 1200, p90: 5200 }, firstVoteAt: at(1, 0), lastVoteAt: at(3), activeDays: 2,
        days: [{ day: '2026-01-01', votes: 2 }, { day: '2026-01-03', votes: 1 }],
      },
      {
        annotator: { externalId: 'y' }, votes: 2, outcomes: { skip: 0, unsure: 0, cannotLabel: 0 }, classes: [{ class: 'b', votes: 2, share: 1, crowdShare: 0.6 }],
        leadTime: null, firstVoteAt: at(4), lastVoteAt: at(5), activeDays: 2, days: [{ day: '2026-01-04', votes: 1 }, { day: '2026-01-05', votes: 1 }],
      },
      {
        annotator: { externalId: 'z' }, votes: 0, outcomes: { skip: 0, unsure: 1, cannotLabel: 1 }, classes: [], leadTime: null, firstVoteAt: null, lastVoteAt: null, activeDays: 0, days: [],
      },
    ]);
  });

  it('comes by annotator, by votes, by lead time and by the last vote; those without one are last', async () => {
    expect(await order('ANNOTATOR')).toEqual(['x', 'y', 'z']);
    expect(await order('VOTES')).toEqual(['x', 'y', 'z']);
    expect(await order('LEAD_TIME')).toEqual(['x', 'y', 'z']);
    expect(await order('LAST_VOTE')).toEqual(['y', 'x', 'z']);
  });

  it('tells as many of the last days as are asked for', async () => {
    const { annotators } = await measured({ watermark: whole }, 'annotators { nodes { days(last: 1) { day } } }');
    expect(annotators.nodes.map(({ days }: { days: { day: string }[] }) => days.map(({ day }) => day))).toEqual([['2026-01-03'], ['2026-01-05'], []]);
  });

  it.each<[string, object, object, string[]]>([
    ['items', { items: ['1', '4'] }, { votes: 2, withoutLeadTime: 1, outcomes: { skip: 1, unsure: 1, cannotLabel: 0 } }, ['x', 'y', 'z']],
    ['annotators', { annotators: ['y', 'z'] }, { votes: 2, withoutLeadTime: 2, leadTime: null }, ['y', 'z']],
    ['time', { timeFrom: at(3), timeTo: at(5) }, { votes: 2, outcomes: { skip: 0, unsure: 0, cannotLabel: 0 } }, ['x', 'y']],
    ['guidelines', { guidelineVersions: ['2'] }, { votes: 2, outcomes: { skip: 1, unsure: 0, cannotLabel: 0 } }, ['x', 'y']],
    ['nothing that is there', { timeFrom: at(20) }, { votes: 0, withoutLeadTime: 0, leadTime: null }, []],
  ])('of a selection by %s is of that alone', async (_, selection, expected, names) => {
    const report = await measured({ watermark: whole, selection });
    expect(report).toMatchObject(expected);
    expect(report.annotators.nodes.map(({ annotator }: { annotator: { externalId: string } }) => annotator.externalId)).toEqual(names);
  });

  it('leaves out votes that were superseded or withdrawn, but not at a watermark before that', async () => {
    await submit(projectId, [{ item: '3', annotator: 'x', class: 'c', time: at(7), durationMs: 4000 }]);
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`, { input: { projectId, votes: [{ item: '1', annotator: 'y' }, { item: '2', annotator: 'z' }] } });
    const now = await measured({});
    expect(now).toMatchObject({ votes: 4, withoutLeadTime: 1, outcomes: { skip: 1, unsure: 1, cannotLabel: 0 } });
    expect(now.annotators.nodes[0]).toMatchObject({ classes: [{ class: 'a', votes: 2 }, { class: 'c', votes: 1, crowdShare: 0.25 }], lastVoteAt: at(7), leadTime: { votes: 3, median: 2000 } });
    expect(now.annotators.nodes[1]).toMatchObject({ votes: 1, lastVoteAt: at(4), activeDays: 1 });
    expect(await measured({ watermark: whole })).toMatchObject({ votes: 5, withoutLeadTime: 2 });
  });

  it('of a drawn crowd is what its votes give one by one', async () => {
    const { columns } = simulateCrowd({ items: 700, annotators: 40, classes: 4, votesPerItem: 7 }, 3);
    const project = await service.newProject({ classes: ['a', 'b', 'c', 'd'] });
    const given = Array.from(columns.items, (item, v) => ({
      item: `i${item}`, annotator: `a${columns.annotators[v]}`, class: 'abcd'[columns.classes[v]!]!, time: new Date(Date.UTC(2026, 0, 1) + (v * 7919 % 4801) * 3_600_000).toISOString(),
      ...(v % 5 > 0 && { durationMs: (v * 104_729) % 100_003 }),
    }));
    await submit(project, given);
    const report = await measured({ projectId: project }, `${FIELDS} annotators { nodes { ${ROW.replace('days', 'days(last: 366)')} } }`);
    const known = given.flatMap(({ durationMs }) => durationMs ?? []);
    expect(report).toMatchObject({ votes: given.length, withoutLeadTime: given.length - known.length, leadTime: timesOf(known) });
    expect(report.leadTime.histogram).toEqual(binsBy(known, report.leadTime.histogram));
    expect(report.annotators.nodes).toHaveLength(new Set(given.map(({ annotator }) => annotator)).size);
    for (const node of report.annotators.nodes) {
      const own = given.filter(({ annotator }) => annotator === node.annotator.externalId);
      const times = own.map(({ time }) => time).sort();
      const days = countsOf(own.map(({ time }) => time.slice(0, 10)));
      expect(node).toEqual({
        annotator: node.annotator, votes: own.length, outcomes: { skip: 0, unsure: 0, cannotLabel: 0 }, leadTime: timesOf(own.flatMap(({ durationMs }) => durationMs ?? [])),
        classes: countsOf(own.map((vote) => vote.class)).map(([name, count]) => ({
          class: name, votes: count, share: count / own.length, crowdShare: given.filter((vote) => vote.class === name).length / given.length,
        })),
        firstVoteAt: times[0], lastVoteAt: times.at(-1), activeDays: days.length, days: days.map(([day, count]) => ({ day, votes: count })),
      });
    }
    const ordered = async (by: string, field: string) => (await measured({ projectId: project }, `annotators(order: ${by}) { nodes { ${field} } }`)).annotators.nodes;
    const byVotes = (await ordered('VOTES', 'votes')).map((node: { votes: number }) => node.votes);
    expect(byVotes).toEqual([...byVotes].sort((a, b) => b - a));
    const medians = (await ordered('LEAD_TIME', 'leadTime { median }')).map((node: { leadTime: { median: number } }) => node.leadTime.median);
    expect(medians).toEqual([...medians].sort((a, b) => a - b));
    const lastVotes = (await ordered('LAST_VOTE', 'lastVoteAt')).map((node: { lastVoteAt: string }) => node.lastVoteAt);
    expect(lastVotes).toEqual([...lastVotes].sort().reverse());
    for (const values of [byVotes, medians, lastVotes]) expect(new Set(values).size).toBeGreaterThan(1);
  });
});

function timesOf(durations: number[]) {
  const [p10, median, p90] = quantiles(durations, [0.1, 0.5, 0.9]);
  return { votes: durations.length, mean: durations.reduce((sum, one) => sum + one, 0) / durations.length, median, p10, p90 };
}

function countsOf(values: string[]): [string, number][] {
  return [...new Set(values)].sort().map((value) => [value, values.filter((one) => one === value).length]);
}

/** The same bins with the durations that lie in them, and none that lies in no bin. */
function binsBy(durations: number[], bins: { from: number; to: number }[]) {
  const counted = bins.map(({ from, to }) => ({ from, to, votes: durations.filter((one) => one >= from && one < to).length }));
  expect(counted.reduce((sum, one) => sum + one.votes, 0)).toBe(durations.length);
  return counted;
}

it('bins have the same edges in each report, and hold each duration that a vote can have', () => {
  expect(EDGES.slice(0, 13)).toEqual([0, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250]);
  expect(EDGES.every((edge, i) => i === 0 || edge > EDGES[i - 1]!)).toBe(true);
  const counts = histogram(Int32Array.of(0, 99, 100, 124, 125, 0x7fffffff));
  expect(counts.slice(0, 3)).toEqual([2, 2, 1]);
  expect(counts.findLastIndex((count) => count > 0)).toBe(EDGES.indexOf(2e9));
});

describe('the report', () => {
  it('is one for the same question, however it is put; another key of the same call is replayed', async () => {
    const first = await requested({ watermark: whole, selection: { annotators: ['x', 'y'] }, idempotencyKey: 'one' });
    const second = await requested({ watermark: whole, selection: { annotators: ['y', 'x', 'y'] } });
    const again = await requested({ watermark: whole, selection: { annotators: ['x', 'y'] }, idempotencyKey: 'one' });
    expect(second.report.id).toBe(first.report.id);
    expect([first.replayed, second.replayed, again.replayed]).toEqual([false, false, true]);
    expect((await requested({ watermark: whole })).report.id).not.toBe(first.report.id);
  });

  it('gives a page with all that it tells of each row by three statements, however many rows there are', async () => {
    const { report } = await requested({});
    await until(async () => (await service.data(`query ($id: ID!) { report(id: $id) { status } }`, { id: report.id })).report.status === 'SUCCEEDED', 'the report');
    const statements = vi.spyOn(service.source, 'query');
    try {
      const page = (await service.data(`query ($id: ID!) { report(id: $id) { ... on AnnotatorActivityReport { annotators { nodes { ${ROW} } } } } }`, { id: report.id })).report.annotators;
      expect(page.nodes.length).toBeGreaterThan(2);
      expect(statements.mock.calls.filter(([sql]) => sql.includes('substring(pages'))).toHaveLength(3);
    } finally {
      statements.mockRestore();
    }
  });

  it('gives pages whose cursors are of their order', async () => {
    const { annotators } = await measured({ watermark: whole }, 'annotators(order: VOTES, first: 2) { nodes { votes } pageInfo { endCursor hasNextPage } }');
    expect(annotators).toMatchObject({ nodes: [{ votes: 3 }, { votes: 2 }], pageInfo: { hasNextPage: true } });
    const next = `(first: 2, after: "${annotators.pageInfo.endCursor}", order:`;
    expect((await measured({ watermark: whole }, `annotators${next} VOTES) { nodes { votes } }`)).annotators.nodes).toEqual([{ votes: 0 }]);
    const { report: { id } } = await requested({ watermark: whole });
    const { errors } = await service.graphql(`query ($id: ID!) { report(id: $id) { ... on AnnotatorActivityReport { annotators${next} LAST_VOTE) { nodes { votes } } } } }`, { id });
    expect(errors![0]).toMatchObject({ message: expect.stringMatching(/cursor of the order VOTES, and LAST_VOTE is asked for/) as string, extensions: { code: 'INVALID_INPUT', field: 'after' } });
  });

  it.each([0, 367])('refuses %i days', async (last) => {
    await measured({ watermark: whole }, 'votes');
    const { report: { id } } = await requested({ watermark: whole });
    const { errors } = await service.graphql(`query ($id: ID!) { report(id: $id) { ... on AnnotatorActivityReport { annotators { nodes { days(last: ${last}) { day } } } } } }`, { id });
    expect(errors![0]).toMatchObject({ message: `last is ${last}; it goes from 1 to 366`, extensions: { code: 'INVALID_INPUT' } });
  });

  it.each<[string, object, string, RegExp]>([
    ['an unknown item', { selection: { items: ['nowhere'] } }, 'INVALID_INPUT', /names "nowhere"/],
    ['an unknown annotator', { selection: { annotators: ['nobody'] } }, 'INVALID_INPUT', /names "nobody"/],
    ['an empty selection', { selection: { guidelineVersions: [] } }, 'INVALID_INPUT', /is empty/],
    ['time that runs back', { selection: { timeFrom: at(2), timeTo: at(1) } }, 'INVALID_INPUT', /timeTo is after timeFrom/],
    ['a watermark of the future', { watermark: '99999999' }, 'INVALID_INPUT', /input.watermark is 99999999/],
    ['a project that is none', { projectId: Buffer.from('Project:999').toString('base64url') }, 'NOT_FOUND', /project/],
  ])('with %s is refused', async (_, input, code, message) => {
    const { errors } = await service.graphql(REQUEST, { input: { projectId, ...input } });
    expect(errors![0]).toMatchObject({ message: expect.stringMatching(message) as string, extensions: { code } });
  });

  it("of another's project is absent", async () => {
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    const { errors } = await service.graphql(REQUEST, { input: { projectId } }, { key });
    expect(errors![0]).toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  });
});
