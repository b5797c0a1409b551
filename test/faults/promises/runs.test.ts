import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { simulateCrowd } from '../../../src/aggregation/index.js';
import { Server, start, type Started } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, newProject, numberOf, promised, SUBMIT, useFleet } from './promised.js';

// The API takes no runs itself: they are the workers', which are killed.
const fleet = useFleet({ ASSAY_WORK: 'false' });

const RUN = `query ($id: ID!) { run(id: $id) { status phase attempt watermark } }`;
const START = `mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`;

async function upload(server: Server, projectId: string, body: string): Promise<void> {
  const answer = await fetch(`${server.url}/projects/${projectId}/votes`, {
    method: 'POST', headers: { 'content-type': 'text/csv', authorization: `Bearer ${await server.key()}` }, body: gzipSync(body),
  });
  expect(answer.status).toBe(200);
}

async function softLabels(server: Server, projectId: string, run?: string): Promise<{ run: string | null; text: string }> {
  const answer = await fetch(`${server.url}/projects/${projectId}/soft-labels.csv${run ? `?run=${run}` : ''}`, { headers: { authorization: `Bearer ${await server.key()}` } });
  return { run: answer.headers.get('x-assay-run'), text: await answer.text() };
}

const PHASES = ['snapshot', 'aggregate', 'store', 'done'];
const ROUNDS = dose(1, 13);

promised('F2', 'a run whose worker is killed shows nothing of it, is taken up within a minute, and ends as an undisturbed one', `${PHASES.length * ROUNDS} kills -9: ${PHASES.join(', ')}; 300,000 votes`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const projectId = await newProject(server, {}, ['0', '1', '2', '3', '4']);
  const { columns } = simulateCrowd({ items: 60_000, annotators: 300, classes: 5, votesPerItem: 5, skill: 0.6 }, 5);
  await upload(server, projectId, `item,annotator,class\n${Array.from(columns.items, (item, vote) => `${item},${columns.annotators[vote]},${columns.classes[vote]}\n`).join('')}`);
  const input = { projectId, method: 'dawid-skene', options: { tolerance: 1e-12, maxIterations: 100 } };
  const state = async (id: string) => (await server.data(RUN, { id })).run as { status: string; phase: string | null; attempt: number };
  const workUntil = async (worker: Started, reached: () => Promise<boolean>, what: string) => {
    await until(async () => {
      if (worker.child.exitCode !== null) throw new Error(worker.output());
      return reached();
    }, what);
  };
  const done = async (id: string) => {
    const worker = start('worker.js', [], server.settings);
    await workUntil(worker, async () => (await state(id)).status === 'SUCCEEDED', 'the end of a run');
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
  };
  const undisturbed = (await server.data(START, { input })).startRun.run.id as string;
  await done(undisturbed);
  const expected = (await softLabels(server, projectId)).text;
  let torn = 0;
  let slowest = 0;
  for (let n = 0; n < PHASES.length * ROUNDS; n++) {
    const phase = PHASES[n % PHASES.length]!;
    const before = await softLabels(server, projectId);
    const id = (await server.data(START, { input })).startRun.run.id as string;
    const worker = start('worker.js', [], server.settings);
    await workUntil(worker, async () => (await state(id)).phase === phase, `the phase ${phase}`);
    worker.child.kill('SIGKILL');
    await worker.exit;
    const killedAt = performance.now();
    const rows = await fleet().query<{ count: number }>(
      `select coalesce(sum((select count(*) from generate_subscripts(starts, 1) place where starts[place + 1] > starts[place])), 0)::int as count from label_blocks where run_id = $1`, [numberOf(id)],
    );
    // Who was killed after its commit has done the run whole.
    const isDone = (await state(id)).status === 'SUCCEEDED';
    const now = await softLabels(server, projectId);
    if (rows[0]!.count !== (isDone ? 60_000 : 0) || now.text !== expected || now.run !== (isDone ? id : before.run)) torn++;
    if (!isDone) {
      const next = start('worker.js', [], server.settings);
      await workUntil(next, async () => (await state(id)).attempt === 2, 'another worker to take it');
      slowest = Math.max(slowest, (performance.now() - killedAt) / 1000);
      await workUntil(next, async () => (await state(id)).status === 'SUCCEEDED', 'the end of the run');
      next.child.kill('SIGTERM');
      expect(await next.exit).toBe(0);
    }
    const after = await softLabels(server, projectId);
    if (after.run !== id || after.text !== expected) torn++;
  }
  observe(`torn or unlike reads ${torn}, taken up within ${slowest.toFixed(1)} s`);
  expect(torn).toBe(0);
  expect(slowest).toBeLessThan(60);
});

const SECONDS = dose(6, 60);

promised('F9', 'a run amid votes equals a run at its watermark afterwards', `votes in calls of 100 for ${SECONDS} s, 8 writers, runs one after another`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const projectId = await newProject(server, {}, ['a', 'b', 'c']);
  const worker = start('worker.js', [], server.settings);
  let votes = 0;
  let writing = true;
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let n = 0; writing; n++) {
      const rows = Array.from({ length: 100 }, (_, row) => ({ item: `i${(n * 37 + row) % 900}`, annotator: `w${w}-${row % 10}`, class: 'abc'[(n + row * row + w) % 3] }));
      const { code, data } = await call(server, key, SUBMIT, { input: { projectId, votes: rows } });
      expect(code).toBe('OK');
      expect(data.submitVotes.counts.rejected).toBe(0);
      votes += 100;
    }
  });
  const finished = async (more: object): Promise<string> => {
    const id = (await server.data(START, { input: { projectId, method: 'dawid-skene', ...more } })).startRun.run.id as string;
    await until(async () => (await server.data(RUN, { id })).run.status === 'SUCCEEDED', 'the end of a run');
    return id;
  };
  await until(() => votes > 0, 'the first votes');
  const runs: string[] = [];
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end || runs.length < 3;) runs.push(await finished({}));
  writing = false;
  await Promise.all(writers);
  let equal = 0;
  for (const run of runs) {
    const { watermark } = (await server.data(RUN, { id: run })).run;
    const again = await finished({ watermark, makeCurrent: false });
    if ((await softLabels(server, projectId, again)).text === (await softLabels(server, projectId, run)).text) equal++;
  }
  worker.child.kill('SIGTERM');
  await worker.exit;
  await sleep(0);
  observe(`${votes} votes (${Math.round(votes / SECONDS)}/s), ${equal} of ${runs.length} runs equal to the bit`);
  expect(equal).toBe(runs.length);
});
