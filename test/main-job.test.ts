import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.js';
import { Server, start } from './setup/process.js';
import { hasShared, shared } from './setup/shared.js';
import { until } from './setup/until.js';

let server: Server;
beforeAll(async () => {
  server = await Server.make();
  await server.start();
});
afterAll(() => server.remove());

const authorized = async () => ({ authorization: `Bearer ${await server.key()}` });

async function runToEnd(projectId: string, method: string): Promise<void> {
  const { startRun } = await server.data(`mutation ($id: ID!, $method: String!) { startRun(input: { projectId: $id, method: $method }) { run { id } } }`, { id: projectId, method });
  const status = await until(async () => {
    const { run } = await server.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: startRun.run.id });
    return ['SUCCEEDED', 'FAILED'].includes(run.status) && run.status;
  }, 'the end of a run');
  expect(status).toBe('SUCCEEDED');
}

describe('a server that was started as the README says', () => {
  it('says where its key is with a command to try, and keeps it where only its user reads it', async () => {
    const key = await server.key();
    expect(server.output()).toContain(join(server.folder, 'admin-key'));
    expect(server.output()).not.toContain(key);
    expect(server.output()).toContain(`curl -s ${server.url}/graphql`);
    expect((await stat(join(server.folder, 'admin-key'))).mode & 0o777).toBe(0o600);
  });

  it('has the two sample projects, aggregated: the shares of the 1979 paper', async () => {
    const { projects } = await server.data(`{ projects { nodes { name voteCounts { votes items annotators } currentRun { classPriors { class probability } diagnostics { converged } } } } }`);
    expect(projects.nodes.map((project: { name: string }) => project.name)).toEqual(['Anaesthesia (Dawid and Skene 1979)', 'Animals (simulated)']);
    const [anaesthesia] = projects.nodes;
    expect(anaesthesia.voteCounts).toEqual({ votes: '315', items: 45, annotators: 5 });
    const shares = anaesthesia.currentRun.classPriors.map((prior: { probability: number }) => prior.probability);
    // Table 4 of the paper: .40, .42, .11, .07.
    [0.4, 0.42, 0.11, 0.07].forEach((share, k) => expect(Math.abs(shares[k] - share)).toBeLessThan(0.006));
  });

  it("answers the README's first query as the README says", async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const asked = JSON.parse(/-d '(\{\s+"query": .*?\})'\n```/s.exec(readme)![1]!) as { query: string };
    const told = JSON.parse(/```json\n(.*?)```/s.exec(readme)![1]!) as { data: unknown };
    const close = (value: unknown): unknown => JSON.parse(JSON.stringify(value), (_, part: unknown) => (typeof part === 'number' ? Number(part.toPrecision(9)) : part));
    expect(close(await server.data(asked.query))).toEqual(close(told.data));
  });

  it.skipIf(!hasShared)('takes a real crowd, runs both methods, and its soft labels are as accurate as they should be', async () => {
    const gold = new Map(readFileSync(shared('datasets', 'web', 'gold.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',') as [string, string]));
    const classes = [...new Set(readFileSync(shared('datasets', 'web', 'votes.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')[2]!))].sort();
    const { createProject } = await server.data(`mutation ($classes: [String!]!) { createProject(input: { name: "web", classes: $classes }) { project { id } } }`, { classes });
    const project: string = createProject.project.id;
    const upload = await fetch(`${server.url}/projects/${project}/votes`, {
      method: 'POST', headers: { ...await authorized(), 'content-type': 'text/csv' }, body: readFileSync(shared('datasets', 'web', 'votes.csv')),
    });
    expect(await upload.json()).toMatchObject({ rows: 15_567, created: 15_567, rejected: 0 });

    const accuracy = async () => {
      const answer = await fetch(`${server.url}/projects/${project}/soft-labels.ndjson`, { headers: await authorized() });
      const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line) as Record<string, number | string>);
      let right = 0;
      for (const line of lines) {
        const truth = gold.get(String(line.item));
        if (truth == null) continue;
        const probabilities = Object.entries(line).filter(([name]) => name.startsWith('p_')) as [string, number][];
        const best = Math.max(...probabilities.map(([, probability]) => probability));
        const tied = probabilities.filter(([, probability]) => best - probability < 1e-9).map(([name]) => name.slice(2));
        if (tied.includes(truth)) right += 1 / tied.length;
      }
      return right / gold.size;
    };
    await runToEnd(project, 'majority-vote');
    expect(await accuracy()).toBeCloseTo(0.731, 3);
    await runToEnd(project, 'dawid-skene');
    expect(Math.abs(await accuracy() - 0.826)).toBeLessThan(0.003);
  });

  it('is verified, exported and given keys from the command line while it runs', async () => {
    const call = async (...words: string[]) => {
      const program = start('cli.js', words, server.settings);
      return { code: await program.exit, output: program.output() };
    };
    expect(await call('verify')).toMatchObject({ code: 0, output: expect.stringContaining('every count is right') });
    const exported = await call('export', 'soft-labels', '--project', 'Animals (simulated)');
    expect(exported.output.split('\n')[0]).toBe('item,label,confidence,entropy,votes,tie,p_cat,p_dog,p_fox,p_wolf,disagreement');
    expect(exported.output.trim().split('\n')).toHaveLength(301);
    const made = await call('keys', 'create', '--name', 'reader', '--scope', 'results:read');
    const key = /assay_\w+/.exec(made.output)![0];
    const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: '{"query":"{ projects { nodes { name } } }"}' });
    expect(answer.status).toBe(200);
    expect(await call('run', '--project', 'Animals (simulated)', '--method', 'majority-vote')).toMatchObject({ code: 0, output: expect.stringContaining('succeeded') });
    expect(await call('run', '--project', 'No such')).toMatchObject({ code: 1, output: expect.stringContaining('Animals (simulated)') });
    expect((await call('migrate')).output).toContain('of this version already');
    expect((await call('verify', '--nonsense')).code).toBe(2);
  });

  it('loads a file from the command line, tells what it refuses, and loads it once under a key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-import-'));
    const file = join(folder, 'votes.csv');
    await writeFile(file, 'item,annotator,class\npicture 1,new person,cat\npicture 2,new person,unicorn\n');
    const load = async () => {
      const program = start('cli.js', ['import', file, '--project', 'Animals (simulated)', '--idempotency-key', 'file-1'], server.settings);
      return { code: await program.exit, output: program.output() };
    };
    const first = await load();
    expect(first.output).toContain('2 rows: 1 created, 0 superseded, 0 duplicate, 1 rejected');
    expect(first.output).toContain('line 3: class "unicorn" is not among "cat", "dog", "fox", "wolf"');
    expect(first.code).toBe(1);
    expect((await load()).output).toContain('1 created');
    await rm(folder, { recursive: true });
    const { projects } = await server.data(`{ projects { nodes { voteCounts { votes } } } }`);
    expect(projects.nodes[1].voteCounts.votes).toBe('1801');
  });

  it('says who holds its folder to a second one, which ends', async () => {
    const second = start('main.js', [], { ...server.settings, PORT: '0' });
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/process \d+/);
  });

  it('finishes what it was asked before a SIGTERM', async () => {
    const { createProject } = await server.data(`mutation { createProject(input: { name: "stopped", classes: ["a", "b"] }) { project { id } } }`);
    const projectId: string = createProject.project.id;
    const database = new pg.Client({ connectionString: (await runningEmbeddedPostgres(server.folder))! });
    await database.connect();
    // Writers of votes wait for this lock: the call is under way when one does.
    await database.query('begin; lock table votes in share mode');
    const call = server.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`,
      { input: { projectId, votes: Array.from({ length: 10_000 }, (_, i) => ({ item: `item ${i}`, annotator: 'w', class: 'a' })) } },
    );
    await until(async () => (await database.query(`select 1 from pg_locks where relation = 'votes'::regclass and not granted`)).rowCount, 'the write');
    const stopped = server.stop();
    await until(() => server.output().includes('"msg":"stopping"'), 'the stop');
    await database.end();
    const [answer, code] = await Promise.all([call, stopped]);
    expect(answer.submitVotes.counts.created).toBe(10_000);
    expect(code).toBe(0);
    await server.start();
    const { project } = await server.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } } }`, { id: projectId });
    expect(project.voteCounts.votes).toBe('10000');
  });

  it('stops in order on SIGTERM, and comes back with everything and without a new key', async () => {
    const key = await server.key();
    expect(await server.stop()).toBe(0);
    await server.start();
    expect(server.output()).not.toContain('admin key');
    expect(await server.key()).toBe(key);
    const { projects } = await server.data(`{ projects { nodes { name } } }`);
    expect(projects.nodes.length).toBeGreaterThanOrEqual(2);
  });
});
