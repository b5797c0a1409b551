import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService } from '../../src/application.js';
import { declaredJobs } from '../../src/jobs/job.js';
import { Jobs } from '../../src/jobs/jobs.service.js';
import { atRest, contents, workDue } from './at-rest.js';
import { startService, type Service } from './service.js';

/** Does no work of its own, so that what is due stays due. */
let service: Service;

beforeAll(async () => {
  service = await startService({ ASSAY_WORK: 'false' });
  const id = await service.newProject();
  const votes = ['x', 'y', 'z'].flatMap((annotator) => ['one', 'two', 'three'].map((item) => ({ item, annotator, class: annotator === 'z' ? 'spam' : 'ham' })));
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes } });
  await service.data(`mutation ($id: ID!) { startRun(input: { projectId: $id }) { run { id } } }`, { id });
});
afterAll(() => service.stop());

/** All that is due is done by a process beside. */
async function bringToRest(): Promise<void> {
  const worker = await openService({ NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: service.databaseUrl }, true);
  await atRest(service).finally(() => worker.stop());
}

type Case = [kinds: string[], made: string, undone: string];

const jobOf = (name: string, state: string): Case => [
  [`job ${name}`],
  `insert into pgboss.job (name, state, singleton_key) values ('${name}', '${state}', 'a project that nobody has')`, `delete from pgboss.job where name = '${name}' and state = '${state}'`,
];

const reportOf = (status: string, usedAt: string) =>
  `insert into reports (project_id, kind, version, request, key, watermark, item_count, annotator_count, status, created_at, used_at)
   values (1, 'agreement', 1, '{}', 'a key', 0, 0, 0, ${status}, clock_timestamp(), ${usedAt})`;

/** Each kind of work that nobody asks for: what makes it due, now or within a minute, and what takes that back. */
const cases: Case[] = [
  ...['run', 'rescore', 'reliability', 'report', 'purge', 'erase-comments'].flatMap((name) => ['created', 'active'].map((state) => jobOf(name, state))),
  [['notes of touched items', 'sweep touched items'], `insert into touched_items (project_id, items) values (1, '{0}')`, 'delete from touched_items'],
  [['sweep touched items'], 'update projects set live_run_id = null', 'update projects set live_run_id = current_run_id'],
  [['sweep lost runs'],
    `insert into runs (project_id, method_id, method_version, options, seed, origin, make_current) values (1, 'majority-vote', 1, '{}', 0, 'REQUEST', true)`, `delete from runs where status = 'QUEUED'`],
  [['sweep lost runs'],
    `insert into runs (project_id, method_id, method_version, options, seed, origin, make_current, status, fence, lease_until)
     values (1, 'majority-vote', 1, '{}', 0, 'REQUEST', true, 'RUNNING', gen_random_uuid(), clock_timestamp() + interval '15 seconds')`, `delete from runs where status = 'RUNNING'`],
  [['sweep lost reports'], reportOf(`'QUEUED'`, 'clock_timestamp()'), 'delete from reports'],
  [['sweep lost reports'], `${reportOf(`'RUNNING'`, 'clock_timestamp()')}; update reports set fence = gen_random_uuid(), lease_until = clock_timestamp() + interval '15 seconds'`, 'delete from reports'],
  [['sweep unused reports'], reportOf(`'SUCCEEDED'`, `clock_timestamp() - interval '30 days' + interval '30 seconds'`), 'delete from reports'],
  [['sweep automatic runs'],
    'update runs set changes_at_watermark = changes_at_watermark - 1; update projects set rerun_every_votes = 1',
    'update runs set changes_at_watermark = changes_at_watermark + 1; update projects set rerun_every_votes = null'],
  [['sweep old results'],
    `update runs set origin = 'RULE', finished_at = finished_at - interval '3570 seconds'; update projects set current_run_id = 0, live_run_id = 0; update project_queues set run_id = 0; update reliability_states set run_id = 0`,
    `update runs set origin = 'REQUEST', finished_at = finished_at + interval '3570 seconds';
     update projects set current_run_id = 1, live_run_id = 1; update project_queues set run_id = 1; update reliability_states set run_id = 1`],
  [['sweep labels kept as rows'],
    `insert into runs (project_id, method_id, method_version, options, seed, origin, make_current, status, item_count) values (1, 'majority-vote', 1, '{}', 0, 'REQUEST', false, 'SUCCEEDED', 0)`,
    `delete from runs where item_count = 0`],
  [['sweep labels kept as rows'],
    `update runs set label_rows = true, label_blocks_since = label_blocks_since - interval '86370 seconds'`, `update runs set label_rows = false, label_blocks_since = label_blocks_since + interval '86370 seconds'`],
  [['sweep stale queues'], 'update project_queues set scored_at = null', 'update project_queues set scored_at = clock_timestamp()'],
  [['sweep short queues'],
    'update project_queues set length = 1, changes = changes - 1, last_priority = 0, last_item = 0',
    'update project_queues set length = 100000, changes = changes + 1, last_priority = null, last_item = null'],
  [['sweep unused queues'],
    `insert into project_queues (project_id, policy, scoring_version, run_id, scored_at, asked_at)
     select 1, 'entropy', scoring_version, run_id, scored_at, clock_timestamp() - interval '86370 seconds' from project_queues`, `delete from project_queues where policy = 'entropy'`],
  [['sweep expired leases'],
    `insert into leases (project_id, item_code, annotator_code, votes, strategy, is_gold, expires_at) values (1, 0, 0, 0, 'entropy', true, clock_timestamp() + interval '30 seconds')`, 'delete from leases'],
  [['sweep reliability after runs'], 'update reliability_states set run_id = null', 'update reliability_states set run_id = 1'],
  [['sweep reliability as votes come in'], 'update reliability_states set changes = changes - 1, evaluated_at = clock_timestamp()', 'update reliability_states set changes = changes + 1'],
  [['sweep deleted projects'],
    `insert into project_deletions (workspace_id, project_id, project, deleted_at, purge_after, due_at)
     select 1, 987654, '{}', clock_timestamp(), due, due from (select clock_timestamp() + interval '30 seconds' as due) soon`, 'delete from project_deletions'],
  [['sweep erased annotators'],
    `insert into annotator_erasures (project_id, annotator_code, erased_at, due_at, next_seq, last_seq, changed)
     select 1, 0, due, due, 0, 1, '{}' from (select clock_timestamp() + interval '30 seconds' as due) soon`, 'delete from annotator_erasures'],
  [['sweep old idempotency keys'],
    `insert into idempotency_keys (project_id, workspace_id, key, request_hash, created_at) values (1, 1, 'old', '', clock_timestamp() - interval '86370 seconds')`, 'delete from idempotency_keys'],
];

describe('the look for work', () => {
  beforeAll(bringToRest);

  it.each(cases)('finds %j, and nothing once it is undone', async (kinds, made, undone) => {
    expect(await workDue(service)).toEqual([]);
    await service.source.query(made);
    try {
      expect(await workDue(service)).toEqual(kinds);
    } finally {
      await service.source.query(undone);
    }
    expect(await workDue(service)).toEqual([]);
  });

  it('is tried with every job and sweep there is', () => {
    const all = [...declaredJobs().map(({ name }) => `job ${name}`), ...service.app.get(Jobs).allSweeps.map(({ name }) => `sweep ${name}`), 'notes of touched items'];
    expect(new Set(cases.flatMap(([kinds]) => kinds))).toEqual(new Set(all));
  });

  it('leaves everything as it was', async () => {
    await service.source.query(`insert into touched_items (project_id, items) values (1, '{0}'); update project_queues set scored_at = null`);
    const before = await contents(service);
    expect(await workDue(service)).toEqual(['notes of touched items', 'sweep stale queues', 'sweep touched items']);
    expect(await contents(service)).toEqual(before);
  });

  it('waits in vain where nobody works, and says what for', async () => {
    await service.source.query(`update project_queues set scored_at = null`);
    await expect(atRest(service, 200)).rejects.toThrow(/not at rest after 0.2 s: .*/);
    await bringToRest();
  });
});

describe('a service at rest', () => {
  it('changes nothing of itself for longer than any sweep of seconds sleeps', async () => {
    const working = await startService();
    try {
      const id = await working.newProject({ rules: { rerunEveryVotes: 5, rerunEverySeconds: 1 } });
      const votes = Array.from({ length: 300 }, (_, i) => ({ item: `item ${i % 60}`, annotator: `annotator ${i % 7}`, class: i % 3 === 0 ? 'spam' : 'ham' }));
      await working.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes } });
      // The first order is there.
      await atRest(working);
      await working.data(`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, { input: { projectId: id, annotator: 'annotator 8', count: 3, leaseSeconds: 3600 } });
      await atRest(working);
      const before = await contents(working);
      expect((before['runs'] as object[]).length).toBeGreaterThan(0);
      expect((before['annotator_reliability'] as object[]).length).toBe(7);
      await sleep(6000);
      expect(await contents(working)).toEqual(before);
    } finally {
      await working.stop();
    }
  });
});
