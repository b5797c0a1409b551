import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readGlobalId } from '../../src/platform/graphql/global-id.js';
import { GoldService } from '../../src/gold/gold.service.js';
import { startService, type Service } from '../setup/service.js';
import { removeGold, setGold, vote } from './gold-calls.js';

let service: Service;
let project: string;
let number: number;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  project = await service.newProject();
  number = readGlobalId('Project', project)[0]!;
});

const candidates = (annotator: number, limit: number) => service.app.get(GoldService).candidates(number, annotator, limit);
const code = async (table: 'items' | 'annotators', id: string) => (await service.source.query<{ code: number }[]>(`select code from ${table} where project_id = $1 and external_id = $2`, [number, id]))[0]!.code;

describe('gold items for an annotator', () => {
  it('are those they neither voted on nor hold', async () => {
    await vote(service, project, [['g1', 'ann', 'ham'], ['g2', 'bob', 'ham'], ['other', 'ann', 'ham']]);
    await setGold(service, project, ['g1', 'g2', 'g3', 'g4', 'g5'].map((item) => ({ item, class: 'ham' })));
    await removeGold(service, project, ['g5']);
    const ann = await code('annotators', 'ann');
    const [g2, g3, g4] = [await code('items', 'g2'), await code('items', 'g3'), await code('items', 'g4')];
    const sorted = async () => (await candidates(ann, 10)).sort((a, b) => a - b);
    expect(await sorted()).toEqual([g2, g3, g4]);
    const lease = (annotator: number, item: number, ended: string) => service.source.query(
      `insert into leases (project_id, item_code, annotator_code, expires_at, votes, strategy, ended_at, ended_by) values ($1, $2, $3, now() + interval '1 hour', 0, 'gold', ${ended})`, [number, item, annotator],
    );
    await lease(ann, g3, 'null, null');
    await lease(ann, g4, 'now(), 3');
    await lease(await code('annotators', 'bob'), g2, 'null, null');
    expect(await sorted()).toEqual([g2, g4]);
  });

  it('come back when a vote is withdrawn, and not after a SKIP', async () => {
    await setGold(service, project, [{ item: 'g1', class: 'ham' }, { item: 'g2', class: 'ham' }]);
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "g1", annotator: "ann", class: "ham" }, { item: "g2", annotator: "ann", outcome: SKIP }] }) { replayed } }`, { id: project });
    const ann = await code('annotators', 'ann');
    expect(await candidates(ann, 10)).toEqual([]);
    await service.data(`mutation ($id: ID!) { withdrawVotes(input: { projectId: $id, votes: [{ item: "g1", annotator: "ann" }] }) { replayed } }`, { id: project });
    expect(await candidates(ann, 10)).toEqual([await code('items', 'g1')]);
  });

  it('are each as many as asked for, distinct, and all of them in turn', async () => {
    await setGold(service, project, Array.from({ length: 40 }, (_, i) => ({ item: `g${i}`, class: 'ham' })));
    const seen = new Set<number>();
    for (let call = 0; call < 1000; call++) {
      const some = await candidates(0, 3);
      expect(new Set(some).size).toBe(3);
      for (const item of some) seen.add(item);
    }
    // An item is left out where no call began in the three gaps before it: one of the 40 with a chance of 0.2%, two with 3e-6.
    expect(seen.size).toBeGreaterThanOrEqual(39);
    expect((await candidates(0, 1000)).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('are none in a project without gold', async () => {
    expect(await candidates(0, 5)).toEqual([]);
  });
});
