import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, each, newProject, numberOf, promised, SUBMIT, useFleet, type Answer } from './promised.js';

const fleet = useFleet();

const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item } empty { reason retryAfterSeconds } } }`;
interface Given { leases: { id: string; item: string }[]; empty: { reason: string; retryAfterSeconds: number | null } | null }

async function addItems(server: Server, projectId: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, i) => ({ externalId: `item ${i}` }));
  await server.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId, items } });
}

/** Asked again while the service says that it is putting the items in order. */
async function next(server: Server, key: string, input: object): Promise<Given> {
  for (;;) {
    const answer: Answer = await call(server, key, NEXT, { input });
    if (answer.code === 'OK') return answer.data.nextItems as Given;
    if (answer.code !== 'UNAVAILABLE') throw new Error(`${answer.code}: ${answer.message}`);
    await sleep(500);
  }
}

/** As a platform does: again where the service is too busy for now. */
async function vote(server: Server, key: string, projectId: string, annotator: string, items: string[]): Promise<void> {
  for (;;) {
    const answer = await call(server, key, SUBMIT, { input: { projectId, votes: items.map((item) => ({ item, annotator, class: 'a' })) } });
    if (answer.code === 'OK') return;
    if (answer.code !== 'UNAVAILABLE') throw new Error(`${answer.code}: ${answer.message}`);
    await sleep(500);
  }
}

const live = async (projectId: string) => (await fleet().query<{ live: number }>(`select count(*)::int as live from leases where project_id = $1 and ended_at is null`, [numberOf(projectId)]))[0]!.live;

const ROUNDS = dose(1, 10);
const ANNOTATORS = 200;
const ITEMS = dose(400, 1000);
const TARGET = 3;
const CAPACITY = 20;

promised('F10', 'over two processes no item passes its target, nobody is given an item twice, nobody holds more than their capacity', `${ANNOTATORS} annotators, ${ITEMS} items, target ${TARGET}; capacity ${CAPACITY} asked 50 times at once; ${ROUNDS} rounds`, async (observe) => {
  if (fleet().servers.length < 2) await fleet().add();
  const servers = fleet().servers.slice(0, 2) as [Server, Server];
  const key = await servers[0].key();
  let most = 0;
  let twice = 0;
  let held = 0;
  let votes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const projectId = await newProject(servers[0], { maxVotes: TARGET, leaseSeconds: 3600, explorationShare: 0 });
    await addItems(servers[0], projectId, ITEMS);
    // One who may hold twenty, on items of which each has a place for them.
    await servers[0].data(`mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status } } }`, { input: { projectId, annotators: [{ externalId: 'ann', capacity: CAPACITY }] } });
    const given = await Promise.all(Array.from({ length: 50 }, (_, n) => next(servers[n % 2]!, key, { projectId, annotator: 'ann', count: 3 })));
    const ann = given.flatMap(({ leases }) => leases.map((lease) => lease.item));
    held = Math.max(held, ann.length);
    twice += ann.length - new Set(ann).size;
    await vote(servers[0], key, projectId, 'ann', ann);
    let done = false;
    const watch = (async () => {
      while (!done) {
        const [row] = await fleet().query<{ most: number }>(`select max(votes + leases)::int as most from item_counts where project_id = $1`, [numberOf(projectId)]);
        most = Math.max(most, row!.most);
        await sleep(30);
      }
    })();
    await each(ANNOTATORS, ANNOTATORS, async (n) => {
      const annotator = `annotator ${n}`;
      const seen = new Set<string>();
      for (let turn = 0; ; turn++) {
        const { leases, empty } = await next(servers[(n + turn) % 2]!, key, { projectId, annotator, count: 1 + (n + turn) % 4 });
        for (const { item } of leases) {
          if (seen.has(item)) twice++;
          seen.add(item);
        }
        if (leases.length === 0) {
          if (empty!.retryAfterSeconds == null) return;
          await sleep(300);
          continue;
        }
        await vote(servers[turn % 2]!, key, projectId, annotator, leases.map(({ item }) => item));
      }
    });
    done = true;
    await watch;
    const { project } = await servers[0].data(`query ($id: ID!) { project(id: $id) { progress { votes leases } } }`, { id: projectId });
    votes += project.progress.votes;
  }
  observe(`${votes} votes; at most ${most} of ${TARGET} on an item, given twice ${twice}, at most ${held} of ${CAPACITY} held`);
  expect({ most, twice, held, votes }).toEqual({ most: TARGET, twice: 0, held: CAPACITY, votes: ROUNDS * ITEMS * TARGET });
});

const LATE = dose(200, 1000);

promised('F11', 'a vote after its lease has expired is taken, noted as late, and the item was free for others meanwhile', `${LATE} leases of 1 s`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const projectId = await newProject(server, { maxVotes: 1, explorationShare: 0 });
  await addItems(server, projectId, LATE);
  const leases = await until(async () => {
    const given = await next(server, key, { projectId, annotator: 'late', count: LATE, leaseSeconds: 1 });
    return given.leases.length > 0 && given.leases;
  }, 'the items in their order');
  expect(leases).toHaveLength(LATE);
  await until(async () => await live(projectId) === 0, 'the leases to expire');
  const others = await until(async () => {
    const given = await next(server, key, { projectId, annotator: 'other', count: LATE, leaseSeconds: 3600 });
    return given.leases.length > 0 && given.leases;
  }, 'the items that came back');
  const statuses = new Set<string>();
  await each(LATE / 10, 4, async (n) => {
    const rows = leases.slice(n * 10, n * 10 + 10).map(({ item }) => ({ item, annotator: 'late', class: 'a' }));
    for (const { status } of (await server.data(SUBMIT, { input: { projectId, votes: rows } })).submitVotes.results) statuses.add(status);
  });
  const { project } = await server.data(`query ($id: ID!) { project(id: $id) { items(first: 1000) { nodes { votes(first: 3) { nodes { late } } } } } }`, { id: projectId });
  const late = (project.items.nodes as { votes: { nodes: { late: boolean }[] } }[]).flatMap((item) => item.votes.nodes).filter((vote) => vote.late).length;
  observe(`${LATE} votes: ${[...statuses].join(', ')}; noted as late ${late}; others were given ${others.length} of the items`);
  expect([[...statuses], late]).toEqual([['CREATED'], LATE]);
  expect(others.length).toBeGreaterThan(0);
});

const LOWERED = dose(20, 100);

promised('F12', 'rules that are lowered under way leave no lease stuck', `${LOWERED} times: target, lease and capacity lowered while items are leased`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  let stuck = 0;
  let above = 0;
  await each(LOWERED, 4, async (n) => {
    const projectId = await newProject(server, { maxVotes: 5, leaseSeconds: 2, explorationShare: 0 });
    await addItems(server, projectId, 10);
    const given = await Promise.all(Array.from({ length: 4 }, (_, a) => next(server, key, { projectId, annotator: `a${a}`, count: 5 })));
    await server.data(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id: projectId, rules: { maxVotes: 1, leaseSeconds: 1 } } });
    await server.data(`mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status } } }`, { input: { projectId, annotators: [{ externalId: 'later', capacity: 1 }] } });
    // Half of them answer what they hold, the others never come back.
    for (const [a, { leases }] of given.entries()) {
      if (a % 2 === n % 2 && leases.length > 0) await server.data(SUBMIT, { input: { projectId, votes: leases.map(({ item }) => ({ item, annotator: `a${a}`, class: 'a' })) } });
    }
    await until(async () => await live(projectId) === 0, 'the end of all leases');
    const { project } = await server.data(`query ($id: ID!) { project(id: $id) { progress { leases } } }`, { id: projectId });
    stuck += project.progress.leases;
    // And from now on by the new rules.
    const later = await until(async () => {
      const { leases, empty } = await next(server, key, { projectId, annotator: 'later', count: 10, leaseSeconds: 600 });
      return (leases.length > 0 || empty?.retryAfterSeconds == null) && leases;
    }, 'the items that are left');
    if (later.length > 1) above++;
  });
  observe(`stuck leases ${stuck}, given more than the new rules say ${above}`);
  expect({ stuck, above }).toEqual({ stuck: 0, above: 0 });
});

/** What a process is started with whose clock is wrong. */
const skewed = (hours: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`const real = Date; globalThis.Date = class extends real { constructor(...parts) { parts.length ? super(...parts) : super(real.now() + ${hours * 3_600_000}); } static now() { return real.now() + ${hours * 3_600_000}; } };`)}`,
});

promised('F25', 'leases and idempotency go by the clock of the database, however wrong that of a process is', 'processes an hour fast and an hour slow', async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const [fast, slow] = [await fleet().add(skewed(1)), await fleet().add(skewed(-1))];
  const told: string[] = [];
  for (const [name, one, other] of [['fast', fast, slow], ['slow', slow, fast]] as const) {
    const projectId = await newProject(server, { maxVotes: 1, explorationShare: 0, repeatPolicy: 'KEEP_ALL' });
    await addItems(server, projectId, 2);
    const long = await next(one, key, { projectId, annotator: 'ann', leaseSeconds: 1800 });
    const short = await next(one, key, { projectId, annotator: 'ann', leaseSeconds: 1 });
    expect([long.leases.length, short.leases.length]).toEqual([1, 1]);
    // The short one ends, and is given to another by a process of another hour; the long one holds.
    const back = await until(async () => {
      const { leases } = await next(other, key, { projectId, annotator: 'ben', leaseSeconds: 1800 });
      return leases.length > 0 && leases;
    }, 'the item of the lease that has expired');
    expect(back.map((lease) => lease.item)).toEqual([short.leases[0]!.item]);
    expect((await next(other, key, { projectId, annotator: 'cy' })).empty!.reason).toBe('ALL_LEASED');
    const input = { projectId, votes: [{ item: long.leases[0]!.item, annotator: 'ann', class: 'a' }] };
    const answers = [];
    for (const process of [one, other, server]) answers.push((await call(process, key, SUBMIT, { input }, { 'idempotency-key': `of-${name}` })).data.submitVotes.replayed);
    expect(answers).toEqual([false, true, true]);
    told.push(`${name}: lease held, lease ended, 2 replays`);
  }
  observe(told.join('; '));
});
