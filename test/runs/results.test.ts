import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBeside, startService, type Service } from '../setup/service.js';
import { newCrowd, numbersOf, runToEnd, submit } from './crowd.js';
import { statementsOf } from './statements.js';

const PAGE = `query ($id: ID!, $run: ID, $filter: SoftLabelFilter, $orderBy: SoftLabelOrder, $first: Int, $after: String, $last: Int, $before: String) {
  project(id: $id) { softLabels(run: $run, filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { item { externalId } classes probabilities consensus confidence entropy votes tie run { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;

interface Label {
  item: { externalId: string };
  classes: string[];
  probabilities: number[];
  consensus: string;
  confidence: number;
  entropy: number;
  votes: number;
  tie: boolean;
  run: { id: string };
}

let service: Service;
let projectId: string;
let classes: string[];
let run: { id: string };
let all: Label[];
beforeAll(async () => {
  service = await startService();
  ({ projectId, classes } = await newCrowd(service, { items: 70, annotators: 12, classes: 3, votesPerItem: 3.5, skill: 0.6 }));
  run = await runToEnd(service, projectId, { method: 'dawid-skene' });
  all = (await page({ first: 1000 })).nodes;
});
afterAll(() => service.stop());

async function page(variables: object): Promise<{ nodes: Label[]; pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string } }> {
  return (await service.data(PAGE, { id: projectId, ...variables })).project.softLabels;
}

const refusal = async (variables: object) => (await service.graphql(PAGE, { id: projectId, ...variables })).errors![0]!;

describe('softLabels', () => {
  it('hold what follows from their probabilities', () => {
    expect(all).toHaveLength(70);
    for (const label of all) {
      expect(label.classes).toEqual(classes);
      expect(label.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(label.confidence).toBe(Math.max(...label.probabilities));
      expect(label.probabilities[classes.indexOf(label.consensus)]!).toBeGreaterThanOrEqual(label.confidence * (1 - 1e-9));
      expect(label.entropy).toBeCloseTo(-label.probabilities.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0), 12);
      expect(label.run.id).toBe(run.id);
    }
  });

  it.each(['ITEM', 'CONFIDENCE', 'ENTROPY', 'VOTES'].flatMap((field) => ['ASC', 'DESC'].map((direction) => ({ field, direction }))))(
    'come in the order of $field $direction, each once, whatever the size of the pages and whichever way they are read', async (orderBy) => {
      const whole = (await page({ orderBy, first: 1000 })).nodes.map((label) => label.item.externalId);
      expect(new Set(whole).size).toBe(70);
      const value = { CONFIDENCE: 'confidence', ENTROPY: 'entropy', VOTES: 'votes' }[orderBy.field] as 'votes' | undefined;
      if (value) {
        const values = (await page({ orderBy, first: 1000 })).nodes.map((label) => label[value]);
        expect(values).toEqual([...values].sort((a, b) => (orderBy.direction === 'ASC' ? a - b : b - a)));
      } else {
        const items = all.map((label) => label.item.externalId);
        expect(whole).toEqual(orderBy.direction === 'ASC' ? items : [...items].reverse());
      }
      const forward: string[] = [];
      for (let after: string | null = null, more = true; more;) {
        const { nodes, pageInfo } = await page({ orderBy, first: 9, after });
        forward.push(...nodes.map((label) => label.item.externalId));
        more = pageInfo.hasNextPage;
        after = pageInfo.endCursor;
      }
      const backward: string[] = [];
      for (let before: string | null = null, more = true; more;) {
        const { nodes, pageInfo } = await page({ orderBy, last: 9, before });
        backward.unshift(...nodes.map((label) => label.item.externalId));
        more = pageInfo.hasPreviousPage;
        before = pageInfo.startCursor;
      }
      expect(forward).toEqual(whole);
      expect(backward).toEqual(whole);
    });

  it('are filtered by class, confidence, entropy, votes and ties, all of which must hold', async () => {
    const middle = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const confidence = middle(all.map((label) => label.confidence));
    const entropy = middle(all.map((label) => label.entropy));
    const filters: [object, (label: Label) => boolean][] = [
      [{ class: classes[1] }, (label) => label.consensus === classes[1]],
      [{ confidence: { min: confidence } }, (label) => label.confidence >= confidence],
      [{ entropy: { max: entropy } }, (label) => label.entropy <= entropy],
      [{ votes: { min: 4, max: 4 } }, (label) => label.votes === 4],
      [{ tie: true }, (label) => label.tie],
      [{ tie: false, class: classes[0], votes: { max: 3 }, confidence: { max: confidence } }, (label) => !label.tie && label.consensus === classes[0] && label.votes <= 3 && label.confidence <= confidence],
    ];
    for (const [filter, holds] of filters) {
      const expected = all.filter(holds).map((label) => label.item.externalId);
      expect((await page({ filter, first: 1000 })).nodes.map((label) => label.item.externalId)).toEqual(expected);
    }
    expect(all.some((label) => label.consensus === classes[1]) && all.some((label) => label.votes === 4)).toBe(true);
  });

  it('refuse what cannot be asked, naming it', async () => {
    expect(await refusal({ filter: { class: 'class 9' } })).toMatchObject({ message: expect.stringMatching(/"class 9" is not among/), extensions: { code: 'INVALID_INPUT', field: 'filter.class' } });
    expect(await refusal({ filter: { votes: { min: 5, max: 2 } } })).toMatchObject({ message: 'filter.votes: min 5 is above max 2' });
    const number = numbersOf(run.id)[1];
    for (const key of ['{', '[]', '[1,"a"]', `["a",${number}]`, `[1.5,${number}]`, `[1,2,3,${number}]`]) {
      expect((await refusal({ after: Buffer.from(key).toString('base64url') })).extensions.code, key).toBe('INVALID_INPUT');
    }
    expect((await refusal({ after: Buffer.from('[1,999999]').toString('base64url') })).extensions.code).toBe('NOT_FOUND');
    expect((await refusal({ first: 1001 })).extensions.code).toBe('LIMIT_EXCEEDED');
  });

  it('stay with the run that their first page came from, though another becomes current and votes arrive', async () => {
    const crowd = await newCrowd(service, { items: 30, annotators: 6, classes: 3, votesPerItem: 3 }, 5);
    await runToEnd(service, crowd.projectId);
    const orderBy = { field: 'CONFIDENCE', direction: 'ASC' };
    const whole = (await page({ id: crowd.projectId, orderBy })).nodes;
    const first = await page({ id: crowd.projectId, orderBy, first: 10 });
    await submit(service, crowd.projectId, crowd.votes.slice(0, 40).map((vote) => ({ ...vote, class: classes[2]! })));
    await runToEnd(service, crowd.projectId);
    const rest = await page({ id: crowd.projectId, orderBy, first: 100, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...rest.nodes]).toEqual(whole);
    expect((await page({ id: crowd.projectId, orderBy })).nodes).not.toEqual(whole);
  });

  it('are of any run that is named, and of none while no run is current', async () => {
    const votes = await runToEnd(service, projectId, { method: 'majority-vote', makeCurrent: false });
    const { nodes } = await page({ run: votes.id, first: 1000 });
    expect(nodes[0]!.run.id).toBe(votes.id);
    expect((await page({ first: 1 })).nodes[0]!.run.id).toBe(run.id);
    const empty = await service.newProject();
    expect(await page({ id: empty })).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
    // Another project's run is absent here, the same way as a made-up one.
    const messages = [];
    for (const id of [run.id, Buffer.from('Run:1:99999').toString('base64url')]) {
      const { errors } = await service.graphql(PAGE, { id: empty, run: id });
      expect(errors![0]!.extensions.code).toBe('NOT_FOUND');
      messages.push(errors![0]!.message.replace(id, ''));
    }
    expect(messages[0]).toBe(messages[1]);
  });
});

describe('items and annotators', () => {
  it('carry the same soft label as the connection; an item without votes has none', async () => {
    await service.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId, items: [{ externalId: 'unvoted' }] } });
    const { project } = await service.data(
      `query ($id: ID!) { project(id: $id) { items(first: 1000) { nodes { externalId softLabel { consensus confidence entropy probabilities votes } } } } }`, { id: projectId });
    const bySide = new Map(all.map((label) => [label.item.externalId, label]));
    for (const item of project.items.nodes) {
      if (item.externalId === 'unvoted') expect(item.softLabel).toBeNull();
      else expect(bySide.get(item.externalId)).toMatchObject(item.softLabel);
    }
  });

  it('annotators carry quality, accuracy within its interval, and columns of P(vote | true class)', async () => {
    const { project } = await service.data(
      `query ($id: ID!) { project(id: $id) { annotators { nodes { externalId votes quality accuracy { value low high } confusionMatrix { classes rows { vote probabilities } } } } } }`, { id: projectId });
    expect(project.annotators.nodes).toHaveLength(12);
    for (const { quality, accuracy, confusionMatrix } of project.annotators.nodes) {
      expect(accuracy.low).toBeLessThan(accuracy.value);
      expect(accuracy.high).toBeGreaterThan(accuracy.value);
      // Dawid-Skene's own measure is the expected share of right votes.
      expect(quality).toBeCloseTo(accuracy.value, 12);
      expect(confusionMatrix.classes).toEqual(classes);
      classes.forEach((_, k) => expect(confusionMatrix.rows.reduce((sum: number, row: { probabilities: number[] }) => sum + row.probabilities[k]!, 0)).toBeCloseTo(1, 12));
    }
  });

  it('annotators have intervals of their confusion matrices under a method that tells what these rest on, the prior included', async () => {
    const crowd = await newCrowd(service, { items: 30, annotators: 5, classes: 3, votesPerItem: 3, skill: 0.7 });
    const read = async () => (await service.data(
      `query ($id: ID!) { project(id: $id) { annotators { nodes { confusionMatrix { rows { probabilities low high } } } } } }`, { id: crowd.projectId },
    )).project.annotators.nodes.flatMap(({ confusionMatrix }: { confusionMatrix: { rows: object[] } }) => confusionMatrix.rows) as { probabilities: number[]; low: number[] | null; high: number[] | null }[];
    await runToEnd(service, crowd.projectId, { method: 'hierarchical-dawid-skene' });
    const rows = await read();
    expect(rows.length).toBeGreaterThan(10);
    for (const { probabilities, low, high } of rows) {
      probabilities.forEach((p, k) => {
        expect(low![k]).toBeLessThan(p);
        expect(high![k]).toBeGreaterThan(p);
        // 4 pseudo-votes at the least, 30 items at the most.
        expect(high![k]! - low![k]!).toBeGreaterThan(0.05);
        expect(high![k]! - low![k]!).toBeLessThan(0.75);
      });
    }
    await runToEnd(service, crowd.projectId, { method: 'dawid-skene' });
    expect((await read()).every(({ low, high }) => low === null && high === null)).toBe(true);
  });

  it('annotators under a method without confusion matrices have those that its soft labels imply, and those without votes have nothing', async () => {
    const crowd = await newCrowd(service, { items: 5, annotators: 3, classes: 2, votesPerItem: 2 });
    await service.data(`mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status } } }`, { input: { projectId: crowd.projectId, annotators: [{ externalId: 'idle' }] } });
    await runToEnd(service, crowd.projectId, { method: 'majority-vote' });
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotators { nodes { externalId quality accuracy { value } confusionMatrix { implied rows { probabilities } } } } } }`, { id: crowd.projectId });
    for (const annotator of project.annotators.nodes) {
      if (annotator.externalId === 'idle') expect(annotator).toMatchObject({ quality: null, accuracy: null, confusionMatrix: null });
      else {
        expect(annotator.accuracy.value).toBeGreaterThanOrEqual(0);
        expect(annotator.confusionMatrix.implied).toBe(true);
        const { rows } = annotator.confusionMatrix;
        for (const k of [0, 1]) expect(rows.reduce((sum: number, row: { probabilities: number[] }) => sum + row.probabilities[k]!, 0)).toBeCloseTo(1, 9);
      }
    }
  });
});

describe('the number of SQL statements', () => {
  let beside: Service;
  beforeAll(async () => { beside = await startBeside(service); });
  afterAll(() => beside.stop());

  const everything = `
    softLabels(first: $n) { nodes { consensus classes probabilities item { externalId softLabel { confidence } } run { id classPriors { class } } } }
    items(first: $n) { nodes { softLabel { consensus run { id } } } }
    annotators(first: $n) { nodes { quality accuracy { value } confusionMatrix { classes } } }
    currentRun { id diagnostics { iterations } }`;

  it.each([
    // projects, runs, which items, their labels, items, the current run, labels of those items, live ones, classes
    ['softLabels', '{ softLabels(first: $n) { nodes { consensus classes probabilities item { externalId softLabel { confidence } } run { id } } } }', 9],
    // projects, items, the current run, labels, live ones, classes, runs
    ['items', '{ items(first: $n) { nodes { externalId softLabel { consensus classes confidence run { id } } } } }', 7],
    // projects, annotators, figures, confusion, classes
    ['annotators', '{ annotators(first: $n) { nodes { quality accuracy { value low high } confusionMatrix { rows { vote } } } } }', 5],
    ['items of a named run', '{ items(first: $n) { nodes { softLabel(run: $run) { consensus } } } }', 6],
    ['everything at once', `{ ${everything} }`, 13],
  ])('for %s is the same for 1 row and for 50', async (_, fields, count) => {
    const query = `query ($id: ID!, $n: Int!${fields.includes('$run') ? ', $run: ID!' : ''}) { project(id: $id) ${fields} }`;
    const variables = { id: projectId, ...(fields.includes('$run') && { run: run.id }) };
    const one = await statementsOf(beside, () => beside.data(query, { ...variables, n: 1 }));
    const fifty = await statementsOf(beside, () => beside.data(query, { ...variables, n: 50 }));
    expect(fifty).toHaveLength(one.length);
    expect(one, one.join('\n')).toHaveLength(count);
  });

  it('for the current runs of many projects is that of one', async () => {
    const QUERY = `query ($n: Int!) { projects(first: $n) { nodes { currentRun { id } } } }`;
    const one = await statementsOf(beside, () => beside.data(QUERY, { n: 1 }));
    const many = await statementsOf(beside, () => beside.data(QUERY, { n: 50 }));
    expect([one.length, many.length]).toEqual([2, 2]);
  });
});

it('aggregationMethods tells every method with its options as the registry has them', async () => {
  const { aggregationMethods } = await service.data(
    `{ aggregationMethods { id version title source reads returns quality cost options { name type default min max choices doc } } }`);
  const { methods } = await import('../../src/aggregation/index.js');
  expect(aggregationMethods.map((method: { id: string }) => method.id)).toEqual(methods.map((method) => method.id));
  const ds = aggregationMethods.find((method: { id: string }) => method.id === 'dawid-skene');
  expect(ds).toMatchObject({ source: expect.stringMatching(/1979/), returns: expect.arrayContaining(['confusion']) });
  expect(ds.options.find((option: { name: string }) => option.name === 'tolerance')).toMatchObject({ type: 'number', min: 0, max: 1, choices: null, default: expect.any(Number) });
  expect(ds.options.find((option: { name: string }) => option.name === 'acceleration')).toMatchObject({ type: 'choice', choices: expect.arrayContaining(['squarem']), default: 'none', min: null });
});
