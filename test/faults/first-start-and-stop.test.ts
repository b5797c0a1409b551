import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Server, start } from '../setup/process.js';

test('a first start answers nobody before its key and samples are there, and tells the key to its file alone', async () => {
  const server = await Server.make();
  const started = server.start();
  let ready = 0;
  // What a script does that waits for the service.
  while (ready !== 200) {
    ready = await fetch(`${server.url}/readyz`).then((answer) => answer.status, () => 0);
    await sleep(20);
  }
  const key = await server.key();
  const { projects } = await server.data('{ projects { nodes { name currentRun { status } } } }');
  expect(projects.nodes.map((project: { currentRun: { status: string } | null }) => project.currentRun?.status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  await started;
  await expect.poll(() => server.output()).toContain('Assay is ready');
  expect(server.output()).not.toContain(key);
  expect(server.output()).not.toContain(key.slice(-43));
  expect((await stat(join(server.folder, 'admin-key'))).mode & 0o777).toBe(0o600);

  // A name that would colour the terminal, go back in its line and turn its text.
  await server.data(`mutation ($n: String!) { createProject(input: { name: $n, classes: ["a", "b"] }) { project { id } } }`, { n: 'x\u001b[31m\r\nall is well \u202egnihton' });
  const verify = start('cli.js', ['verify'], server.settings);
  expect(await verify.exit).toBe(0);
  expect(verify.output()).toContain('x\\u001b[31m\\u000d\\u000aall is well \\u202egnihton: 0 votes');
   
  expect(verify.output()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  await server.remove();
}, 300_000);

test('a stop lets an upload in flight go on for longer than 10 s, takes no new calls meanwhile, and ends in order', async () => {
  const server = await Server.make({ SHUTDOWN_TIMEOUT_SECONDS: '60' });
  await server.start(['--empty']);
  const { createProject } = await server.data(`mutation { createProject(input: { name: "p", classes: ["a", "b"] }) { project { id } } }`);
  const rows = 14;
  let stopped: Promise<number | string> | undefined;
  async function* body() {
    yield Buffer.from('item,annotator,class\n');
    for (let row = 0; row < rows; row++) {
      yield Buffer.from(`item ${row},ann,a\n`);
      if (row === 1) stopped = server.stop();
      await sleep(1000);
    }
  }
  const answer = await fetch(`${server.url}/projects/${createProject.project.id}/votes`, {
    method: 'POST', headers: { authorization: `Bearer ${await server.key()}`, 'content-type': 'text/csv' }, body: body() as never, duplex: 'half',
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { created: rows }]);
  expect(await stopped).toBe(0);
  expect(server.output()).not.toContain('did not end in time');
  await server.remove();
}, 300_000);
