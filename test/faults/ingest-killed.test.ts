import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Server, start } from '../setup/process.js';

const KILLS = 20;
const CLIENTS = 8;
const ROWS = 200;

let server: Server;
beforeAll(async () => {
  server = await Server.make({ LOG_LEVEL: 'info' });
  await server.start(['--empty']);
});
afterAll(() => server.remove());

const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created superseded duplicate rejected } } }`;

it(`loses no acknowledged vote and doubles none when the API is killed ${KILLS} times amid ${CLIENTS} clients`, async () => {
  const { createProject } = await server.data(`mutation { createProject(input: { name: "killed", classes: ["a", "b"], rules: { repeatPolicy: KEEP_ALL } }) { project { id } } }`);
  const projectId: string = createProject.project.id;
  const acknowledged = new Set<string>();
  let interrupted = 0;
  let done = false;

  /** Sends batch after batch; one whose answer did not come is sent again with its key until it is answered. */
  const client = async (name: number) => {
    for (let batch = 0; !done; batch++) {
      const votes = Array.from({ length: ROWS }, (_, row) => ({
        item: `item ${(batch * ROWS + row) % 3000}`, annotator: `client ${name}`, class: row % 2 ? 'a' : 'b', voteId: `${name}/${batch}/${row}`,
      }));
      for (;;) {
        const answer = await server.data(SUBMIT, { input: { projectId, votes } }, { 'idempotency-key': `${name}/${batch}` }).catch(() => null);
        if (answer) {
          expect(answer.submitVotes.counts).toEqual({ created: ROWS, superseded: 0, duplicate: 0, rejected: 0 });
          for (const vote of votes) acknowledged.add(vote.voteId);
          break;
        }
        interrupted++;
        await sleep(100);
        // A batch that was never answered need not be there; it is left at the end.
        if (done) return;
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(300 + (kill * 137) % 900);
    await server.kill();
    await server.start(['--empty']);
  }
  await sleep(1000);
  done = true;
  await clients;

  const answer = await fetch(`${server.url}/projects/${projectId}/votes.ndjson?history=true`, { headers: { authorization: `Bearer ${await server.key()}` } });
  const stored = (await answer.text()).trim().split('\n').map((line) => (JSON.parse(line) as { voteId: string }).voteId);
  const distinct = new Set(stored);
  expect([...acknowledged].filter((id) => !distinct.has(id))).toEqual([]);
  expect(stored.length).toBe(distinct.size);
  // Whole batches only: what was not acknowledged is there whole or not at all.
  expect(stored.length % ROWS).toBe(0);
  const verified = start('cli.js', ['verify'], server.settings);
  expect(await verified.exit, verified.output()).toBe(0);
  console.log(`${KILLS} kills, ${interrupted} calls interrupted, ${acknowledged.size} votes acknowledged, ${stored.length} stored: lost 0, doubled 0`);
});
