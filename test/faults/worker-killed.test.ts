import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulateCrowd } from '../../src/aggregation/index.js';
import { Server, start, type Started } from '../setup/process.js';

const ITEMS = 60_000;

let server: Server;
let projectId: string;
beforeAll(async () => {
  // The API takes no runs itself: they are the workers', which are killed.
  server = await Server.make({ ASSAY_WORK: 'false' });
  await server.start(['--empty']);
  const { createProject } = await server.data(`mutation { createProject(input: { name: "killed", classes: ["0", "1", "2", "3", "4"] }) { project { id } } }`);
  projectId = createProject.project.id;
  const { columns } = simulateCrowd({ items: ITEMS, annotators: 300, classes: 5, votesPerItem: 5, skill: 0.6 }, 5);
  const lines = Array.from(columns.items, (item, vote) => `${item},${columns.annotators[vote]},${columns.classes[vote]}\n`);
  const answer = await fetch(`${server.url}/projects/${projectId}/votes`, {
    method: 'POST', headers: { 'content-type': 'text/csv', authorization: `Bearer ${await server.key()}` }, body: gzipSync(`item,annotator,class\n${lines.join('')}`),
  });
  expect(answer.status).toBe(200);
}, 300_000);
afterAll(() => server.remove());

const RUN = `query ($id: ID!) { run(id: $id) { status phase attempt } }`;
const state = async (id: string) => (await server.data(RUN, { id })).run as { status: string; phase: string | null; attempt: number };
const softLabels = async () => {
  const answer = await fetch(`${server.url}/projects/${projectId}/soft-labels.csv`, { headers: { authorization: `Bearer ${await server.key()}` } });
  return { status: answer.status, run: answer.headers.get('x-assay-run'), rows: (await answer.text()).trim().split('\n').length - 1 };
};

/** A run that is asked for, and a worker that takes it and dies when it says that it is in `phase`. */
async function killIn(phase: string): Promise<string> {
  const { startRun } = await server.data(
    `mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene", options: { tolerance: 1e-12, maxIterations: 300 } }) { run { id } } }`, { id: projectId },
  );
  const { id } = startRun.run;
  const worker: Started = start('worker.js', [], server.settings);
  for (const until = Date.now() + 120_000; (await state(id)).phase !== phase;) {
    if (worker.child.exitCode !== null) throw new Error(worker.output());
    if (Date.now() > until) throw new Error(`the run never was in the phase ${phase}`);
    await sleep(3);
  }
  worker.child.kill('SIGKILL');
  await worker.exit;
  return id;
}

describe('a worker that is killed while it', () => {
  it.each([['reads its snapshot', 'snapshot'], ['iterates', 'aggregate'], ['stores results', 'store']])('%s leaves no trace of results, and another does the run within a minute', async (_, phase) => {
    const before = await softLabels();
    const id = await killIn(phase);
    const killedAt = Date.now();
    // Nothing of the dead worker's is to be seen: the results are those of the run before, whole, or none.
    expect(await softLabels()).toEqual(before);
    const next = start('worker.js', [], server.settings);
    try {
      while ((await state(id)).attempt < 2) {
        expect(Date.now() - killedAt).toBeLessThan(60_000);
        await sleep(100);
      }
      while ((await state(id)).status !== 'SUCCEEDED') {
        expect((await state(id)).status).not.toBe('FAILED');
        await sleep(100);
      }
      expect(await softLabels()).toEqual({ status: 200, run: id, rows: ITEMS });
    } finally {
      next.child.kill('SIGTERM');
      expect(await next.exit).toBe(0);
    }
  });
});
