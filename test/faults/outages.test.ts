import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';
import { Gate } from '../setup/gate.js';
import { Server } from '../setup/process.js';

const KILLS = Number(process.env.KILLS ?? 10);
const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created duplicate } } }`;

interface Line { level: number; msg: string; context?: string; met?: Record<string, number>; err?: { code?: string } }

const linesOf = (server: Server) => server.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
const isBegin = (line: Line) => line.context === 'database' && line.msg.startsWith('the database fails');
const isEnd = (line: Line) => line.context === 'database' && line.msg === 'the database answers again';

/** @returns the code of what was answered, with data or without. */
async function call(server: Server, key: string, query: string, variables: object, headers: Record<string, string> = {}): Promise<{ code: string; retryAfter: string | null }> {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers }, body: JSON.stringify({ query, variables }),
  });
  const { errors } = await answer.json() as { errors?: { extensions: { code: string } }[] };
  return { code: errors?.[0]?.extensions.code ?? 'OK', retryAfter: answer.headers.get('retry-after') };
}

async function readiness(server: Server): Promise<number> {
  return (await fetch(`${server.url}/readyz`)).status;
}

test(`the postmaster killed ${KILLS} times under load ends nothing: each vote answered is kept once, each other is UNAVAILABLE`, async () => {
  const server = await Server.make();
  await server.start(['--empty']);
  const key = await server.key();
  const { createProject } = await server.data(`mutation { createProject(input: { name: "p", classes: ["a", "b"] }) { project { id } } }`);
  const projectId = createProject.project.id as string;
  const codes = new Map<string, number>();
  const kept = new Set<string>();
  let isOver = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; !isOver; n++) {
      const item = `${writer}-${n}`;
      const input = { projectId, votes: [{ item, annotator: 'ann', class: 'a' }] };
      const { code, retryAfter } = await call(server, key, SUBMIT, { input }, { 'idempotency-key': item });
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === 'OK') kept.add(item);
      else if (code === 'UNAVAILABLE') expect(retryAfter).toBe('2');
    }
  });
  for (let kill = 0; kill < KILLS; kill++) {
    await expect.poll(() => readiness(server), { timeout: 60_000, interval: 100 }).toBe(200);
    // At another point of the work each time.
    await sleep(100 + (kill * 37) % 400);
    process.kill(Number.parseInt(await readFile(join(server.folder, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
    await sleep(300);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  }
  await expect.poll(() => readiness(server), { timeout: 60_000, interval: 100 }).toBe(200);
  isOver = true;
  await Promise.all(writers);
  expect([...codes.keys()].sort()).toEqual(['OK', 'UNAVAILABLE']);
  const { project } = await server.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes items } } }`, { id: projectId });
  // Of those without an answer, each writer may have committed the last before a kill.
  const stored = Number(project.voteCounts.votes);
  expect(stored).toBeGreaterThanOrEqual(kept.size);
  expect(stored).toBeLessThanOrEqual(kept.size + 8 * KILLS);
  // An item becomes known in a transaction before its vote's, which a kill may have met.
  expect(Number(project.voteCounts.items)).toBeGreaterThanOrEqual(stored);
  await expect.poll(() => linesOf(server).filter(isEnd).length, { timeout: 10_000 }).toBe(linesOf(server).filter(isBegin).length);
  const lines = linesOf(server);
  expect(lines.filter(isBegin).length).toBeGreaterThanOrEqual(1);
  expect(lines.filter(isBegin).length).toBeLessThanOrEqual(2 * KILLS);
  // Beside the outages themselves, nothing was at fault.
  expect(lines.filter((line) => line.level >= 50 && !isBegin(line))).toEqual([]);
  await server.remove();
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

  test('frozen, leaves no call without an answer: 503 from /readyz within 4 s, 200 from /livez, UNAVAILABLE to calls', async () => {
    gate.freeze();
    const calls = Array.from({ length: 30 }, ask);
    // The look that the start ended with is still fresh for a moment; each answer comes within 4 s.
    await expect.poll(async () => {
      const from = performance.now();
      const status = await readiness(server);
      expect(performance.now() - from).toBeLessThan(4000);
      return status;
    }, { timeout: 10_000, interval: 100 }).toBe(503);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const answers = await Promise.all(calls);
    expect(new Set(answers.map((answer) => `${answer.code} ${answer.retryAfter}`))).toEqual(new Set(['UNAVAILABLE 2']));
    gate.open();
    await expect.poll(async () => `${await readiness(server)} ${(await ask()).code}`, { timeout: 15_000 }).toBe('200 OK');
  });

  test('gone for 5 s under load, is told to the log once, and once more with the count when it is back', async () => {
    await expect.poll(() => linesOf(server).filter(isEnd).length, { timeout: 15_000 }).toBe(linesOf(server).filter(isBegin).length);
    const before = linesOf(server).length;
    gate.cut();
    const answers: { code: string }[] = [];
    for (const until = Date.now() + 5000; Date.now() < until;) answers.push(await ask());
    gate.open();
    await expect.poll(() => linesOf(server).slice(before).filter(isEnd).length, { timeout: 15_000 }).toBe(1);
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set(['UNAVAILABLE']));
    const lines = linesOf(server).slice(before).filter((line) => line.msg !== 'request');
    expect(lines.map((line) => line.msg)).toEqual([expect.stringMatching(/^the database fails/), 'the database answers again']);
    expect(lines[1]!.met!.graphql).toBe(answers.length);
    expect(await ask()).toEqual({ code: 'OK', retryAfter: null });
  });
});
