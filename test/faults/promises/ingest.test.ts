import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../../setup/until.js';
import { call, dose, each, historyOf, newProject, promised, SUBMIT, useServer } from './promised.js';

const server = useServer();

const KILLS = dose(12, 50);
const CLIENTS = 8;
/** More clients, of votes one a call: those of a moment are written together. */
const SINGLES = 24;
const LEAST_VOTES = dose(10_000, 200_000);

promised('F1', 'no acknowledged vote is lost, none doubled and no batch halved when the API is killed', `${KILLS} kills -9, ${CLIENTS} clients of batches and ${SINGLES} of single votes with ledgers, ${LEAST_VOTES}+ votes`, async (observe) => {
  const ROWS = 200;
  const projectId = await newProject(server(), { repeatPolicy: 'KEEP_ALL' });
  const acknowledged = new Set<string>();
  let interrupted = 0;
  let singles = 0;
  let done = false;

  /** Sends batch after batch; one whose answer did not come is sent again with its key until it is answered. */
  const client = async (name: number) => {
    const rows = name < CLIENTS ? ROWS : 1;
    for (let batch = 0; !done; batch++) {
      const votes = Array.from({ length: rows }, (_, row) => ({
        item: `item ${(batch * rows + row) % 3000}`, annotator: `client ${name}`, class: row % 2 ? 'a' : 'b', voteId: `${name}/${batch}/${row}`,
      }));
      for (;;) {
        const answer = await server().data(SUBMIT, { input: { projectId, votes } }, { 'idempotency-key': `${name}/${batch}` }).catch(() => null);
        if (answer) {
          expect(answer.submitVotes.counts).toEqual({ created: rows, superseded: 0, duplicate: 0, rejected: 0 });
          for (const vote of votes) acknowledged.add(vote.voteId);
          if (rows === 1) singles++;
          break;
        }
        interrupted++;
        await sleep(100);
        // A batch that was never answered need not be there; it is left at the end.
        if (done) return;
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS + SINGLES }, (_, name) => client(name)));
  for (let kill = 0; kill < KILLS; kill++) {
    const [before, singlesBefore] = [acknowledged.size, singles];
    await until(() => acknowledged.size > before + (LEAST_VOTES / KILLS) * 0.8 && singles > singlesBefore + SINGLES, 'more votes between two kills');
    // At another point of the work each time.
    await sleep((kill * 137) % 300);
    await server().kill();
    await server().start(['--empty']);
  }
  await until(() => acknowledged.size >= LEAST_VOTES, 'the last votes');
  done = true;
  await clients;

  const stored = (await historyOf(server(), projectId)).map((vote) => vote.voteId as string);
  const distinct = new Set(stored);
  const lost = [...acknowledged].filter((id) => !distinct.has(id)).length;
  const ofBatches = stored.filter((id) => Number(id.split('/')[0]) < CLIENTS).length;
  observe(`${acknowledged.size} acknowledged, ${stored.length - ofBatches} single ones in the log, ${interrupted} calls interrupted: lost ${lost}, doubled ${stored.length - distinct.size}, in half batches ${ofBatches % ROWS}`);
  expect({ lost, doubled: stored.length - distinct.size, halved: ofBatches % ROWS }).toEqual({ lost: 0, doubled: 0, halved: 0 });
});

const SENT = dose(200, 1000);

promised('F5', 'a batch sent again is written once, and answered as the first time', `${SENT} batches, each 5 times, 4 at once`, async (observe) => {
  const projectId = await newProject(server(), { repeatPolicy: 'KEEP_ALL' });
  const key = await server().key();
  let replays = 0;
  await each(SENT, 4, async (n) => {
    const input = { projectId, votes: [0, 1, 2].map((row) => ({ item: `i${(n + row) % 50}`, annotator: `a${n}`, class: row === 1 ? 'no class' : 'a' })) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(server(), key, SUBMIT, { input }, { 'idempotency-key': `sent-${n}` })));
    const told = answers.map((answer) => answer.data.submitVotes);
    expect(told.filter((one) => !one.replayed)).toHaveLength(1);
    replays += told.filter((one) => one.replayed).length;
    for (const { counts, results } of told) expect({ counts, results }).toEqual({ counts: told[0].counts, results: told[0].results });
    expect(told[0].counts).toMatchObject({ created: 2, rejected: 1 });
  });
  const rows = (await historyOf(server(), projectId)).length;
  observe(`${SENT * 5} calls, ${replays} marked as replays, ${rows} votes of ${SENT * 2} in the log`);
  expect([replays, rows]).toEqual([SENT * 4, SENT * 2]);
});

promised('F6', 'an idempotency key with another body is a CONFLICT that writes nothing', `${SENT} keys`, async (observe) => {
  const projectId = await newProject(server(), { repeatPolicy: 'KEEP_ALL' });
  const key = await server().key();
  const codes = new Map<string, number>();
  const submit = (n: number, name: string) => call(server(), key, SUBMIT, { input: { projectId, votes: [{ item: `i${n}`, annotator: 'ann', class: name }] } }, { 'idempotency-key': `key-${n}` });
  await each(SENT, 4, async (n) => {
    expect((await submit(n, 'a')).code).toBe('OK');
    const { code } = await submit(n, 'b');
    codes.set(code, (codes.get(code) ?? 0) + 1);
  });
  const written = (await historyOf(server(), projectId)).filter((vote) => vote.class === 'b').length;
  observe(`${[...codes].map(([code, count]) => `${count} x ${code}`).join(', ')}, written ${written}`);
  expect([Object.fromEntries(codes), written]).toEqual([{ CONFLICT: SENT }, 0]);
});

promised('F28', 'the counts that are kept equal a recount of the log', 'votes, revisions, withdrawals, repeats and refusals mixed, 8 writers; and after each other test', async (observe) => {
  const projectId = await newProject(server());
  const key = await server().key();
  const pick = (n: number, count: number) => (Math.imul(n + 1, 0x9e3779b1) >>> 8) % count;
  await each(400, 8, async (n) => {
    const votes = Array.from({ length: 5 }, (_, row) => ({ item: `i${pick(n * 5 + row, 60)}`, annotator: `a${pick(n * 7 + row, 9)}`, class: ['a', 'b', 'none'][pick(n + row, 3)] }));
    const pairs = votes.slice(0, 2).map(({ item, annotator }) => ({ item, annotator }));
    const answer = n % 4 === 3
      ? await call(server(), key, `mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`, { input: { projectId, votes: pairs } })
      : await call(server(), key, SUBMIT, { input: { projectId, votes } });
    expect(answer.code).toBe('OK');
  });
  const { project } = await server().data(`query ($id: ID!) { project(id: $id) { voteCounts { votes items } items(first: 100) { nodes { externalId voteCount } } } }`, { id: projectId });
  const standing = new Map<string, number>();
  for (const vote of (await historyOf(server(), projectId)).filter((one) => one.state === 'STANDING')) standing.set(vote.item as string, (standing.get(vote.item as string) ?? 0) + 1);
  const kept = Object.fromEntries(project.items.nodes.map((item: { externalId: string; voteCount: number }) => [item.externalId, item.voteCount]));
  const votes = [...standing.values()].reduce((sum, count) => sum + count, 0);
  observe(`${project.voteCounts.votes} votes kept count of, ${votes} in the log, on ${standing.size} items`);
  expect(Number(project.voteCounts.votes)).toBe(votes);
  expect(kept).toEqual(Object.fromEntries([...Object.keys(kept)].map((item) => [item, standing.get(item) ?? 0])));
});
