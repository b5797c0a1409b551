import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { call, dose, historyOf, newProject, promised, quantile, strangerKey, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();
let server: Server;
let hostileKey: string;
let hostileProject: string;
beforeAll(async () => {
  [server] = fleet().servers as [Server];
  hostileKey = await strangerKey(server, 'hostile', ['workspace:admin']);
  hostileProject = (await call(server, hostileKey, `mutation { createProject(input: { name: "theirs", classes: ["a", "b"] }) { project { id } } }`)).data.createProject.project.id;
});

const SECONDS = dose(30, 600);
const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } empty { reason } } }`;

promised('F24', 'beside a tenant that is hostile in every way the other keeps all its promises', `${SECONDS} s of costly reads, hopeless documents, uploads, downloads, bodies, votes and runs at once`, async (observe) => {
  const key = await server.key();
  const projectId = await newProject(server, { maxVotes: 3 });
  await server.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId, items: Array.from({ length: 2000 }, (_, i) => ({ externalId: `i${i}` })) } });
  const attempts = new Map<number, number>();
  let isOver = false;
  const again = async (work: () => Promise<{ status: number }>) => {
    while (!isOver) {
      const { status } = await work().catch(() => ({ status: 0 }));
      attempts.set(status, (attempts.get(status) ?? 0) + 1);
      if (status !== 200) await sleep(20);
    }
  };
  const ask = (query: string) => () => call(server, hostileKey, query, { id: hostileProject });
  const file = (path: string) => async () => {
    const answer = await fetch(`${server.url}/projects/${hostileProject}/${path}`, { headers: { authorization: `Bearer ${hostileKey}` } });
    await answer.text();
    return answer;
  };
  const send = (path: string, type: string, body: string) => async () => {
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${hostileKey}`, 'content-type': type }, body });
    await answer.text();
    return answer;
  };
  const many = Array.from({ length: 20_000 }, (_, n) => `item ${n % 4000},annotator ${n % 7},${n % 2 ? 'a' : 'b'}`).join('\n');
  await send(`/projects/${hostileProject}/votes`, 'text/csv', `item,annotator,class\n${many}\n`)();
  const attacks = [
    ...Array.from({ length: 8 }, () => ask('query ($id: ID!) { project(id: $id) { items(first: 900) { nodes { id votes(first: 10) { nodes { id class } } } } } }')),
    ...Array.from({ length: 8 }, () => ask('query ($id: ID!) { project(id: $id) { annotators(first: 50) { nodes { reliabilityTimeline(first: 20) { nodes { votes } } } } } }')),
    ...Array.from({ length: 8 }, () => ask(`{ ${Array.from({ length: 450 }, () => 'projects { nodes { id } }').join(' ')} }`)),
    ...Array.from({ length: 4 }, () => send(`/projects/${hostileProject}/votes`, 'text/csv', `item,annotator,class\n${many}\n`)),
    ...Array.from({ length: 8 }, () => file('votes.csv?history=true')),
    ...Array.from({ length: 4 }, () => send('/graphql', 'application/json', `{"query":"${'x'.repeat(8_000_000)}"}`)),
    ...Array.from({ length: 16 }, () => ask('mutation ($id: ID!) { nextItems(input: { projectId: $id, annotator: "greedy", count: 50, leaseSeconds: 1 }) { leases { id } } }')),
    ...Array.from({ length: 2 }, () => ask('mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene", options: { tolerance: 0, maxIterations: 500 } }) { run { id } } }')),
  ].map(again);

  const times: number[] = [];
  const acknowledged = new Set<string>();
  const refused = new Map<string, number>();
  const annotators = Array.from({ length: 4 }, async (_, a) => {
    while (!isOver) {
      const from = performance.now();
      const given = await call(server, key, NEXT, { input: { projectId, annotator: `a${a}`, count: 1 } });
      times.push(performance.now() - from);
      // The first call waits for the items to be put in order, and may be asked to come again.
      if (given.code === 'UNAVAILABLE' && acknowledged.size === 0) continue;
      if (given.code !== 'OK') refused.set(given.code, (refused.get(given.code) ?? 0) + 1);
      for (const { item } of given.data?.nextItems.leases ?? []) {
        const at = performance.now();
        const voted = await call(server, key, SUBMIT, { input: { projectId, votes: [{ item, annotator: `a${a}`, class: 'a' }] } });
        times.push(performance.now() - at);
        if (voted.code === 'OK') acknowledged.add(`${item}/a${a}`);
        else refused.set(voted.code, (refused.get(voted.code) ?? 0) + 1);
      }
      await sleep(30);
    }
  });
  await sleep(SECONDS * 1000);
  isOver = true;
  await Promise.all([...annotators, ...attacks]);
  const stored = (await historyOf(server, projectId)).map((vote) => `${vote.item as string}/${vote.annotator as string}`);
  const lost = [...acknowledged].filter((vote) => !stored.includes(vote)).length;
  const doubled = stored.length - new Set(stored).size;
  observe(`the other: ${acknowledged.size} votes, refused ${[...refused].map(([code, count]) => `${count} ${code}`).join(', ') || 'none'}, lost ${lost}, doubled ${doubled}, p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms; the hostile: ${[...attempts].map(([status, count]) => `${count} x ${status || 'broken off'}`).join(', ')}`);
  expect({ refused: Object.fromEntries(refused), lost, doubled }).toEqual({ refused: {}, lost: 0, doubled: 0 });
  expect(acknowledged.size).toBeGreaterThan(0);
});
