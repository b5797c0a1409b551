import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Server, start } from '../setup/process.js';

const KILLS = 6;
const ANNOTATORS = 12;
const ITEMS = 600;
const TARGET = 3;

let server: Server;
beforeAll(async () => {
  server = await Server.make({ LOG_LEVEL: 'info' });
  await server.start(['--empty']);
});
afterAll(() => server.remove());

const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item } empty { reason retryAfterSeconds } } }`;
const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created duplicate } } }`;
const HELD = `query ($id: ID!, $annotator: String!) { project(id: $id) { annotator(externalId: $annotator) { leases { item } } } }`;

it(`keeps every lease and passes no maximum when the API is killed ${KILLS} times between leases and answers`, async () => {
  const { createProject } = await server.data(`mutation { createProject(input: { name: "killed", classes: ["a", "b"], rules: { maxVotes: ${TARGET}, leaseSeconds: 600, explorationShare: 0 } }) { project { id } } }`);
  const projectId: string = createProject.project.id;
  const items = Array.from({ length: ITEMS }, (_, i) => ({ externalId: `item ${i}` }));
  await server.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId, items } });
  let interrupted = 0;
  let recovered = 0;
  const answered = new Set<string>();

  /** Asks, answers, and after a broken call asks which items it holds, as a platform without a memory would. */
  const annotate = async (annotator: string) => {
    for (;;) {
      const call = async (query: string, variables: object) => {
        for (;;) {
          const data = await server.data(query, variables).catch(() => null);
          if (data) return data;
          interrupted++;
          await sleep(100);
        }
      };
      const { project } = await call(HELD, { id: projectId, annotator });
      const held: string[] = (project.annotator?.leases ?? []).map((lease: { item: string }) => lease.item);
      recovered += held.length;
      const { nextItems } = held.length > 0 ? { nextItems: { leases: held.map((item) => ({ item })), empty: null } } : await call(NEXT, { input: { projectId, annotator, count: 3 } });
      if (nextItems.leases.length === 0) {
        if (nextItems.empty.retryAfterSeconds == null) return;
        await sleep(200);
        continue;
      }
      await sleep(30);
      const votes = nextItems.leases.map(({ item }: { item: string }) => ({ item, annotator, class: 'a' }));
      const { submitVotes } = await call(SUBMIT, { input: { projectId, votes } });
      expect(submitVotes.counts.created + submitVotes.counts.duplicate).toBe(votes.length);
      for (const { item } of votes) answered.add(`${item}/${annotator}`);
    }
  };
  const working = Promise.all(Array.from({ length: ANNOTATORS }, (_, name) => annotate(`annotator ${name}`)));
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(400 + (kill * 137) % 700);
    await server.kill();
    await server.start(['--empty']);
  }
  await working;

  const { project } = await server.data(`query ($id: ID!) { project(id: $id) { progress { items done open leases votes } } }`, { id: projectId });
  // Exactly the target everywhere: nobody was given what was full, and no lease was forgotten.
  expect(project.progress).toEqual({ items: ITEMS, done: ITEMS, open: 0, leases: 0, votes: ITEMS * TARGET });
  expect(answered.size).toBe(ITEMS * TARGET);
  const verified = start('cli.js', ['verify'], server.settings);
  expect(await verified.exit, verified.output()).toBe(0);
  console.log(`${KILLS} kills, ${interrupted} calls interrupted, ${recovered} leases found again, ${answered.size} answers: lost 0, above the maximum 0`);
});
