import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, metric, newProject, promised, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();
const SECONDS = dose(40, 900);
const MB = 2 ** 20;

interface Figures { rss: number; lagMs: number; connections: number; waiting: number; underWay: number }

async function figures(server: Server): Promise<Figures> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const sum = (name: string) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((all, [, value]) => all + Number(value), 0);
  const [row] = await fleet().query<{ count: number }>(`select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name like 'assay%'`);
  return {
    rss: await metric(server, 'process_resident_memory_bytes') / MB, lagMs: await metric(server, 'nodejs_eventloop_lag_p99_seconds') * 1000, connections: row!.count,
    // The look itself is no call.
    waiting: sum('assay_lane_waiting'), underWay: sum('assay_requests_under_way'),
  };
}

promised('F30', 'all kinds of work for long leave memory, connections and lanes as they were', `${SECONDS} s of votes, next items, reads, uploads, downloads, runs, refusals and callers who leave`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const projectId = await newProject(server, { maxVotes: 1000 });
  const authorization = `Bearer ${key}`;
  let calls = 0;
  let isOver = false;
  const kinds: ((n: number) => Promise<unknown>)[] = [
    (n) => call(server, key, SUBMIT, { input: { projectId, votes: Array.from({ length: 20 }, (_, i) => ({ item: `i${(n * 20 + i) % 3000}`, annotator: `a${n % 40}`, class: 'a' })) } }),
    (n) => call(server, key, `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, { input: { projectId, annotator: `b${n % 20}`, leaseSeconds: 2 } }),
    () => call(server, key, `query ($id: ID!) { project(id: $id) { items(first: 200) { nodes { id voteCount } } annotators(first: 50) { nodes { id voteCount } } } }`, { id: projectId }),
    () => fetch(`${server.url}/projects/${projectId}/votes.csv`, { headers: { authorization } }).then((answer) => answer.text()),
    (n) => fetch(`${server.url}/projects/${projectId}/votes`, { method: 'POST', headers: { authorization, 'content-type': 'text/csv' }, body: `item,annotator,class\nu${n % 500},up,b\nu${n % 500},up,none\n` }).then((answer) => answer.text()),
    () => call(server, key, '{ nothing }'),
    () => call(server, 'no key', '{ projects { nodes { id } } }'),
    // Who asks and leaves.
    async () => {
      const gone = new AbortController();
      const answer = fetch(`${server.url}/projects/${projectId}/votes.ndjson?history=true`, { headers: { authorization }, signal: gone.signal }).then((one) => one.text());
      await sleep(5);
      gone.abort();
      await answer.catch(() => undefined);
    },
    async () => {
      await call(server, key, `mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene" }) { run { id } } }`, { id: projectId });
      await sleep(2000);
    },
  ];
  const rest = async () => {
    await until(async () => {
      const { waiting, underWay } = await figures(server);
      return waiting + underWay === 0;
    }, 'the end of what is under way');
    await sleep(2000);
    return figures(server);
  };
  const working = (seconds: number) => {
    isOver = false;
    const all = kinds.map(async (work) => {
      for (let n = 0; !isOver; n++) {
        await work(n);
        calls++;
        await sleep(10);
      }
    });
    return sleep(seconds * 1000).then(() => { isOver = true; return Promise.all(all); });
  };
  // What is compiled, connected and cached at first is no leak.
  await working(Math.min(SECONDS, 60) / 2);
  const before = await rest();
  await working(SECONDS);
  const after = await rest();
  const shown = ({ rss, lagMs, connections, waiting, underWay }: Figures) => `RSS ${rss.toFixed(0)} MB, lag p99 ${lagMs.toFixed(0)} ms, ${connections} connections, ${waiting + underWay} waiting or under way`;
  observe(`${calls} calls; before: ${shown(before)}; after: ${shown(after)}`);
  expect(after.waiting + after.underWay).toBe(0);
  expect(after.connections).toBeLessThanOrEqual(Math.max(before.connections, 40));
  // The heap is let grow to some hundred MB before it is swept: a leak of this much work would be more.
  expect(after.rss - before.rss).toBeLessThan(300);
});
