import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifyVotes } from '../../src/votes/verify.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const numberOf = (id: string) => Number(Buffer.from(id, 'base64url').toString().split(':')[1]);
const verify = (id: string) => service.app.get(VerifyVotes).verify(numberOf(id));

/** A small fixed generator: the same cases on every run. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('counts', () => {
  it.each(['KEEP_LAST', 'KEEP_FIRST', 'REJECT', 'KEEP_ALL'])('%s: are what the log says after eight writers at once', async (repeatPolicy) => {
    const projectId = await service.newProject({ rules: { repeatPolicy } });
    const writer = async (name: number) => {
      const draw = draws(name + 1);
      for (let call = 0; call < 6; call++) {
        // Few items and annotators, so that writers meet all the time; in no order, so that they could lock each other out.
        const votes = Array.from({ length: 60 }, () => ({
          item: `item ${draw(15)}`, annotator: `annotator ${draw(8)}`, ...(draw(6) === 0 ? { outcome: 'SKIP' } : { class: draw(2) ? 'ham' : 'spam' }),
          ...(draw(4) === 0 && { voteId: `${name}-${draw(40)}` }),
        }));
        const { submitVotes } = await service.data(
          `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created superseded duplicate rejected } results { index } } }`, { input: { projectId, votes } },
        );
        expect(submitVotes.results).toHaveLength(60);
        if (call % 3 !== 2) continue;
        await service.data(
          `mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { status } } }`,
          { input: { projectId, votes: Array.from({ length: 5 }, () => ({ item: `item ${draw(15)}`, annotator: `annotator ${draw(8)}` })) } },
        );
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)));
    const { votes, faults } = await verify(projectId);
    expect(faults).toEqual([]);
    expect(votes).toBeGreaterThan(20);
    // However many met, no pair has two standing votes unless the project keeps all.
    const [worst] = await service.source.query(
      `select coalesce(max(standing), 0) as standing from (select count(*) as standing from votes where project_id = $1 and ended_seq is null group by item_code, annotator_code) pairs`, [numberOf(projectId)],
    );
    if (repeatPolicy !== 'KEEP_ALL') expect(Number(worst.standing)).toBe(1);
  });

  it('that are wrong are told one by one: where, what is stored, and what the log says', async () => {
    const projectId = await service.newProject();
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "i", annotator: "w", class: "ham" }, { item: "j", annotator: "w", class: "ham" }] }) { replayed } }`, { id: projectId });
    expect((await verify(projectId)).faults).toEqual([]);
    const id = numberOf(projectId);
    await service.source.query(`update item_counts set votes = 5 where project_id = $1 and item_code = 0`, [id]);
    await service.source.query(`delete from annotator_counts where project_id = $1`, [id]);
    await service.source.query(`update project_counts set votes = votes + 1 where project_id = $1`, [id]);
    expect((await verify(projectId)).faults).toEqual([
      { owner: 'item', id: 'i', count: 'votes', stored: 5, derived: 1 },
      { owner: 'annotator', id: 'w', count: 'votes', stored: 0, derived: 2 },
      { owner: 'project', id: String(id), count: 'votes', stored: 3, derived: 2 },
    ]);
  });

  it('codes are 0, 1, 2, ... without a gap, whoever made them at once', async () => {
    const projectId = await service.newProject();
    await Promise.all(Array.from({ length: 8 }, (_, name) => service.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`,
      { input: { projectId, votes: Array.from({ length: 40 }, (_, i) => ({ item: `item ${(i * 7 + name * 3) % 60}`, annotator: `annotator ${(i + name) % 10}`, class: 'ham' })) } },
    )));
    for (const table of ['items', 'annotators']) {
      const [row] = await service.source.query(`select count(*)::int as count, max(code) + 1 as next, count(distinct external_id)::int as ids from ${table} where project_id = $1`, [numberOf(projectId)]);
      expect(row.count).toBe(row.next);
      expect(row.ids).toBe(row.count);
    }
  });
});
