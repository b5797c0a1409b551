// Votes at an even rate, and how old the labels are that readers see: a process of its own for bench.mjs.
import { setTimeout as sleep } from 'node:timers/promises';
import { open, quantiles } from './client.mjs';

process.on('message', async (plan) => {
  process.send(await work(plan).catch((error) => ({ fault: error.message })));
  process.disconnect();
});

const VOTE = 'mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }';
const LABEL = 'query ($id: ID!, $item: String!) { project(id: $id) { item(externalId: $item) { softLabel { live votes run { id } } } } }';
const VOTES_A_CALL = 10;
const POLL_MS = 20;

/**
 * Of each call's votes one is followed: the time from its answer until a reader is shown a live label that counts it.
 * @param plan.items items that have `votesBefore` votes each; no item is voted on twice
 */
async function work({ port, key, projectId, rate, seconds, items, votesBefore, classes }) {
  const writers = await Promise.all(Array.from({ length: 16 }, () => open(port, key)));
  const readers = await Promise.all(Array.from({ length: 40 }, () => open(port, key)));
  const ages = [];
  const answered = [];
  const under = new Set();
  let late = 0;
  let next = 0;
  const calls = Math.round((rate * seconds) / VOTES_A_CALL);
  const from = performance.now();
  for (let call = 0; call < calls; call++) {
    const due = from + (call * 1000 * VOTES_A_CALL) / rate;
    if (performance.now() < due) await sleep(due - performance.now());
    while (writers.length === 0) await sleep(1);
    if (performance.now() - due > 1000) late++;
    const writer = writers.pop();
    const voted = items.slice(next, (next += VOTES_A_CALL));
    const one = vote(writer, voted).finally(() => under.delete(one));
    under.add(one);
  }
  const voting = (performance.now() - from) / 1000;
  await Promise.all(under);
  [...writers, ...readers].forEach((socket) => socket.close());
  return { votes: calls * VOTES_A_CALL, seconds: voting, late, answered: quantiles(answered), followed: ages.length, ages: quantiles(ages) };

  async function vote(writer, voted) {
    const began = performance.now();
    const votes = voted.map((item) => ({ item, annotator: 'a late annotator', class: classes[Math.floor(Math.random() * classes.length)] }));
    const { submitVotes } = await writer({ query: VOTE, variables: { input: { projectId, votes } } });
    const told = performance.now();
    writers.push(writer);
    answered.push(told - began);
    if (submitVotes.counts.created !== voted.length) throw new Error(JSON.stringify(submitVotes));
    const reader = readers.pop();
    if (!reader) return;
    for (;;) {
      const asked = performance.now();
      const label = (await reader({ query: LABEL, variables: { id: projectId, item: voted[0] } })).project.item.softLabel;
      if (label?.live && label.votes === votesBefore + 1) break;
      if (asked - told > 30_000) throw new Error(`the label of ${voted[0]} was not moved on within 30 s: ${JSON.stringify(label)}`);
      await sleep(POLL_MS);
    }
    ages.push(performance.now() - told);
    readers.push(reader);
  }
}
