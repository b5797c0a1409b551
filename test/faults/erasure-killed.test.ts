import { afterAll, beforeAll, expect, it } from 'vitest';
import { numberOf } from '../lifecycle/whole-project.js';
import { newCrowd } from '../runs/crowd.js';
import { Connection } from '../../src/platform/database/connection.js';
import { freePort, start, type Started } from '../setup/process.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

/** Works on no jobs: comments are erased by the processes that are killed. */
let service: Service;
beforeAll(async () => { service = await startService({ ASSAY_WORK: 'false' }); });
afterAll(() => service.stop());

async function startWorker(): Promise<Started> {
  const port = await freePort();
  const worker = start('main.js', ['--empty'], { DATABASE_URL: service.databaseUrl, PORT: String(port), LOG_LEVEL: 'info' });
  await until(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok, () => false), 'a process that works');
  return worker;
}

it('an erasure from a long log whose process is killed amid it goes on in another; the id was gone from the start', async () => {
  const { projectId } = await newCrowd(service, { items: 12_000, annotators: 20, classes: 3, votesPerItem: 10, skill: 0.7 });
  const id = numberOf(projectId);
  await service.source.query(`update votes set comment = 'by ' || annotator_code where project_id = $1`, [id]);
  const [person] = await service.source.query<{ code: number; votes: number }[]>(`select code, votes from annotators join annotator_counts c on c.project_id = $1 and annotator_code = code where annotators.project_id = $1 and external_id = 'a7'`, [id]);
  const comments = async (code: number) => (await service.source.query<{ count: number }[]>(`select count(*)::int as count from votes where project_id = $1 and annotator_code = $2 and comment is not null`, [id, code]))[0]!.count;
  const erasure = async () => (await service.data(`query ($id: ID!) { project(id: $id) { annotatorErasures { nodes { finishedAt progress changed { place rows } } } } }`, { id: projectId })).project.annotatorErasures.nodes[0];
  const changed = async () => (await erasure()).changed.find(({ place }: { place: string }) => place === 'votes').rows;
  // The second piece of the log cannot be had yet: there the first process stands when it is killed.
  const gate = await Connection.open(service.databaseUrl, 'gate');
  await gate.query('begin');
  const [vote] = (await gate.query<{ seq: number; place: number }>(
    `select seq, (select count(*)::int from votes earlier where project_id = $1 and earlier.seq <= held.seq) as place from votes held
     where project_id = $1 and seq = (select seq from votes where project_id = $1 and annotator_code = $2 order by seq offset 4999 limit 1) for update`, [id, person!.code])).rows;
  // Beyond the piece that the call itself goes over.
  expect(vote!.place).toBeGreaterThan(50_000);
  await service.data(`mutation ($input: EraseAnnotatorInput!) { eraseAnnotator(input: $input) { erasure { finishedAt } } }`, { input: { projectId, annotator: 'a7' } });
  const afterFirst = await comments(person!.code);
  expect(afterFirst).toBeGreaterThan(0);
  expect(await changed()).toBe(person!.votes - afterFirst);
  expect(await service.source.query(`select 1 from annotators where project_id = $1 and external_id = 'a7'`, [id])).toEqual([]);
  const first = await startWorker();
  await until(async () => (await service.source.query<unknown[]>(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'update votes%'`)).length > 0, 'a piece that waits');
  first.child.kill('SIGKILL');
  await first.exit;
  await gate.end();
  expect(await erasure()).toMatchObject({ finishedAt: null });
  const second = await startWorker();
  await until(async () => (await erasure()).finishedAt, 'an erasure that ends');
  expect([await comments(person!.code), await changed()]).toEqual([0, person!.votes]);
  expect(await comments(person!.code + 1)).toBeGreaterThan(0);
  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
});
