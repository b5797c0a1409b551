import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, simulateCrowd, votes as tableOf, type MethodResult, type NamedVotes, type VoteRow } from '../../src/aggregation/index.js';
import { command } from '../setup/command.js';
import { atRest } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { hasShared, shared } from '../setup/shared.js';
import { until } from '../setup/until.js';
import { runToEnd, submit, type NamedVote } from './crowd.js';

/** 51 plain iterations, as the reference took them. */
const options = { maxIterations: 51, tolerance: 0, acceleration: 'none' };
const TOP_TWO = `topTwo { first second firstProbability pairProbability confusionProbability { value low high } pairGap tied disagreesWithMajority live run { id } }`;
const CONFUSABLE = `query ($id: ID!, $first: Int, $after: String, $filter: SoftLabelFilter) { project(id: $id) {
  softLabels(first: $first, after: $after, filter: $filter, orderBy: { field: CONFUSION_PROBABILITY, direction: DESC }) {
    nodes { item { externalId } live ${TOP_TWO} findings { name value class meaning } difficulty disagreement } pageInfo { endCursor hasNextPage } } } }`;

interface ConfusablePage {
  nodes: { item: { externalId: string }; topTwo: { confusionProbability: { value: number } } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}

/** A real crowd where it lies beside the checkout, else one drawn from the model. */
function crowd(): NamedVote[] {
  if (hasShared) return readFileSync(shared('datasets', 'web', 'votes.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')).map(([item, annotator, label]) => ({ item: item!, annotator: annotator!, class: label! }));
  const { columns } = simulateCrowd({ items: 300, annotators: 30, classes: 5, votesPerItem: 7, model: 'top-two' }, 4);
  return Array.from(columns.items, (item, v) => ({ item: String(item), annotator: `a${columns.annotators[v]}`, class: String(columns.classes[v]) }));
}

let service: Service;
let projectId: string;
let run: { id: string };
let rows: NamedVote[];
let library: { named: NamedVotes; result: MethodResult };
let folder: string;
let softLabels: Record<string, string>[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-findings-'));
  rows = crowd();
  service = await startService();
  projectId = await service.newProject({ classes: ['0', '1', '2', '3', '4'], rules: { minVotes: 3, maxVotes: 50 } });
  await submit(service, projectId, rows);
  run = await runToEnd(service, projectId, { method: 'top-two', options });
  const named = tableOf(rows.map(({ item, annotator, class: label }): VoteRow => [item, annotator, label]), { classes: ['0', '1', '2', '3', '4'] });
  library = { named, result: aggregate(named, 'top-two', { options }) };
  softLabels = rowsOf((await service.http().get(`/projects/${projectId}/soft-labels.csv`).set('authorization', `Bearer ${service.key}`).expect(200)).text);
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

function rowsOf(csv: string): Record<string, string>[] {
  const [head, ...lines] = csv.trim().split(/\r?\n/).map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries(cells.map((cell, i) => [head![i]!, cell])));
}

async function confusable(first: number, filter: object = {}) {
  return (await service.data(CONFUSABLE, { id: projectId, first, filter })).project.softLabels.nodes;
}

/** What the library says of an item, by names as in files. */
function ofLibrary(item: string) {
  const { named, result: { findings } } = library;
  const at = named.items.indexOf(item);
  const number = (name: string) => findings![name]![at]!;
  const classOf = (name: string) => named.classes[number(name)] ?? null;
  return {
    first: classOf('first'), second: classOf('second'), firstProbability: number('firstProbability'), pairProbability: number('pairProbability'), pairGap: number('pairGap'),
    confusionProbability: { value: number('confusionProbability'), low: number('confusionLow'), high: number('confusionHigh') },
    tied: number('tied') === 1, disagreesWithMajority: number('disagreesWithMajority') === 1,
  };
}

describe('what top-two finds about items', () => {
  it('reaches callers of GraphQL to the bit, the most confusable first', async () => {
    const nodes = await confusable(10);
    expect(nodes).toHaveLength(10);
    for (const { item, live, topTwo: { live: topTwoIsLive, run: ofRun, ...topTwo } } of nodes) {
      expect([live, topTwoIsLive, ofRun.id]).toEqual([false, false, run.id]);
      expect(topTwo).toEqual(ofLibrary(item.externalId));
    }
    const { named, result } = library;
    const greatest = Array.from(result.findings!.confusionProbability!).sort((a, b) => b - a).slice(0, 10);
    expect(nodes.map((node: { topTwo: { confusionProbability: { value: number } } }) => node.topTwo.confusionProbability.value)).toEqual(greatest);
    expect(named.items.length).toBe(softLabels.length);
  });

  it('pages through all of them once, in order', async () => {
    const seen: { item: string; value: number }[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo }: ConfusablePage = (await service.data(CONFUSABLE, { id: projectId, first: 701, after })).project.softLabels;
      seen.push(...nodes.map((node) => ({ item: node.item.externalId, value: node.topTwo.confusionProbability.value })));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(new Set(seen.map(({ item }) => item)).size).toBe(softLabels.length);
    expect(seen.every(({ value }, i) => i === 0 || value <= seen[i - 1]!.value)).toBe(true);
  });

  it('is told by name and meaning, whatever the method', async () => {
    const [{ findings, difficulty, disagreement, topTwo }] = await confusable(1);
    expect([difficulty, disagreement]).toEqual([null, null]);
    const found = Object.fromEntries(findings.map((one: { name: string }) => [one.name, one]));
    expect(found.first).toMatchObject({ value: null, class: topTwo.first, meaning: expect.stringContaining('right answer') });
    expect(found.confusionProbability).toMatchObject({ value: topTwo.confusionProbability.value, class: null });
  });

  it('is in the download and in the files of the command line, to the bit', async () => {
    const votesFile = join(folder, 'votes.csv');
    await writeFile(votesFile, ['item,annotator,class', ...rows.map(({ item, annotator, class: label }) => `${item},${annotator},${label}`)].join('\n'));
    const { code, out, err } = await command(['aggregate', votesFile, '--method', 'top-two', '-o', 'maxIterations=51', '-o', 'tolerance=0', '-o', 'acceleration=none', '--out', folder, '--json']);
    expect(code, err).toBe(0);
    expect(JSON.parse(out).findings).toMatchObject({ components: 1 });
    const ofProgram = new Map(rowsOf(await readFile(join(folder, 'soft-labels.csv'), 'utf8')).map((row) => [row.item, row]));
    const columns = ['first', 'second', 'first_probability', 'pair_probability', 'confusion_probability', 'confusion_low', 'confusion_high', 'pair_gap', 'tied', 'disagrees_with_majority'];
    for (const row of softLabels) {
      const known = ofLibrary(row.item!);
      expect(columns.map((column) => row[column])).toEqual([
        known.first ?? '', known.second ?? '', ...[known.firstProbability, known.pairProbability, ...Object.values(known.confusionProbability), known.pairGap, known.tied, known.disagreesWithMajority].map(String),
      ]);
      const other = ofProgram.get(row.item)!;
      expect(columns.map((column) => other[column])).toEqual(columns.map((column) => row[column]));
    }
  });

  it.skipIf(!hasShared)('is what the reference found, within its tolerance', () => {
    const reference = rowsOf(readFileSync(shared('golden', 'toptwo', 'real_web', 'reference_em_items.csv'), 'utf8'));
    expect(reference).toHaveLength(softLabels.length);
    const served = new Map(softLabels.map((row) => [row.item, row]));
    for (const { item, q_marginal: q, p_pair: pair, p_pair_runner_up: runnerUp, top1, top2 } of reference) {
      const row = served.get(item)!;
      expect(Math.abs(Number(row.confusion_probability) - (1 - Number(q)))).toBeLessThan(1e-9);
      expect(Math.abs(Number(row.pair_probability) - Number(pair))).toBeLessThan(1e-9);
      if (Number(pair) - Number(runnerUp) > 1e-7) expect([row.first, row.second]).toEqual([top1, top2]);
    }
  });

  it('filters by the two classes, the confusion and the disagreement with majority vote', async () => {
    const [{ topTwo: { first, second } }] = (await confusable(1, { topTwo: { confusionProbability: { max: 0.4 } } }));
    const expected = softLabels.filter((row) => row.first === first && row.second === second && Number(row.confusion_probability) >= 0.2);
    const nodes = await confusable(1000, { topTwo: { first, second, confusionProbability: { min: 0.2 } } });
    expect(nodes.map((node: { item: { externalId: string } }) => node.item.externalId).sort()).toEqual(expected.map((row) => row.item).sort());
    expect(expected.length).toBeGreaterThan(0);
    const disagreeing = await confusable(1000, { topTwo: { disagreesWithMajority: true } });
    expect(disagreeing).toHaveLength(softLabels.filter((row) => row.disagrees_with_majority === 'true').length);
  });

  it('refuses what it cannot order or filter by, with the value and the remedy', async () => {
    const message = async (variables: object, field = 'CONFUSION_PROBABILITY') => (await service.graphql(
      `query ($id: ID!, $filter: SoftLabelFilter) { project(id: $id) { softLabels(filter: $filter, orderBy: { field: ${field} }) { nodes { votes } } } }`, { id: projectId, ...variables },
    )).errors![0]!;
    expect((await message({}, 'DIFFICULTY')).message).toMatch(/is of method top-two and has no difficulty; name a run of glad/);
    expect((await message({}, 'DIFFICULTY')).extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'orderBy.field' });
    expect((await message({ filter: { topTwo: { first: 'seven' } } })).message).toContain('filter.topTwo.first "seven" is not among the project\'s classes');
    expect((await message({ filter: { topTwo: { confusionProbability: { min: 0.4, max: 0.1 } } } })).message).toContain('min 0.4 is above max 0.1');
    expect((await message({ filter: { disagreement: { min: 0 } } })).message).toContain('has no disagreement; name a run of soft-label-mean');
  });
});

describe('what a run finds beyond its items', () => {
  it('tells the classes that the crowd takes for each other, beside the matrix of all annotators', async () => {
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { confusablePairs(first: 3) { first second items meanConfusion matrixConfusion examples { externalId } } } }`, { id: projectId });
    const sums = new Map<string, { items: number; sum: number }>();
    for (const row of softLabels) {
      if (!row.first || !row.second) continue;
      const pair = sums.get(`${row.first} ${row.second}`) ?? { items: 0, sum: 0 };
      sums.set(`${row.first} ${row.second}`, { items: pair.items + 1, sum: pair.sum + Number(row.confusion_probability) });
    }
    const [worst] = [...sums].sort((a, b) => b[1].sum - a[1].sum);
    const [pair] = project.confusablePairs;
    expect(`${pair.first} ${pair.second}`).toBe(worst![0]);
    expect(pair.items).toBe(worst![1].items);
    expect(pair.meanConfusion).toBeCloseTo(worst![1].sum / worst![1].items, 12);
    expect(pair.matrixConfusion).toBeGreaterThan(0);
    const confusions = pair.examples.map(({ externalId }: { externalId: string }) => Number(softLabels.find((row) => row.item === externalId)!.confusion_probability));
    expect(confusions).toEqual([...confusions].sort((a, b) => b - a));
    expect(confusions[0]).toBe(Math.max(...softLabels.filter((row) => row.first === pair.first && row.second === pair.second).map((row) => Number(row.confusion_probability))));
  });

  it('has them all in a download, as the API says them and the command line writes them', async () => {
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { confusablePairs(first: 1000) { first second items meanConfusion matrixConfusion examples { externalId } } } }`, { id: projectId });
    const { text, headers } = await service.http().get(`/projects/${projectId}/confusable-pairs.ndjson`).set('authorization', `Bearer ${service.key}`).buffer(true).expect(200);
    const lines: { first: string; second: string; items: number; mean_confusion: number; matrix_confusion: number; examples: string[] }[] = text.trim().split('\n').map((line) => JSON.parse(line));
    expect(headers['x-assay-run']).toBe(run.id);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines).toEqual(project.confusablePairs.map((pair: { first: string; second: string; items: number; meanConfusion: number; matrixConfusion: number; examples: { externalId: string }[] }) => ({
      first: pair.first, second: pair.second, items: pair.items, mean_confusion: pair.meanConfusion, matrix_confusion: expect.closeTo(pair.matrixConfusion, 12), examples: pair.examples.map(({ externalId }) => externalId),
    })));
    // Written by the test of the command line above; its examples are JSON, whose quotes CSV doubles.
    const ofProgram = (await readFile(join(folder, 'confusable-pairs.csv'), 'utf8')).trim().split('\n').slice(1);
    expect(ofProgram).toEqual(lines.map((pair) => `${pair.first},${pair.second},${pair.items},${pair.mean_confusion},"${JSON.stringify(pair.examples).replaceAll('"', '""')}"`));
    const other = await runToEnd(service, projectId, { method: 'wawa', makeCurrent: false });
    const refused = await service.http().get(`/projects/${projectId}/confusable-pairs.csv?run=${other.id}`).set('authorization', `Bearer ${service.key}`).expect(409);
    expect(refused.body.error).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('of method wawa, which does not find the two answers that items are between; a run of method top-two does') });
  });

  it('shows what each method says of an annotator side by side, with its meaning and interval', async () => {
    await runToEnd(service, projectId, { method: 'glad', options: { maxIterations: 5 }, makeCurrent: false });
    const { project } = await service.data(
      `query ($id: ID!) { project(id: $id) { annotators(first: 1) { nodes { findings { name value } byMethod { method run { id } meaning quality { value low high } accuracy { value low high } findings { name value } } } } } }`, { id: projectId },
    );
    const [{ byMethod: [ofGlad, ofTopTwo], findings }] = project.annotators.nodes;
    const { result } = library;
    expect([ofGlad.method, ofTopTwo.method]).toEqual(['glad', 'top-two']);
    expect(ofTopTwo.quality).toEqual({ value: result.annotatorQuality![0], low: result.findings!.reliabilityLow![0], high: result.findings!.reliabilityHigh![0] });
    expect(ofTopTwo.meaning).toContain('reliability p');
    expect(ofGlad.quality).toMatchObject({ low: null, high: null });
    expect(findings).toEqual(ofTopTwo.findings);
    expect(findings.map(({ name }: { name: string }) => name)).toEqual(['reliabilityLow', 'reliabilityHigh', 'belowChance']);
  });

  it('declares with every method what it finds, and tells what a run found of itself', async () => {
    const { aggregationMethods, run: found } = await service.data(`query ($id: ID!) { aggregationMethods { id qualityInterval finds { name per type min max interval meaning } } run(id: $id) { findings { name value of meaning } } }`, { id: run.id });
    const topTwo = aggregationMethods.find(({ id }: { id: string }) => id === 'top-two');
    expect(topTwo.qualityInterval).toEqual(['reliabilityLow', 'reliabilityHigh']);
    expect(topTwo.finds).toContainEqual(expect.objectContaining({ name: 'confusionProbability', per: 'ITEM', type: 'PROBABILITY', max: 0.5, interval: ['confusionLow', 'confusionHigh'] }));
    expect(found.findings).toContainEqual(expect.objectContaining({ name: 'components', value: 1, of: null }));
  });
});

describe('findings between runs', () => {
  let latecomersItem: string;

  it('stay what their run found on a label that later votes moved on, and say so', async () => {
    const [{ item: { externalId } }] = await confusable(1);
    latecomersItem = externalId;
    await submit(service, projectId, [{ item: externalId, annotator: 'a latecomer', class: '0' }]);
    const ask = async () => (await service.data(`query ($id: ID!, $item: String!) { project(id: $id) { item(externalId: $item) { softLabel { live votes difficulty disagreement ${TOP_TWO} findings { name value live run { id } } } } } }`, { id: projectId, item: externalId })).project.item.softLabel;
    const label = await until(async () => {
      const found = await ask();
      return found.live && found;
    }, 'the live label');
    const { live, run: ofRun, ...topTwo } = label.topTwo;
    expect([live, ofRun.id]).toEqual([false, run.id]);
    expect(topTwo).toEqual(ofLibrary(externalId));
    expect(label.findings).toContainEqual({ name: 'confusionProbability', value: topTwo.confusionProbability.value, live: false, run: { id: run.id } });
  });

  it('are null where they stand beside a label that is live, and with their run in the list', async () => {
    await runToEnd(service, projectId, { method: 'glad', options: { maxIterations: 5 } });
    const ask = async () => (await service.data(`query ($id: ID!, $item: String!) { project(id: $id) { item(externalId: $item) { softLabel { live difficulty findings { name value live } } } } }`, { id: projectId, item: latecomersItem })).project.item.softLabel;
    const before = await ask();
    expect(before.live).toBe(false);
    expect(before.findings).toEqual([{ name: 'difficulty', value: before.difficulty, live: false }]);
    await submit(service, projectId, [{ item: latecomersItem, annotator: 'another latecomer', class: '1' }]);
    const label = await until(async () => {
      const found = await ask();
      return found.live && found;
    }, 'the live label');
    expect(label).toEqual({ live: true, difficulty: null, findings: before.findings });
    await service.data(`mutation ($id: ID!) { setCurrentRun(input: { id: $id }) { run { id } } }`, { id: run.id });
  });

  it('send confusable items for two more votes by a rule, and only these', async () => {
    const doneRule = 'votes >= minVotes and not (confusionProbability > 0.3 and votes < minVotes + 2)';
    const votesOf = new Map<string, number>();
    for (const { item } of rows) votesOf.set(item, (votesOf.get(item) ?? 0) + 1);
    const confusable = softLabels.filter((row) => Number(row.confusion_probability) > 0.3);
    // As many as most of them have, so that just these want two more.
    const minVotes = votesOf.get(confusable.at(-1)!.item!)!;
    await service.data(`mutation ($id: ID!, $rules: ProjectRulesInput!) { updateProject(input: { id: $id, rules: $rules }) { project { id } } }`, { id: projectId, rules: { doneRule, minVotes, maxVotes: 200 } });
    const isConfusable = new Set(confusable.map((row) => row.item));
    // One of the items has had a vote more since, in the test before.
    const wanted = softLabels.map((row) => row.item!).filter((item) => item !== latecomersItem && votesOf.get(item)! < minVotes + (isConfusable.has(item) ? 2 : 0)).sort();
    expect(wanted.length).toBeGreaterThan(0);
    expect(await openItems()).toEqual(wanted);

    const item = wanted.find((one) => votesOf.get(one) === minVotes)!;
    await submit(service, projectId, ['one', 'another'].map((annotator) => ({ item, annotator, class: '1' })));
    const left = wanted.filter((one) => one !== item);
    expect(await openItems()).toEqual(left);
  });

  /** The open items, but for the latecomer's, once all that changed has been seen. */
  async function openItems(): Promise<string[]> {
    await atRest(service);
    const open: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: { nodes: { externalId: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } = (await service.data(
        `query ($id: ID!, $after: String) { project(id: $id) { itemsByState(state: OPEN, first: 1000, after: $after) { nodes { externalId } pageInfo { endCursor hasNextPage } } } }`, { id: projectId, after },
      )).project.itemsByState;
      open.push(...page.nodes.map(({ externalId }) => externalId));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    return open.filter((item) => item !== latecomersItem).sort();
  }
});
