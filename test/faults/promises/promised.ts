import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../setup/database.js';
import { Server, start } from '../../setup/process.js';

/** A row of the table that the suite ends with. */
export interface Promised {
  /** F1, F2, ... */
  id: string;
  promise: string;
  dose: string;
  observed: string;
}

declare module 'vitest' {
  interface TaskMeta {
    promised?: Promised;
    /** How often the counts that are kept were compared with a recount after this test. */
    recounts?: number;
  }
}

/** `npm run attack` gives the full dose; `npm run test:faults` one that is done in minutes. */
export const dose = (usual: number, full: number): number => (process.env.ASSAY_DOSE === 'full' ? full : usual);

/** A test of one promise of the service. What `body` observes stands in the table beside it. */
export function promised(id: string, promise: string, given: string, body: (observe: (what: string) => void) => Promise<void>): void {
  test(`${id} ${promise}`, async ({ task }) => {
    const row: Promised = { id, promise, dose: given, observed: 'not seen to its end' };
    task.meta.promised = row;
    await body((what) => { row.observed = what; });
  });
}

/** A server of the file's own with its own PostgreSQL. After each test what it keeps count of is compared with a recount. */
export function useServer(environment: Record<string, string> = {}): () => Server {
  let server: Server;
  beforeAll(async () => {
    server = await Server.make(environment);
    await server.start(['--empty']);
  });
  recountAfterEach(() => server.settings);
  afterAll(() => server.remove());
  return () => server;
}

/** Several servers on one database of the file's own, which tests may look into. */
export class Fleet {
  readonly servers: Server[] = [];

  private constructor(readonly database: FreshDatabase, readonly pool: pg.Pool, private readonly environment: Record<string, string>) {}

  static async make(environment: Record<string, string> = {}): Promise<Fleet> {
    const database = await freshDatabase();
    return new Fleet(database, new pg.Pool({ connectionString: database.url, max: 3 }), environment);
  }

  /** One more process. Only the first has a key file; it opens all of them. */
  async add(environment: Record<string, string> = {}): Promise<Server> {
    const server = await Server.make({ DATABASE_URL: this.database.url, ...this.environment, ...environment }, this.servers[0]?.folder);
    this.servers.push(server);
    await server.start(['--empty']);
    return server;
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  async remove(): Promise<void> {
    for (const server of this.servers) await server.remove();
    await this.pool.end();
    await this.database.drop();
  }
}

/** A server on a database that tests may look into; more can be added. */
export function useFleet(environment: Record<string, string> = {}): () => Fleet {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.make(environment);
    await fleet.add();
  });
  recountAfterEach(() => fleet.servers[0]!.settings);
  afterAll(() => fleet.remove());
  return () => fleet;
}

function recountAfterEach(settings: () => Record<string, string>): void {
  afterEach(async ({ task }) => {
    await recount(settings());
    task.meta.recounts = (task.meta.recounts ?? 0) + 1;
  });
}

/** `assay verify`, as an operator would ask. */
export async function recount(settings: Record<string, string>): Promise<void> {
  const verified = start('cli.js', ['verify'], settings);
  expect(await verified.exit, verified.output()).toBe(0);
}

export const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed counts { created superseded duplicate rejected } results { status code } } }`;

/** @returns the global id. */
export async function newProject(server: Server, rules: object = {}, classes: string[] = ['a', 'b']): Promise<string> {
  const { createProject } = await server.data(
    `mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }`, { input: { name: 'promises', classes, rules } },
  );
  return createProject.project.id as string;
}

/** The number that the database has for what the API calls by a global id, the last where there are several. */
export const numberOf = (globalId: string): number => Number(Buffer.from(globalId, 'base64url').toString().split(':').at(-1));

export interface Answer {
  status: number;
  /** OK, or the code of the first error, or where the answer is neither data nor errors, its HTTP status. */
  code: string;
  message: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
  headers: Headers;
}

/** A call as a platform makes it, whatever comes of it. */
export async function call(server: { url: string }, key: string | null, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...(key != null && { authorization: `Bearer ${key}` }), ...headers }, body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json() as { data?: unknown; errors?: { message: string; extensions: { code: string } }[] };
  return { status: answer.status, code: errors?.[0]?.extensions.code ?? (data == null ? `HTTP ${answer.status}` : 'OK'), message: errors?.[0]?.message ?? '', data, headers: answer.headers };
}

/** Every vote of the project's history, one object each. */
export async function historyOf(server: Server, projectId: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${server.url}/projects/${projectId}/votes.ndjson?history=true`, { headers: { authorization: `Bearer ${await server.key()}` } });
  const text = (await answer.text()).trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A figure of the process as it tells them itself. */
export async function metric(server: { url: string }, name: string): Promise<number> {
  // A kept connection may be closed just when it is used again.
  const ask = async () => (await fetch(`${server.url}/metrics`)).text();
  const text = await ask().catch(ask);
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

/** A further key of the first workspace, or with `workspace` of another. */
export async function newKey(server: Server, input: object): Promise<{ id: string; secret: string }> {
  const { createApiKey } = await server.data(`mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }`, { input: { name: 'promises', ...input } });
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret };
}

/** The first key of a workspace made for it. */
export async function strangerKey(server: Server, workspace: string, scopes: string[]): Promise<string> {
  const made = start('cli.js', ['keys', 'create', '--name', workspace, '--workspace', workspace, ...scopes.flatMap((scope) => ['--scope', scope])], server.settings);
  expect(await made.exit, made.output()).toBe(0);
  return /assay_\w{8}_\w{43}/.exec(made.output())![0];
}

/** @param at between 0 and 1. */
export function quantile(values: number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))]!;
}

/** Calls `work` for 0 .. count - 1, `atOnce` at a time. */
export async function each(count: number, atOnce: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  }));
}
