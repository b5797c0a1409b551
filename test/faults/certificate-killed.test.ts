import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCrowd, numbersOf, runToEnd } from '../runs/crowd.js';
import { freePort, start, type Started } from '../setup/process.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const CERTIFICATE = `query ($id: ID!) { run(id: $id) { certificate { verdict holds refuted tieRate votedItems draws } } }`;

/** An API process of the build, on the database of the service. */
async function startApi(): Promise<{ api: Started; url: string }> {
  const port = await freePort();
  const api = start('main.js', ['--empty'], { DATABASE_URL: service.databaseUrl, PORT: String(port), LOG_LEVEL: 'info', ASSAY_WORK: 'false' });
  await until(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok, () => false), 'a process that answers');
  return { api, url: `http://127.0.0.1:${port}` };
}

const readersOfVotes = async () => (await service.source.query<{ count: number }[]>(
  `select count(*)::int as count from pg_stat_activity where application_name = 'assay certificate' and datname = current_database()`))[0]!.count;
const kept = async (run: { id: string }) => (await service.source.query<{ count: number }[]>(
  `select count(*)::int as count from run_certificates where project_id = $1 and run_id = $2`, numbersOf(run.id)))[0]!.count;

describe('a certificate', () => {
  // Each pass over these votes takes a fraction of a second, and there are dozens.
  const crowd = { items: 20_000, annotators: 200, classes: 8, votesPerItem: 5, skill: 0.5 };

  it.each(['SIGKILL', 'SIGTERM'] as const)('whose process gets a %s at work is there whole or not at all, and another process gives it', async (signal) => {
    const { projectId } = await newCrowd(service, crowd, signal === 'SIGKILL' ? 1 : 2);
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    const { api, url } = await startApi();
    // Nobody reads votes before it was seen that the process began to.
    const gate = service.source.createQueryRunner();
    await gate.startTransaction();
    await gate.query('lock table votes in access exclusive mode');
    const asked = fetch(`${url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${service.key}` }, body: JSON.stringify({ query: CERTIFICATE, variables: { id: run.id } }),
    }).then((answer) => answer.json() as Promise<{ data: { run: { certificate: object } } }>);
    asked.catch(() => undefined);
    await until(async () => await readersOfVotes() > 0, 'a certificate that reads its votes');
    await gate.commitTransaction();
    await gate.release();
    await until(async () => await readersOfVotes() === 0, 'a certificate that has read its votes');
    expect(await kept(run)).toBe(0);
    api.child.kill(signal);
    let answered: object | undefined;
    if (signal === 'SIGKILL') {
      await expect(asked).rejects.toThrow();
      if (api.child.exitCode === null && api.child.signalCode === null) await once(api.child, 'exit');
      expect(await kept(run)).toBe(0);
    } else {
      // A stop lets calls in flight come to their ends.
      answered = (await asked).data.run;
      expect(await api.exit).toBe(0);
      expect(await kept(run)).toBe(1);
    }
    const told = (await service.data(CERTIFICATE, { id: run.id })).run;
    expect(told.certificate).toMatchObject({ votedItems: crowd.items, draws: expect.any(Number), verdict: expect.stringMatching(/^MV_/) });
    if (answered) expect(answered).toEqual(told);
    expect(await kept(run)).toBe(1);
  });
});
