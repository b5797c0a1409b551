import { afterAll, beforeAll, expect, it } from 'vitest';
import { Connection } from '../../src/platform/database/connection.js';
import { freePort, start, type Started } from '../setup/process.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { newCrowd } from '../runs/crowd.js';
import { numberOf } from '../lifecycle/whole-project.js';

const VOTES = 60_000;

/** Works on no jobs: what is purged is purged by the processes that are killed. */
let service: Service;
beforeAll(async () => { service = await startService({ ASSAY_WORK: 'false', EXECUTION_TIMEOUT_MS: '20000' }); });
afterAll(() => service.stop());

async function startWorker(): Promise<Started> {
  const port = await freePort();
  const worker = start('main.js', ['--empty'], { DATABASE_URL: service.databaseUrl, PORT: String(port), LOG_LEVEL: 'info', EXECUTION_TIMEOUT_MS: '20000' });
  await until(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok, () => false), 'a process that works');
  return worker;
}

const left = async (id: number) => (await service.source.query<{ count: number }[]>(`select count(*)::int as count from votes where project_id = $1`, [id]))[0]!.count;
const removed = async () => (await service.data(`{ deletedProjects { nodes { status removed { table rows } } } }`)).deletedProjects.nodes[0] as { status: string; removed: { table: string; rows: number }[] };
const countOf = async (table: string) => (await removed()).removed.find((one) => one.table === table)?.rows ?? 0;

it('a purge whose process is killed between two batches goes on in another, and counts each row once', async () => {
  const { projectId } = await newCrowd(service, { items: 6000, annotators: 50, classes: 3, votesPerItem: 10, skill: 0.7 });
  const other = await newCrowd(service, { items: 100, annotators: 10, classes: 3, votesPerItem: 3, skill: 0.7 });
  const id = numberOf(projectId);
  await service.data(`mutation ($input: DeleteProjectInput!) { deleteProject(input: $input) { replayed } }`, { input: { id: projectId, confirm: projectId } });
  // A row that the purge cannot have yet, in the third batch: there it stands when it is killed.
  const gate = await Connection.open(service.databaseUrl, 'gate');
  await gate.query('begin');
  await gate.query(`select 1 from votes where project_id = $1 and seq = (select seq from votes where project_id = $1 order by seq offset 25000 limit 1) for update`, [id]);
  await service.data(`mutation ($input: PurgeProjectInput!) { purgeProject(input: $input) { deletion { id } } }`, { input: { id: projectId, confirm: projectId } });
  const first = await startWorker();
  await until(async () => await countOf('votes') === 20_000, 'a purge amid the votes');
  expect(await left(id)).toBe(VOTES - 20_000);
  first.child.kill('SIGKILL');
  await first.exit;
  await gate.end();
  // Nothing of the batch that was under way is gone, nor counted.
  expect([await left(id), await countOf('votes')]).toEqual([VOTES - 20_000, 20_000]);
  const second = await startWorker();
  await until(async () => (await removed()).status === 'PURGED', 'a purge that ends');
  expect([await left(id), await countOf('votes')]).toEqual([0, VOTES]);
  expect(await left(numberOf(other.projectId))).toBe(300);
  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
});
