import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statementsOf } from '../runs/statements.js';
import { startService, type Service } from '../setup/service.js';
import { removeGold, setGold, vote } from './gold-calls.js';

let service: Service;
let project: string;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

type Accuracies = Record<string, { answered: number; right: number; value: number; low: number; high: number } | null>;
async function accuracies(): Promise<Accuracies> {
  const { project: seen } = await service.data(
    `query ($id: ID!) { project(id: $id) { annotators(first: 1000) { nodes { externalId goldAccuracy { answered right value low high } } } } }`, { id: project },
  );
  return Object.fromEntries(seen.annotators.nodes.map((node: { externalId: string; goldAccuracy: Accuracies[string] }) => [node.externalId, node.goldAccuracy]));
}
const gold = (...items: string[]) => setGold(service, project, items.map((item) => ({ item, class: 'ham' })));

describe("an annotator's accuracy on gold", () => {
  it('counts standing votes on standing answers, at this very moment', async () => {
    project = await service.newProject();
    await vote(service, project, [['a', 'ann', 'ham'], ['b', 'ann', 'spam'], ['c', 'ann', 'ham'], ['d', 'ann', 'ham'], ['d', 'bob', 'spam'], ['e', 'cas', 'ham']]);
    expect(await accuracies()).toEqual({ ann: null, bob: null, cas: null });
    await gold('a', 'b', 'c', 'd', 'nobody voted on it');
    expect(await accuracies()).toMatchObject({ ann: { answered: 4, right: 3, value: 0.75 }, bob: { answered: 1, right: 0, value: 0 }, cas: null });
    // KEEP_LAST: the vote is superseded.
    await vote(service, project, [['b', 'ann', 'ham'], ['d', 'bob', 'ham']]);
    expect(await accuracies()).toMatchObject({ ann: { answered: 4, right: 4 }, bob: { answered: 1, right: 1 } });
    await setGold(service, project, [{ item: 'a', class: 'spam' }]);
    await removeGold(service, project, ['d']);
    expect(await accuracies()).toMatchObject({ ann: { answered: 3, right: 2 }, bob: null });
    await service.data(`mutation ($id: ID!) { withdrawVotes(input: { projectId: $id, votes: [{ item: "a", annotator: "ann" }] }) { replayed } }`, { id: project });
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "c", annotator: "bob", outcome: UNSURE }] }) { replayed } }`, { id: project });
    expect(await accuracies()).toMatchObject({ ann: { answered: 2, right: 2 }, bob: null });
  });

  it.each([
    // Points of Beta(1 + right, 1 + wrong), from SciPy's beta.ppf.
    [10, 10, 0.7150858470818455, 0.9977010277861786],
    [10, 8, 0.4822441476398273, 0.9397822658270933],
    [1, 0, 0.01257911709342505, 0.841886116991581],
    [600, 500, 0.8013804942549279, 0.8609811072774892],
  ])('has the interval of a uniform prior: %d answered, %d right', async (answered, right, low, high) => {
    project = await service.newProject();
    const items = Array.from({ length: answered }, (_, i) => `i${i}`);
    await gold(...items);
    await vote(service, project, items.map((item, i) => [item, 'ann', i < right ? 'ham' : 'spam']));
    const { ann } = await accuracies();
    expect(ann!.value).toBeCloseTo(right / answered, 12);
    expect(ann!.low).toBeCloseTo(low, 9);
    expect(ann!.high).toBeCloseTo(high, 9);
  });

  it('is one statement for all annotators asked for, few or many, and agrees with the votes one by one', async () => {
    project = await service.newProject({ classes: ['ham', 'spam', 'eggs'] });
    const classes = ['ham', 'spam', 'eggs'];
    const votes = Array.from({ length: 3000 }, (_, v) => [`i${v % 150}`, `a${Math.floor(v / 150)}`, classes[(v * 7919 + Math.floor(v / 11)) % 3]!] as const);
    await vote(service, project, votes);
    const answers = new Map(Array.from({ length: 100 }, (_, i) => [`i${i}`, classes[(i * 31) % 3]!]));
    await setGold(service, project, [...answers].map(([item, name]) => ({ item, class: name })));
    const expected = (annotator: string) => {
      const own = votes.filter(([item, who]) => who === annotator && answers.has(item));
      return { answered: own.length, right: own.filter(([item, , name]) => answers.get(item) === name).length };
    };
    const read = (first: number) => service.data(`query ($id: ID!) { project(id: $id) { annotators(first: ${first}) { nodes { externalId goldAccuracy { answered right } } } } }`, { id: project });
    for (const first of [3, 20]) {
      const statements = await statementsOf(service, async () => {
        const { project: seen } = await read(first);
        expect(seen.annotators.nodes).toHaveLength(first);
        for (const { externalId, goldAccuracy } of seen.annotators.nodes) expect(goldAccuracy).toEqual(expected(externalId));
      });
      expect(statements.filter((sql) => sql.includes('vote.class_index = gold.class_index'))).toHaveLength(1);
    }
  });
});
