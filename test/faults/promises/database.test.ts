import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../setup/database.js';
import { Gate } from '../../setup/gate.js';
import { Server } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, each, historyOf, newProject, promised, SUBMIT, useServer } from './promised.js';

interface Line { level: number; msg: string; context?: string; met?: Record<string, number>; err?: { code?: string } }

const linesOf = (server: Server) => server.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
const isBegin = (line: Line) => line.context === 'database' && line.msg.startsWith('the database fails');
const isEnd = (line: Line) => line.context === 'database' && line.msg === 'the database answers again';
const readiness = async (server: Server) => (await fetch(`${server.url}/readyz`)).status;

describe('a database server that dies', () => {
  const server = useServer();
  const KILLS = dose(10, 100);

  promised('F3', 'the postmaster killed under load ends nothing: no acknowledged vote is lost, all else is UNAVAILABLE, and the service is ready within 10 s of the database', `${KILLS} kills -9, 8 writers`, async (observe) => {
    const key = await server().key();
    const projectId = await newProject(server(), { repeatPolicy: 'KEEP_ALL' });
    const codes = new Map<string, number>();
    const kept = new Set<string>();
    let isOver = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !isOver; n++) {
        const voteId = `${writer}/${n}`;
        const { code, headers } = await call(server(), key, SUBMIT, { input: { projectId, votes: [{ item: `i${n % 200}`, annotator: 'ann', class: 'a', voteId }] } }, { 'idempotency-key': `${writer}-${n}` });
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (code === 'OK') kept.add(voteId);
        else if (code === 'UNAVAILABLE') {
          expect(headers.get('retry-after')).toBe('2');
          await sleep(20);
        }
      }
    });
    let slowest = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await until(async () => await readiness(server()) === 200, 'the service to be ready');
      const before = kept.size;
      await until(() => kept.size > before + 10, 'votes between two kills');
      // At another point of the work each time.
      await sleep((kill * 37) % 400);
      process.kill(Number.parseInt(await readFile(join(server().folder, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
      const killedAt = performance.now();
      await sleep(300);
      expect((await fetch(`${server().url}/livez`)).status).toBe(200);
      await until(async () => await readiness(server()) === 200, 'the service to be ready again');
      slowest = Math.max(slowest, (performance.now() - killedAt) / 1000);
    }
    isOver = true;
    await Promise.all(writers);
    const stored = (await historyOf(server(), projectId)).map((vote) => vote.voteId as string);
    const distinct = new Set(stored);
    const lost = [...kept].filter((id) => !distinct.has(id)).length;
    observe(`${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}; lost ${lost}, doubled ${stored.length - distinct.size}; ready at most ${slowest.toFixed(1)} s after a kill`);
    expect([...codes.keys()].sort()).toEqual(['OK', 'UNAVAILABLE']);
    expect({ lost, doubled: stored.length - distinct.size }).toEqual({ lost: 0, doubled: 0 });
    // Of those without an answer, each writer may have committed the last before a kill.
    expect(stored.length).toBeLessThanOrEqual(kept.size + 8 * KILLS);
    await until(() => linesOf(server()).filter(isEnd).length === linesOf(server()).filter(isBegin).length, 'the end of each outage in the log');
    const lines = linesOf(server());
    expect(lines.filter(isBegin).length).toBeGreaterThanOrEqual(1);
    expect(lines.filter(isBegin).length).toBeLessThanOrEqual(2 * KILLS);
    // Beside the outages themselves, nothing was at fault.
    expect(lines.filter((line) => line.level >= 50 && !isBegin(line))).toEqual([]);
  });
});

describe('a database that does not answer', () => {
  let database: FreshDatabase;
  let gate: Gate;
  let server: Server;
  let key: string;
  beforeAll(async () => {
    database = await freshDatabase();
    gate = await Gate.before(database.url);
    server = await Server.make({ DATABASE_URL: gate.through(database.url), EXECUTION_TIMEOUT_MS: '1000' });
    await server.start(['--empty']);
    key = await server.key();
  });
  afterAll(async () => {
    gate.open();
    await server.remove();
    await gate.close();
    await database.drop();
  });
  const ask = () => call(server, key, `{ projects(first: 1) { nodes { id } } }`, {});
  const FROZEN_SECONDS = dose(5, 30);
  const ROUNDS = dose(2, 10);

  promised('F4', 'a database that is frozen leaves no call without an answer: UNAVAILABLE with Retry-After, /readyz 503 in time, /livez 200', `frozen ${FROZEN_SECONDS} s, ${ROUNDS} times, 300 calls each, 30 at once: more than there are connections`, async (observe) => {
    let slowestReady = 0;
    let slowest = 0;
    const told = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      gate.freeze();
      const frozenAt = performance.now();
      const calls = each(300, 30, async () => {
        const from = performance.now();
        const { code, status, headers } = await ask();
        slowest = Math.max(slowest, (performance.now() - from) / 1000);
        const words = `${status} ${code} ${headers.get('retry-after')}`;
        told.set(words, (told.get(words) ?? 0) + 1);
        // Whoever is told to come again does so later; the dose is spread over the whole time.
        await sleep(FROZEN_SECONDS * 100);
      });
      // The look that the start ended with is still fresh for a moment; each answer comes within 4 s.
      await until(async () => {
        const from = performance.now();
        const status = await readiness(server);
        slowestReady = Math.max(slowestReady, (performance.now() - from) / 1000);
        return status === 503;
      }, '/readyz to tell');
      while (performance.now() - frozenAt < FROZEN_SECONDS * 1000) {
        expect((await fetch(`${server.url}/livez`)).status).toBe(200);
        await sleep(200);
      }
      await calls;
      gate.open();
      await until(async () => await readiness(server) === 200 && (await ask()).code === 'OK', 'the service to work again');
    }
    observe(`${[...told].map(([words, count]) => `${count} x ${words}`).join(', ')}; slowest call ${slowest.toFixed(1)} s, slowest /readyz ${slowestReady.toFixed(1)} s`);
    expect([...told.keys()]).toEqual(['503 UNAVAILABLE 2']);
    expect(slowestReady).toBeLessThan(4);
  });

  promised('F4b', 'an outage is told to the log once, and once more with its count when it is over', 'gone for 5 s under load', async (observe) => {
    await until(() => linesOf(server).filter(isEnd).length === linesOf(server).filter(isBegin).length, 'the end of what was before');
    const before = linesOf(server).length;
    gate.cut();
    const answers: { code: string }[] = [];
    for (const end = Date.now() + 5000; Date.now() < end;) answers.push(await ask());
    gate.open();
    await until(() => linesOf(server).slice(before).filter(isEnd).length === 1, 'the end of the outage in the log');
    const lines = linesOf(server).slice(before).filter((line) => line.msg !== 'request');
    observe(`${answers.length} calls refused, ${lines.length} lines`);
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set(['UNAVAILABLE']));
    expect(lines.map((line) => line.msg)).toEqual([expect.stringMatching(/^the database fails/), 'the database answers again']);
    expect(lines[1]!.met!.graphql).toBe(answers.length);
    expect((await ask()).code).toBe('OK');
  });
});
