import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { start } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, historyOf, newProject, promised, SUBMIT, useFleet, type Answer } from './promised.js';

const fleet = useFleet();

/** Ledgers of votes, each sent with its key to one process after the other until one answers: as a client behind a balancer. */
class Clients {
  readonly acknowledged = new Set<string>();
  readonly failed = new Map<string, number>();
  retries = 0;
  private isOver = false;
  private readonly working: Promise<unknown>;

  constructor(count: number, private readonly servers: () => readonly Server[], private readonly key: string, private readonly projectId: string, rows = 5) {
    this.working = Promise.all(Array.from({ length: count }, async (_, client) => {
      for (let n = 0; !this.isOver; n++) {
        const votes = Array.from({ length: rows }, (_, row) => ({ item: `i${(n * rows + row) % 2000}`, annotator: `c${client}`, class: 'a', voteId: `${client}/${n}/${row}` }));
        if (await this.send(votes, `${client}-${n}`, client + n)) for (const { voteId } of votes) this.acknowledged.add(voteId);
      }
    }));
  }

  private async send(votes: object[], idempotencyKey: string, from: number): Promise<boolean> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const servers = this.servers();
      const answer: Answer | null = await call(servers[(from + attempt) % servers.length]!, this.key, SUBMIT, { input: { projectId: this.projectId, votes } }, { 'idempotency-key': idempotencyKey }).catch(() => null);
      if (answer?.code === 'OK') return true;
      // No connection, and "not now", are what a client tries again on. CONFLICT: its first try is still under way elsewhere.
      if (answer != null && !['UNAVAILABLE', 'CONFLICT'].includes(answer.code)) {
        this.failed.set(answer.code, (this.failed.get(answer.code) ?? 0) + 1);
        return false;
      }
      this.retries++;
      await sleep(50);
    }
    this.failed.set('no answer', (this.failed.get('no answer') ?? 0) + 1);
    return false;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.working;
  }

  async accounts(server: Server): Promise<{ lost: number; doubled: number }> {
    const stored = (await historyOf(server, this.projectId)).map((vote) => vote.voteId as string);
    const distinct = new Set(stored);
    return { lost: [...this.acknowledged].filter((id) => !distinct.has(id)).length, doubled: stored.length - distinct.size };
  }
}

const RESTARTS = dose(2, 10);

promised('F26', 'processes are replaced one after the other, and the database is brought to a newer schema beneath them, without a failed write', `${RESTARTS} rolling restarts of 2 processes under 6 writers, a migration in between`, async (observe) => {
  if (fleet().servers.length < 2) await fleet().add();
  const servers = fleet().servers.slice(0, 2) as [Server, Server];
  const key = await servers[0].key();
  const projectId = await newProject(servers[0], { repeatPolicy: 'KEEP_ALL' });
  const clients = new Clients(6, () => servers, key, projectId);
  const codes: number[] = [];
  for (let n = 0; n < RESTARTS; n++) {
    for (const server of servers) {
      await sleep(500);
      codes.push(Number(await server.stop()));
      await server.start(['--empty']);
    }
    if (n === 0) {
      // As the next version would: what it adds is not known to the processes that still run.
      await fleet().query(`alter table votes add column of_the_next_version integer`);
      await fleet().query(`insert into migrations (timestamp, name) values (9999999999999, 'OfTheNextVersion9999999999999')`);
      const before = clients.acknowledged.size;
      await until(() => clients.acknowledged.size > before + 20, 'votes beside the newer schema');
      await fleet().query(`delete from migrations where timestamp = 9999999999999`);
      await fleet().query(`alter table votes drop column of_the_next_version`);
    }
  }
  await clients.end();
  const accounts = await clients.accounts(servers[0]);
  observe(`${clients.acknowledged.size} votes acknowledged, ${clients.retries} tries repeated, failed ${clients.failed.size}; lost ${accounts.lost}, doubled ${accounts.doubled}`);
  expect({ failed: Object.fromEntries(clients.failed), codes: [...new Set(codes)], ...accounts }).toEqual({ failed: {}, codes: [0], lost: 0, doubled: 0 });
});

const SECONDS = dose(20, 600);

promised('F29', 'of two APIs and two workers one is killed now and then, and no vote and no run is lost', `${SECONDS} s, 8 clients, a kill -9 each ${dose(4, 10)} s`, async (observe) => {
  if (fleet().servers.length < 2) await fleet().add();
  const servers = fleet().servers.slice(0, 2) as [Server, Server];
  const key = await servers[0].key();
  const projectId = await newProject(servers[0], { repeatPolicy: 'KEEP_ALL' });
  const rates: number[] = [];
  for (const some of [servers.slice(0, 1), servers]) {
    const clients = new Clients(8, () => some, key, await newProject(servers[0], { repeatPolicy: 'KEEP_ALL' }), 20);
    await sleep(4000);
    await clients.end();
    rates.push(Math.round(clients.acknowledged.size / 4));
  }
  const work = () => start('worker.js', [], servers[0].settings);
  const workers = [work(), work()];
  const clients = new Clients(8, () => servers, key, projectId);
  const runs: string[] = [];
  for (let n = 0, end = Date.now() + SECONDS * 1000; Date.now() < end; n++) {
    const started = await call(servers[(n + 1) % 2]!, key, `mutation ($id: ID!) { startRun(input: { projectId: $id, method: "majority-vote" }) { run { id } } }`, { id: projectId }).catch(() => null);
    if (started?.code === 'OK') runs.push(started.data.startRun.run.id);
    await sleep(dose(4000, 10_000));
    if (n % 2 === 0) {
      await servers[(n >> 1) % 2]!.kill();
      await servers[(n >> 1) % 2]!.start(['--empty']);
    } else {
      workers[(n >> 1) % 2]!.child.kill('SIGKILL');
      await workers[(n >> 1) % 2]!.exit;
      workers[(n >> 1) % 2] = work();
    }
  }
  await clients.end();
  const accounts = await clients.accounts(servers[0]);
  let done = 0;
  for (const id of runs) {
    await until(async () => (await servers[0].data(`query ($id: ID!) { run(id: $id) { status } }`, { id })).run.status === 'SUCCEEDED', 'the end of a run');
    done++;
  }
  for (const worker of workers) worker.child.kill('SIGTERM');
  await Promise.all(workers.map((worker) => worker.exit));
  observe(`votes/s by 1 API ${rates[0]}, by 2 ${rates[1]}; ${clients.acknowledged.size} acknowledged amid kills: lost ${accounts.lost}, doubled ${accounts.doubled}; ${done} of ${runs.length} runs done`);
  expect({ failed: Object.fromEntries(clients.failed), ...accounts, done }).toEqual({ failed: {}, lost: 0, doubled: 0, done: runs.length });
});
