import { expect } from 'vitest';
import { call, dose, each, historyOf, newProject, promised, SUBMIT, useServer } from './promised.js';

const server = useServer();

const ORDERS = dose(30, 100);

promised('F7', 'votes and revisions leave the same standing votes in whatever order they come', `${ORDERS} orders of 40 votes on 10 pairs, each with its time`, async (observe) => {
  const votes = Array.from({ length: 40 }, (_, n) => ({
    item: `i${n % 5}`, annotator: `a${n % 2}`, class: ['a', 'b'][Math.floor(n / 10) % 2]!, time: new Date(Date.UTC(2026, 0, 1, 0, (n * 17) % 40)).toISOString(), voteId: `v${n}`,
  }));
  const latest = new Map<string, (typeof votes)[number]>();
  for (const vote of votes.toSorted((a, b) => (a.time < b.time ? -1 : 1))) latest.set(`${vote.item} ${vote.annotator}`, vote);
  const expected = [...latest].map(([pair, vote]) => `${pair} ${vote.class}`).sort();
  let equal = 0;
  await each(ORDERS, 4, async (n) => {
    const projectId = await newProject(server());
    const shuffled = votes.map((vote, i) => ({ vote, at: Math.imul(i + 1, 0x9e3779b1 + 2 * n) >>> 0 })).toSorted((a, b) => a.at - b.at).map(({ vote }) => vote);
    // Some in one call, the others one by one.
    const calls = [shuffled.slice(0, n % 30), ...shuffled.slice(n % 30).map((vote) => [vote])].filter((call) => call.length > 0);
    for (const rows of calls) await server().data(SUBMIT, { input: { projectId, votes: rows } });
    const history = await historyOf(server(), projectId);
    const standing = history.filter((vote) => vote.state === 'STANDING').map((vote) => `${vote.item as string} ${vote.annotator as string} ${vote.class as string}`).sort();
    expect(standing).toEqual(expected);
    equal++;
  });
  observe(`${equal} of ${ORDERS} orders end alike, and as the times say`);
});

const ROUNDS = dose(5, 50);

promised('F8', 'of 100 writers on one item and annotator one stands, and the others are in the history', `100 writers at once, ${ROUNDS} rounds`, async (observe) => {
  const key = await server().key();
  const projectId = await newProject(server(), {}, Array.from({ length: 100 }, (_, k) => `c${k}`));
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => call(server(), key, SUBMIT, { input: { projectId, votes: [{ item: `i${round}`, annotator: 'ann', class: `c${n}` }] } })));
    expect(answers.map((answer) => answer.code).filter((code) => code !== 'OK')).toEqual([]);
    const history = (await historyOf(server(), projectId)).filter((vote) => vote.item === `i${round}`);
    const standing = history.filter((vote) => vote.state === 'STANDING').length;
    seen.add(`${standing} standing, ${history.length - standing} in the history`);
  }
  observe([...seen].join('; '));
  expect([...seen]).toEqual(['1 standing, 99 in the history']);
});
