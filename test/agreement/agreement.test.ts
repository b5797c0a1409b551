import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreementMetrics, classScale, itemAgreement, measureAgreement, pairwiseAgreement, simulateCrowd, VoteTable } from '../../src/aggregation/index.js';
import { startService, type Service } from '../setup/service.js';
import { measured, refusedAgreement } from './reports.js';

/** Classes that are numbers, so that every metric fits. */
const classes = ['1', '2', '5', '10'];
const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 0, 1);

interface Given {
  item: number;
  annotator: number;
  label: number;
  day: number;
  guideline: string;
}

let service: Service;
let projectId: string;
/** As they were sent; codes are given in the order in which they came. */
let given: Given[];
let items: string[];
let annotators: string[];

beforeAll(async () => {
  service = await startService();
  projectId = await service.newProject({ classes });
  const { columns } = simulateCrowd({ items: 120, annotators: 9, classes: 4, votesPerItem: 4 }, 3);
  const named = Array.from(columns.items, (item, v) => ({
    item: `i${item}`, annotator: `a${columns.annotators[v]}`, class: classes[columns.classes[v]!]!, time: new Date(FIRST_DAY + (v % 10) * DAY).toISOString(), guidelineVersion: v % 3 === 0 ? "it's 2" : '1',
  }));
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`, { input: { projectId, votes: named } });
  const rows = async (kind: 'items' | 'annotators') => (await service.source.query<{ external_id: string }[]>(`select external_id from ${kind} order by code`)).map((row) => row.external_id);
  [items, annotators] = [await rows('items'), await rows('annotators')];
  given = named.map((vote, v) => ({
    item: items.indexOf(vote.item), annotator: annotators.indexOf(vote.annotator), label: classes.indexOf(vote.class), day: v % 10, guideline: vote.guidelineVersion,
  }));
});
afterAll(() => service.stop());

function tableOf(votes: Given[]): VoteTable {
  return new VoteTable({
    items: votes.map(({ item }) => item), annotators: votes.map(({ annotator }) => annotator), classes: votes.map(({ label }) => label),
    itemCount: items.length, annotatorCount: annotators.length, classCount: classes.length, classScale: classScale(classes, true),
  });
}

const finite = (value: number) => (Number.isNaN(value) ? null : value);
const OVERALL = `votes overall { value votedItems comparedItems warnings interval { low high level replicates undefinedReplicates } } perClass { class value }`;

describe('by the API', () => {
  it.each(agreementMetrics.map(({ id }) => id))('%s is that of the library to the last bit: overall with its interval, by class and by item', async (metric) => {
    const report = await measured(service, { projectId, metric, by: ['OVERALL', 'CLASS', 'ITEM'], replicates: 50, level: 0.9, seed: 7 }, `${OVERALL} items(first: 1000) { nodes { item { externalId } votes agreement } }`);
    const votes = tableOf(given);
    const { value, interval, votedItems, comparedItems, warnings, perClass } = measureAgreement({ metric, votes, perClass: true, replicates: 50, level: 0.9, seed: 7 });
    expect(report).toMatchObject({ status: 'SUCCEEDED', failure: null, attempt: 1, votes: given.length });
    expect(report.overall).toEqual({ value, votedItems, comparedItems, warnings, interval });
    expect(report.perClass).toEqual(classes.map((name, k) => ({ class: name, value: finite(perClass![k]!) })));
    const of = itemAgreement({ metric, votes });
    expect(report.items.nodes).toEqual(Array.from(of.items, (item, i) => ({ item: { externalId: items[item] }, votes: of.votes[i], agreement: of.agreement[i] })));
  });

  it.each([['percent', {}], ['cohen-kappa', { weights: 'quadratic' }]])('%s %j of each pair is that of the library', async (metric, options) => {
    const report = await measured(service, { projectId, metric, options, by: ['PAIR'] }, 'options overall { value } pairs { nodes { first { externalId } second { externalId } sharedItems value } }');
    const pairs = pairwiseAgreement({ metric, options, votes: tableOf(given) });
    expect(report.overall).toBeNull();
    expect(report.options).toEqual(options);
    expect(report.pairs.nodes).toEqual(Array.from(pairs.value, (value, p) => ({
      first: { externalId: annotators[pairs.first[p]!] }, second: { externalId: annotators[pairs.second[p]!] }, sharedItems: pairs.sharedItems[p], value: finite(value),
    })));
  });

  it.each<[string, object, (vote: Given) => boolean]>([
    ['annotators', { annotators: ['a1', 'a2', 'a5', 'a7'] }, ({ annotator }) => ['a1', 'a2', 'a5', 'a7'].includes(annotators[annotator]!)],
    ['a span of time', { timeFrom: new Date(FIRST_DAY + 2 * DAY).toISOString(), timeTo: new Date(FIRST_DAY + 8 * DAY).toISOString() }, ({ day }) => day >= 2 && day < 8],
    ['a version of the guideline', { guidelineVersions: ["it's 2", 'none'] }, ({ guideline }) => guideline === "it's 2"],
    ['all of these', { annotators: ['a1', 'a2', 'a3', 'a4', 'a5'], timeFrom: new Date(FIRST_DAY + DAY).toISOString(), guidelineVersions: ['1'] }, ({ annotator, day, guideline }) => ['a1', 'a2', 'a3', 'a4', 'a5'].includes(annotators[annotator]!) && day >= 1 && guideline === '1'],
  ])('of %s is that of the library over their votes', async (_, selection, test) => {
    const report = await measured(service, { projectId, metric: 'krippendorff-alpha-ordinal', by: ['OVERALL'], selection, replicates: 20 }, OVERALL);
    const votes = tableOf(given.filter(test));
    const { value, interval, votedItems, comparedItems } = measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes, replicates: 20 });
    expect(votes.voteCount).toBeGreaterThan(20);
    expect(report).toMatchObject({ votes: votes.voteCount, overall: { value, interval, votedItems, comparedItems } });
  });

  it('of chosen items is that of the library over them, whatever their order', async () => {
    const chosen = ['i90', 'i3', 'i17', 'i44', 'i5', 'i44'];
    const report = await measured(service, { projectId, metric: 'cohen-kappa', by: ['OVERALL', 'ITEM', 'PAIR'], selection: { items: chosen }, replicates: 20 }, `${OVERALL} items { nodes { item { externalId } agreement } } pairs { nodes { sharedItems value } }`);
    const request = { metric: 'cohen-kappa', votes: tableOf(given), items: [...new Set(chosen)].map((id) => items.indexOf(id)).sort((a, b) => a - b) };
    const { value, interval, votedItems, comparedItems, warnings } = measureAgreement({ ...request, replicates: 20 });
    const [of, pairs] = [itemAgreement(request), pairwiseAgreement(request)];
    expect(report.overall).toEqual({ value, interval, votedItems, comparedItems, warnings });
    expect(report.items.nodes).toEqual(Array.from(of.items, (item, i) => ({ item: { externalId: items[item] }, agreement: of.agreement[i] })));
    expect(report.pairs.nodes).toEqual(Array.from(pairs.value, (one, p) => ({ sharedItems: pairs.sharedItems[p], value: finite(one) })));
  });

  it('places of the classes that are given are those that are measured by', async () => {
    const report = await measured(service, { projectId, metric: 'krippendorff-alpha-interval', classValues: [0, 10, 1, 3] }, OVERALL);
    expect(report.overall.value).toBe(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: tableOf(given), classValues: [0, 10, 1, 3] }).value);
  });
});

describe('a case by hand', () => {
  it('three annotators on four items: percent, kappa, alpha, the pairs and the items', async () => {
    const id = await service.newProject({ classes: ['no', 'yes'] });
    // x and y agree on three of four items; z voted on two, once with both, once with y alone.
    const answers = { x: ['yes', 'yes', 'no', 'no'], y: ['yes', 'yes', 'no', 'yes'], z: [null, 'yes', null, 'yes'] };
    const votes = Object.entries(answers).flatMap(([annotator, given]) => given.flatMap((answer, i) => (answer ? [{ item: `item ${i}`, annotator, class: answer }] : [])));
    await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes } });
    const percent = await measured(service, { projectId: id, metric: 'percent', by: ['OVERALL', 'ITEM', 'PAIR'] }, 'overall { value } items { nodes { agreement votes item { externalId } } } pairs(order: VALUE) { nodes { first { externalId } second { externalId } sharedItems value } }');
    expect(percent.overall.value).toBeCloseTo((1 + 1 + 1 + 1 / 3) / 4, 14);
    expect(percent.items.nodes.map(({ item, votes: count, agreement }: { item: { externalId: string }; votes: number; agreement: number }) => [item.externalId, count, Number(agreement.toFixed(6))])).toEqual([
      ['item 0', 2, 1], ['item 1', 3, 1], ['item 2', 2, 1], ['item 3', 3, 0.333333],
    ]);
    expect(percent.pairs.nodes).toEqual([
      { first: { externalId: 'x' }, second: { externalId: 'z' }, sharedItems: 2, value: 0.5 },
      { first: { externalId: 'x' }, second: { externalId: 'y' }, sharedItems: 4, value: 0.75 },
      { first: { externalId: 'y' }, second: { externalId: 'z' }, sharedItems: 2, value: 1 },
    ]);
    const kappa = await measured(service, { projectId: id, metric: 'cohen-kappa', by: ['PAIR'] }, 'pairs(order: SHARED_ITEMS) { nodes { sharedItems value } }');
    // Of x and y: they agree on 3/4, by chance on 1/2 x 3/4 + 1/2 x 1/4 = 1/2. y and z gave one class only.
    expect(kappa.pairs.nodes).toEqual([{ sharedItems: 4, value: 0.5 }, { sharedItems: 2, value: 0 }, { sharedItems: 2, value: null }]);
  });

  it('has no value where no item has two votes, and says null', async () => {
    const id = await service.newProject();
    await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes: [{ item: 'one', annotator: 'x', class: 'ham' }] } });
    const report = await measured(service, { projectId: id, metric: 'percent', by: ['OVERALL', 'CLASS', 'ITEM', 'PAIR'], replicates: 5 }, `${OVERALL} items { nodes { votes } pageInfo { hasNextPage endCursor } } pairs { nodes { value } }`);
    expect(report.overall).toMatchObject({ value: null, comparedItems: 0, votedItems: 1, interval: { low: null, high: null, undefinedReplicates: 5 } });
    expect(report.perClass).toEqual([{ class: 'ham', value: null }, { class: 'spam', value: null }]);
    expect(report.items).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
    expect(report.pairs.nodes).toEqual([]);
  });
});

describe('pages', () => {
  const page = (order: string, args: string) => `items(order: ${order}, ${args}) { edges { cursor node { item { externalId } agreement } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;

  it.each(['ITEM', 'AGREEMENT'])('of seven, forwards and back, hold each item once in the order %s', async (order) => {
    const { requestAgreement } = await service.data(`mutation ($input: RequestAgreementInput!) { requestAgreement(input: $input) { report { id } } }`, { input: { projectId, metric: 'percent', by: ['ITEM'] } });
    const { id } = requestAgreement.report;
    const ask = async (args: string) => (await service.data(`query ($id: ID!) { report(id: $id) { ... on AgreementReport { ${page(order, args)} } } }`, { id })).report.items;
    await measured(service, { projectId, metric: 'percent', by: ['ITEM'] }, 'metric');
    const whole = (await ask('first: 1000')).edges;
    const forwards = [];
    for (let after: string | null = null, more = true; more;) {
      const { edges, pageInfo } = await ask(`first: 7${after ? `, after: "${after}"` : ''}`);
      forwards.push(...edges);
      [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
    }
    expect(forwards).toEqual(whole);
    const backwards = [];
    for (let before: string | null = null, more = true; more;) {
      const { edges, pageInfo } = await ask(`last: 7${before ? `, before: "${before}"` : ''}`);
      backwards.unshift(...edges);
      [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
    }
    expect(backwards).toEqual(whole);
    const values = whole.map(({ node }: { node: { agreement: number } }) => node.agreement);
    if (order === 'AGREEMENT') expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  it('refuse a cursor that is none, and sizes beyond a thousand', async () => {
    const { requestAgreement } = await service.data(`mutation ($input: RequestAgreementInput!) { requestAgreement(input: $input) { report { id } } }`, { input: { projectId, metric: 'percent', by: ['ITEM'] } });
    await measured(service, { projectId, metric: 'percent', by: ['ITEM'] }, 'metric');
    const ask = async (args: string) => (await service.graphql(`query ($id: ID!) { report(id: $id) { ... on AgreementReport { ${page('ITEM', args)} } } }`, { id: requestAgreement.report.id })).errors![0]!.extensions.code;
    expect(await ask('first: 7, after: "bm9uZQ"')).toBe('INVALID_INPUT');
    expect(await ask('first: 1001')).toBe('LIMIT_EXCEEDED');
  });
});

describe('what cannot be measured', () => {
  it.each<[string, object, string, string | undefined, RegExp]>([
    ['a metric that is none', { metric: 'kappa' }, 'INVALID_INPUT', 'input.metric', /there is no agreement metric "kappa"; there are: percent, cohen-kappa/],
    ['an option that is none', { metric: 'cohen-kappa', options: { weight: 1 } }, 'INVALID_INPUT', 'input.options', /cohen-kappa has no option "weight"/],
    ['pairs of a metric over items', { by: ['PAIR', 'OVERALL'] }, 'INVALID_INPUT', 'input.by', /fleiss-kappa does not compare pairs of annotators; these do: percent, cohen-kappa/],
    ['nothing', { by: [] }, 'INVALID_INPUT', undefined, /by/],
    ['too few places', { classValues: [1, 2] }, 'INVALID_INPUT', 'input.classValues', /classValues has 2 entries; it must have one for each of the 4 classes/],
    ['a level that is none', { level: 95 }, 'INVALID_INPUT', 'input.level', /level is 95; it must lie between 0 and 1/],
    ['replicates below none', { replicates: -1 }, 'INVALID_INPUT', undefined, /replicates/],
    ['an unknown item', { selection: { items: ['i1', 'nowhere'] } }, 'INVALID_INPUT', 'input.selection.items', /names "nowhere", which the project does not have/],
    ['an unknown annotator', { selection: { annotators: ['nobody'] } }, 'INVALID_INPUT', 'input.selection.annotators', /names "nobody", which the project does not have/],
    ['a text that cannot be', { selection: { guidelineVersions: ['\0'] } }, 'INVALID_INPUT', 'input.selection.guidelineVersions', /contains NUL/],
    ['an empty selection', { selection: { items: [] } }, 'INVALID_INPUT', 'input.selection.items', /is empty; leave it out to select all/],
    ['time that runs back', { selection: { timeFrom: '2026-02-01T00:00:00Z', timeTo: '2026-01-01T00:00:00Z' } }, 'INVALID_INPUT', 'input.selection.timeTo', /timeTo is after timeFrom/],
    ['a watermark of the future', { watermark: '99999999' }, 'INVALID_INPUT', 'input.watermark', /input.watermark is 99999999; the project's votes go from 0 to/],
  ])('%s is refused with what would be right', async (_, asked, code, field, message) => {
    const refused = await refusedAgreement(service, { projectId, metric: 'fleiss-kappa', ...asked });
    expect(refused).toMatchObject({ code, ...(field && { field }) });
    expect(refused.message).toMatch(message);
  });

  it('more replicates than pairs have time for are refused with how many they have', async () => {
    const id = await service.newProject({ classes });
    await service.source.query(`insert into project_counts (project_id, stripe, votes) values ($1, 0, 4000000) on conflict (project_id, stripe) do update set votes = excluded.votes`, [Number(Buffer.from(id, 'base64url').toString().split(':')[1])]);
    expect(await refusedAgreement(service, { projectId: id, metric: 'cohen-kappa', replicates: 68 })).toEqual({
      code: 'LIMIT_EXCEEDED', field: 'input.replicates', message: 'input.replicates is 68; with 4000000 votes and 4 classes cohen-kappa takes at most 67',
    });
  });

  it('classes below zero fail a ratio by their names', async () => {
    const id = await service.newProject({ classes: ['-1', '1'] });
    await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes: ['x', 'y'].map((annotator) => ({ item: 'one', annotator, class: '-1' })) } });
    expect(await measured(service, { projectId: id, metric: 'krippendorff-alpha-ratio' }, 'metric')).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(/krippendorff-alpha-ratio measures from zero, and "-1" lies below it/) as string });
  });

  it("another's project is absent", async () => {
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    expect(await refusedAgreement(service, { projectId, metric: 'percent' }, key)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('the metrics there are tell what they assume', async () => {
  const { agreementMetrics: told } = await service.data(`{ agreementMetrics { id version scale comparesPairs comparesSets lowest options { name choices } } }`);
  expect(told.map(({ id }: { id: string }) => id)).toEqual(agreementMetrics.map(({ id }) => id));
  expect(told.find(({ id }: { id: string }) => id === 'krippendorff-alpha-masi')).toMatchObject({ scale: 'NOMINAL', comparesPairs: false, comparesSets: true });
  expect(told.find(({ id }: { id: string }) => id === 'krippendorff-alpha-ratio')).toMatchObject({ scale: 'RATIO' });
  expect(told.find(({ id }: { id: string }) => id === 'cohen-kappa')).toMatchObject({ comparesPairs: true, options: [{ name: 'weights', choices: ['none', 'linear', 'quadratic'] }] });
});
