import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { startApi } from '../../src/application.js';
import { annotatorScopes, scopes, type Scope } from '../../src/platform/principal.js';
import { ApiKeysService } from '../../src/projects/keys/api-keys.service.js';
import { FirstWorkspace } from '../../src/projects/keys/first-workspace.js';
import { freshDatabase } from './database.js';
import { PATIENCE_MS } from './until.js';

export interface GraphqlAnswer {
  status: number;
  // Answers are looked into by the tests that asked for them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string; field?: string; requestId?: string } }[];
  headers: Record<string, string>;
}

/** The service as its users meet it: a real server on a port of its own, on a database of its own. */
export interface Service {
  app: NestFastifyApplication;
  url: string;
  databaseUrl: string;
  /** The admin key of the first workspace. */
  key: string;
  source: DataSource;
  /** POST /graphql; with the admin key unless another, or null for none, is named. */
  graphql(query: string, variables?: object, options?: { key?: string | null; headers?: Record<string, string> }): Promise<GraphqlAnswer>;
  /** The data of a call that must succeed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data(query: string, variables?: object, options?: { key?: string | null; headers?: Record<string, string> }): Promise<any>;
  http(): ReturnType<typeof supertest>;
  /** A further key, of the first workspace unless another is named; with all scopes that it can have, unless some are. */
  newKey(asked?: { scopes?: Scope[]; projectId?: number; annotator?: string; workspaceId?: number; expiresAt?: Date }): Promise<string>;
  /** @returns the number of a new workspace. */
  newWorkspace(): Promise<number>;
  /** @returns the global id of a new project. */
  newProject(input?: Record<string, unknown>, key?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startService(environment: Record<string, string> = {}): Promise<Service> {
  const database = await freshDatabase();
  return serve(database.url, environment, () => database.drop());
}

/** On a database that is the caller's to make and to drop; it need not be migrated. */
export async function startOn(databaseUrl: string, environment: Record<string, string> = {}): Promise<Service> {
  return serve(databaseUrl, environment, async () => {});
}

/** Another API process on the database of a service that runs, with its first key. It works on no jobs: its statements are those of its requests. */
export async function startBeside(service: Service, environment: Record<string, string> = {}): Promise<Service> {
  return serve(service.databaseUrl, { ASSAY_WORK: 'false', ...environment }, async () => {}, service.key);
}

async function serve(databaseUrl: string, environment: Record<string, string>, dispose: () => Promise<void>, knownKey?: string): Promise<Service> {
  const running = await startApi({ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', EXECUTION_TIMEOUT_MS: String(PATIENCE_MS), KEPT_VOTES_MEGABYTES: '0', DATABASE_URL: databaseUrl, ...environment });
  const { app } = running;
  const { workspaceId, key } = knownKey ? { workspaceId: 1, key: knownKey } : (await app.get(FirstWorkspace).ensure())!;
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const source = app.get(DataSource);
  const service: Service = {
    app, url, databaseUrl, key, source,
    async graphql(query, variables, options = {}) {
      const call = supertest(url).post('/graphql').set('content-type', 'application/json').set(options.headers ?? {});
      const used = options.key === undefined ? key : options.key;
      if (used != null) void call.set('authorization', `Bearer ${used}`);
      const { status, body, headers } = await call.send(JSON.stringify({ query, variables }));
      return { status, data: body.data, errors: body.errors, headers };
    },
    async data(query, variables, options) {
      const answer = await service.graphql(query, variables, options);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    http: () => supertest(url),
    async newKey(asked = {}) {
      const { secret } = await app.get(ApiKeysService).create(
        { workspaceId: asked.workspaceId ?? workspaceId },
        {
          name: 'a test key', projectId: asked.projectId, annotator: asked.annotator, expiresAt: asked.expiresAt,
          scopes: asked.scopes ?? (asked.annotator == null ? [...scopes].filter((scope) => asked.projectId == null || scope !== 'workspace:admin') : [...annotatorScopes]),
        },
      );
      return secret;
    },
    async newWorkspace() {
      const [row] = await source.query<{ id: number }[]>(`insert into workspaces (name) values ('another') returning id`);
      return row!.id;
    },
    async newProject(input = {}, usedKey = key) {
      const { createProject } = await service.data(
        `mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }`,
        { input: { name: 'a project', classes: ['ham', 'spam'], ...input } }, { key: usedKey },
      );
      return createProject.project.id;
    },
    async stop() {
      await running.stop();
      await dispose();
    },
  };
  return service;
}
