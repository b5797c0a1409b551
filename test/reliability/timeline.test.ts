import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaveOneOut, simulateCrowd } from '../../src/aggregation/index.js';
import { classNames, newCrowd, numbersOf, runToEnd } from '../runs/crowd.js';
import { MATRIX_COLUMNS, matrixOf, type MatrixColumns } from '../../src/results/packed-matrix.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const WINDOW = 'from to votes accuracy { value low high } agreement chance informedness goldVotes goldRight medianSeconds classShares { class share }';

interface Window {
  from: string;
  to: string;
  votes: number;
  accuracy: { value: number; low: number; high: number } | null;
  agreement: number | null;
  chance: number | null;
  informedness: number | null;
  goldVotes: number;
  goldRight: number;
  medianSeconds: number | null;
  classShares: { class: string; share: number }[];
}

async function timeline(projectId: string, externalId: string, args = ''): Promise<{ nodes: Window[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }> {
  const { project } = await service.data(
    `query ($id: ID!, $externalId: String!) { project(id: $id) { annotator(externalId: $externalId) { reliabilityTimeline${args} { nodes { ${WINDOW} } pageInfo { hasNextPage endCursor } } } } }`,
    { id: projectId, externalId },
  );
  return project.annotator.reliabilityTimeline;
}

describe('reliabilityTimeline', () => {
  it('is, window by window, the mean of what all others say of the votes in it', async () => {
    const options = { items: 150, annotators: 6, classes: 3, votesPerItem: 3 };
    const { projectId, columns } = await newCrowd(service, options, 5);
    await runToEnd(service, projectId, { method: 'dawid-skene' });
    const windows = (await timeline(projectId, 'a2', '(votes: 20)')).nodes;
    const own = Array.from(columns.items.keys()).filter((vote) => columns.annotators[vote] === 2);
    expect(windows.map((window) => window.votes)).toEqual([20, 20, 20, own.length - 60].filter((votes) => votes > 0));

    // The same from the stored run, in the order of codes: all votes, all matrices.
    const [run] = await service.source.query<{ priors: number[]; labels: number[]; values: number[] }[]>(`select class_priors as priors, pooled_labels as labels, pooled_values as values from runs where project_id = $1`, numbersOf(projectId));
    const rows = await service.source.query<(MatrixColumns & { name: string; labels: number[] })[]>(
      `select external_id as name, confusion_labels as labels, ${MATRIX_COLUMNS} from annotator_results join annotators on annotators.project_id = annotator_results.project_id and code = annotator_code
       where annotator_results.project_id = $1 order by external_id`, numbersOf(projectId),
    );
    const order = Array.from(columns.items.keys()).sort((a, b) => columns.annotators[a]! - columns.annotators[b]! || a - b);
    const offsets = Int32Array.from({ length: 7 }, (_, a) => order.filter((vote) => columns.annotators[vote]! < a).length);
    const parameters = {
      classPriors: Float64Array.from(run!.priors),
      pooled: { offsets: Int32Array.of(0, run!.labels.length), labels: Int32Array.from(run!.labels), values: Float64Array.from(run!.values) },
      confusion: {
        offsets: Int32Array.from({ length: 7 }, (_, a) => rows.slice(0, a).reduce((sum, row) => sum + row.labels.length, 0)),
        labels: Int32Array.from(rows.flatMap((row) => row.labels)), values: Float64Array.from(rows.flatMap((row) => Array.from(matrixOf(row, 3)!))),
      },
    };
    const agreement = new Map<number, number>();
    leaveOneOut(
      { itemCount: 150, annotatorCount: 6, classCount: 3, offsets, items: Int32Array.from(order, (vote) => columns.items[vote]!), classes: Int32Array.from(order, (vote) => columns.classes[vote]!) },
      parameters, undefined, (vote, others) => agreement.set(order[vote]!, others[columns.classes[order[vote]!]!]!),
    );
    windows.forEach((window, i) => {
      const some = own.slice(i * 20, (i + 1) * 20);
      expect(window.agreement).toBeCloseTo(some.reduce((sum, vote) => sum + agreement.get(vote)!, 0) / some.length, 9);
      expect(window.classShares.map(({ share }) => share).reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
      expect(window.accuracy!.low).toBeLessThanOrEqual(window.accuracy!.value);
      expect(window.accuracy!.high).toBeGreaterThanOrEqual(window.accuracy!.value);
    });
  });

  it('falls for those who tire and stays for those who do not', async () => {
    const options = { items: 2000, annotators: 20, classes: 4, votesPerItem: 4, drifters: 0.3 };
    const { parameters } = simulateCrowd(options, 6);
    const { projectId } = await newCrowd(service, options, 6);
    await runToEnd(service, projectId);
    const change = async (annotator: number) => {
      const { nodes } = await timeline(projectId, `a${annotator}`, '(votes: 100)');
      return nodes.at(-2)!.accuracy!.value - nodes[0]!.accuracy!.value;
    };
    const changes = await Promise.all(parameters.behaviour.map(async (behaviour, annotator) => ({ behaviour, change: await change(annotator) })));
    const mean = (behaviour: string) => {
      const some = changes.filter((one) => one.behaviour === behaviour);
      return some.reduce((sum, one) => sum + one.change, 0) / some.length;
    };
    expect(mean('drifter')).toBeLessThan(-0.25);
    expect(Math.abs(mean('honest'))).toBeLessThan(0.06);
  });

  it('goes by the time a vote was given, in hours and days of UTC, with gold and times in each', async () => {
    const projectId = await service.newProject({ classes: classNames(2) });
    await service.data(`mutation ($id: ID!) { setGold(input: { projectId: $id, rows: [{ item: "i0", class: "class 0" }, { item: "i3", class: "class 1" }] }) { results { status } } }`, { id: projectId });
    const times = ['2026-03-02T10:59:59.999Z', '2026-03-01T23:59:59Z', '2026-03-02T10:00:00Z', '2026-03-02T11:00:00Z', '2026-03-03T00:00:00Z'];
    await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { results { status } } }`, {
      input: { projectId, votes: times.map((time, i) => ({ item: `i${i}`, annotator: 'Ann', class: 'class 0', time, durationMs: 1000 * (i + 1) })) },
    });
    const hours = await timeline(projectId, 'Ann', '(window: HOUR)');
    expect(hours.nodes.map(({ from, to, votes, medianSeconds, goldVotes, goldRight }) => [from, to, votes, medianSeconds, goldVotes, goldRight])).toEqual([
      [times[1]!.replace('Z', '.000Z'), times[1]!.replace('Z', '.000Z'), 1, 2, 0, 0],
      [times[2]!.replace('Z', '.000Z'), times[0], 2, 2, 1, 1],
      [times[3]!.replace('Z', '.000Z'), times[3]!.replace('Z', '.000Z'), 1, 4, 1, 0],
      [times[4]!.replace('Z', '.000Z'), times[4]!.replace('Z', '.000Z'), 1, 5, 0, 0],
    ]);
    expect((await timeline(projectId, 'Ann', '(window: DAY)')).nodes.map((window) => window.votes)).toEqual([1, 3, 1]);
    expect(hours.nodes.map(({ accuracy, agreement, informedness }) => [accuracy, agreement, informedness])).toEqual(hours.nodes.map(() => [null, null, null]));
  });

  it('comes page by page, each vote once', async () => {
    const { projectId, columns } = await newCrowd(service, { items: 130, annotators: 2, classes: 2, votesPerItem: 1.5 }, 3);
    const count = columns.annotators.filter((annotator) => annotator === 0).length;
    const seen: number[] = [];
    let after = '';
    for (let page = 0; page < 20; page++) {
      const { nodes, pageInfo } = await timeline(projectId, 'a0', `(votes: 10, first: 3${after})`);
      seen.push(...nodes.map((window) => window.votes));
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(seen.slice(0, -1).every((votes) => votes === 10)).toBe(true);
    expect(seen.reduce((sum, votes) => sum + votes, 0)).toBe(count);
    expect((await timeline(projectId, 'a0', '(votes: 10, first: 3, window: DAY)')).nodes.map((window) => window.votes)).toEqual([count]);
  });

  it('is empty without votes, and refuses windows and pages that cannot be', async () => {
    const projectId = await service.newProject();
    await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "idle" }] }) { results { status } } }`, { id: projectId });
    expect(await timeline(projectId, 'idle')).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
    const refusal = async (args: string) => (await service.graphql(
      `query ($id: ID!) { project(id: $id) { annotator(externalId: "idle") { reliabilityTimeline(${args}) { nodes { votes } } } } }`, { id: projectId },
    )).errors?.[0];
    expect((await refusal('votes: 9'))!.message).toBe('votes is 9; a window has 10 to 1,000');
    expect((await refusal('votes: 1001'))!.extensions.code).toBe('INVALID_INPUT');
    expect((await refusal('first: 0'))!.message).toMatch(/^first is 0; a page has 1 to 1,000/);
    expect((await refusal('after: "junk"'))!.message).toMatch(/"junk" is not a cursor/);
  });
});
