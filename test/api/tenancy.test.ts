import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { RequestMethod } from '@nestjs/common';
import type { GraphQLField, GraphQLSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { RunsService } from '../../src/runs/running/runs.service.js';
import { atRest, contents } from '../setup/at-rest.js';
import { operation as operationOf, rootFields as rootFieldsOf, type RootKind } from '../setup/operations.js';
import { startService, type Service } from '../setup/service.js';

/** Stands in every name of the workspace that is to stay hidden. */
const SECRET = 'hush-7731';

let service: Service;
let schema: GraphQLSchema;
let foreignKey: string;
/** Ids of the hidden workspace, of every type there is; and ids of the same types that nobody has. */
let hidden: Record<string, string>;
let absent: Record<string, string>;

beforeAll(async () => {
  service = await startService();
  schema = service.app.get(GraphQLSchemaHost).schema;
  const project = await service.newProject({ name: `project ${SECRET}` });
  await service.data(
    `mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "${SECRET}", annotator: "${SECRET}", class: "ham", voteId: "${SECRET}" }] }) { replayed } }`, { id: project },
  );
  const { startRun } = await service.data(`mutation ($id: ID!) { startRun(input: { projectId: $id }) { run { id } } }`, { id: project });
  await service.app.get(RunsService).ended(1, 1);
  const seen = await service.data(`query ($id: ID!) { project(id: $id) { items { nodes { id votes { nodes { id } } } } annotators { nodes { id } } } workspace { id } apiKeys { nodes { id } } }`, { id: project });
  const item = seen.project.items.nodes[0];
  hidden = { Project: project, Run: startRun.run.id, Item: item.id, Vote: item.votes.nodes[0].id, Annotator: seen.project.annotators.nodes[0].id, Workspace: seen.workspace.id, ApiKey: seen.apiKeys.nodes[0].id };
  absent = Object.fromEntries(Object.entries(hidden).map(([type, id]) => [type, absentId(id)]));
  foreignKey = await service.newKey({ workspaceId: await service.newWorkspace() });
});
afterAll(() => service.stop());

function absentId(id: string): string {
  const [type, ...parts] = Buffer.from(id, 'base64url').toString().split(':');
  return Buffer.from([type, ...parts.map(() => '987654')].join(':')).toString('base64url');
}

const rootFields = (kind: RootKind) => rootFieldsOf(schema, kind);
const operation = (kind: RootKind, field: GraphQLField<unknown, unknown>, id: string, depth?: number) => operationOf(kind, field, { id, text: `${SECRET}-not` }, depth);

const takesId = (field: GraphQLField<unknown, unknown>) => JSON.stringify(operation('query', field, '#id#').variables).includes('#id#');

/** What a subscription hears first: an event, or how it was refused. */
const subscribe = async (field: GraphQLField<unknown, unknown>, key: string | null, id: string) => {
  const client = createClient({
    url: `${service.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, lazy: true,
    connectionParams: key == null ? {} : { authorization: `Bearer ${key}` },
  });
  try {
    for await (const event of client.iterate(operation('subscription', field, id))) return JSON.stringify(event).replaceAll(id, '#').replace(/"requestId":"[^"]*"/, '');
    return 'nothing';
  } catch (closed) {
    return `closed ${(closed as { code?: number }).code} ${JSON.stringify(closed).replaceAll(id, '#').replace(/"requestId":"[^"]*"/g, '')}`;
  } finally {
    await client.dispose();
  }
};

function routes(): { method: string; path: string }[] {
  const scanner = new MetadataScanner();
  return service.app.get(DiscoveryService, { strict: false }).getControllers().flatMap(({ instance, metatype }) => {
    const prefix = String(Reflect.getMetadata('path', metatype!));
    return scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object).flatMap((name) => {
      const handler = (instance as Record<string, object>)[name]!;
      // One, or several that the handler tells apart itself.
      const paths = [Reflect.getMetadata('path', handler) as string | string[] | undefined ?? []].flat();
      return paths.map((path) => ({ method: RequestMethod[Reflect.getMetadata('method', handler) as number]!.toLowerCase(), path: `/${prefix}/${path}`.replace(/\/+/g, '/') }));
    });
  });
}
const call = (route: { method: string; path: string }, id: string, key: string | null) => {
  const request = service.http()[route.method as 'get' | 'post'](route.path.replace(':id', id).replace(':format', 'csv'));
  if (route.method === 'post') void request.set('content-type', 'text/csv').send('item,annotator,class\ni,a,ham\n');
  return key == null ? request : request.set('authorization', `Bearer ${key}`);
};

describe.each(['query', 'mutation'] as const)('every %s', (kind) => {
  it('is refused without a key', async () => {
    expect(rootFields(kind).length).toBeGreaterThan(5);
    for (const field of rootFields(kind)) {
      const { query, variables } = operation(kind, field, hidden.Project!);
      const answer = await service.graphql(query, variables, { key: null });
      expect.soft(answer.errors?.[0]?.extensions.code, field.name).toBe('UNAUTHENTICATED');
      expect.soft(JSON.stringify(answer.data ?? null), field.name).not.toContain(SECRET);
    }
  });

  it("answers for another workspace's ids exactly as for absent ones, and changes nothing there", async () => {
    await atRest(service);
    const before = await contents(service);
    for (const field of rootFields(kind).filter(takesId)) {
      const codes = new Set<string>();
      for (const type of Object.keys(hidden)) {
        const ask = async (id: string) => {
          const { query, variables } = operation(kind, field, id);
          const { data, errors } = await service.graphql(query, variables, { key: foreignKey });
          return { text: JSON.stringify({ data, errors: errors?.map(({ message, path, extensions }) => ({ message, path, code: extensions.code })) }).replaceAll(id, '#'), code: errors?.[0]?.extensions.code };
        };
        const [foreign, none] = [await ask(hidden[type]!), await ask(absent[type]!)];
        expect.soft(foreign.text, `${field.name} with an id of ${type}`).toBe(none.text);
        expect.soft(foreign.text, `${field.name} with an id of ${type}`).not.toContain(`${SECRET}"`);
        codes.add(foreign.code ?? 'none');
      }
      expect.soft([...codes], field.name).toEqual(['NOT_FOUND']);
    }
    expect(await contents(service)).toEqual(before);
  });

  it('shows nothing of another workspace where no id is asked for', async () => {
    for (const field of rootFields(kind).filter((one) => !takesId(one))) {
      const { query, variables } = operation(kind, field, '');
      const answer = await service.graphql(query, variables, { key: foreignKey });
      expect.soft(JSON.stringify(answer.data ?? null), field.name).not.toContain(`${SECRET}"`);
      expect.soft(answer.errors?.map((error) => error.extensions.code) ?? [], field.name).not.toContain('INTERNAL');
    }
  });
});

describe('every subscription', () => {
  it('is all that the socket takes', async () => {
    const client = createClient({ url: `${service.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: `Bearer ${service.key}` } });
    const refused = await (async () => { for await (const event of client.iterate({ query: '{ projects { nodes { name } } }' })) return event; })().catch((errors: unknown) => errors);
    await client.dispose();
    expect(JSON.stringify(refused)).toContain('subscriptions only');
    expect(JSON.stringify(refused)).not.toContain(SECRET);
  });

  it("is refused without a key, and answers for another workspace's ids as for absent ones", async () => {
    expect(rootFields('subscription').length).toBeGreaterThan(0);
    for (const field of rootFields('subscription')) {
      expect.soft(await subscribe(field, null, hidden.Run!), field.name).toMatch(/^closed 4403/);
      const foreign = await subscribe(field, foreignKey, hidden.Run!);
      expect.soft(foreign, field.name).toBe(await subscribe(field, foreignKey, absent.Run!));
      expect.soft(foreign, field.name).toContain('NOT_FOUND');
    }
  });
});

describe('every route', () => {
  it('is open, or refused without a key and without the project', async () => {
    const open = new Set(['/livez', '/readyz', '/metrics', '/openapi.json']);
    expect(routes().map((route) => route.path)).toEqual(expect.arrayContaining([...open, '/projects/:id/votes', '/projects/:id/votes.:format', '/projects/:id/soft-labels.:format', '/projects/:id/annotators.:format']));
    for (const route of routes()) {
      if (open.has(route.path)) {
        expect.soft((await call(route, '', null)).status, route.path).toBe(200);
        continue;
      }
      expect.soft((await call(route, hidden.Project!, null)).status, route.path).toBe(401);
      const foreign = await call(route, hidden.Project!, foreignKey);
      const none = await call(route, absent.Project!, foreignKey);
      expect.soft([foreign.status, foreign.body.error.code], route.path).toEqual([404, 'NOT_FOUND']);
      expect.soft(foreign.body.error.message.replace(hidden.Project!, '#'), route.path).toBe(none.body.error.message.replace(absent.Project!, '#'));
    }
  });
});

describe('a key restricted to one project', () => {
  it('finds that project alone', async () => {
    const other = await service.newProject({ name: 'another' });
    const number = Number(Buffer.from(other, 'base64url').toString().split(':')[1]);
    const key = await service.newKey({ projectId: number });
    const { projects } = await service.data(`{ projects { nodes { id } } }`, {}, { key });
    expect(projects.nodes).toEqual([{ id: other }]);
    const answer = await service.graphql(`query ($id: ID!) { project(id: $id) { name } }`, { id: hidden.Project }, { key });
    expect(answer.errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  it.each([
    [['results:read'], 'submitVotes'], [['votes:write'], 'project'], [['votes:write', 'results:read'], 'startRun'], [['project:admin'], 'createApiKey'],
  ] as const)('with the scopes %j may not call %s', async (scopes, name) => {
    const key = await service.newKey({ scopes: [...scopes] });
    const kind = schema.getQueryType()!.getFields()[name] ? 'query' : 'mutation';
    const { query, variables } = operation(kind, rootFields(kind).find((field) => field.name === name)!, hidden.Project!);
    const answer = await service.graphql(query, variables, { key });
    expect(answer.errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect(answer.errors![0]!.message).toMatch(/lacks the scope/);
  });
});

/** All that a key for one annotator may do: whatever is new is refused to it until somebody marks it, and adds it here. */
const forAnnotators = ['submitVotes', 'withdrawVotes', 'nextItems', 'heartbeat', 'releaseItems', 'skipItems'];

describe('a key for one annotator', () => {
  let key: string;
  beforeAll(async () => { key = await service.newKey({ projectId: Number(Buffer.from(hidden.Project!, 'base64url').toString().split(':')[1]), annotator: 'ann' }); });

  it('may call what is marked for it, and is refused by all else in words, whatever ids it names', async () => {
    await atRest(service);
    const before = await contents(service);
    const letIn: string[] = [];
    for (const kind of ['query', 'mutation'] as const) {
      for (const field of rootFields(kind)) {
        for (const id of [...Object.values(hidden), ...Object.values(absent)]) {
          // Of the answer only what it says itself: pages within pages would be refused for their cost first.
          const { query, variables } = operation(kind, field, id, 0);
          const { data, errors } = await service.graphql(query, variables, { key });
          expect.soft(JSON.stringify({ data, errors }).replaceAll(`${SECRET}-not`, ''), field.name).not.toContain(SECRET);
          if (errors?.[0]?.message.startsWith('this key is for the annotator "ann" alone')) expect.soft(errors[0].extensions.code, field.name).toBe('FORBIDDEN');
          else if (!letIn.includes(field.name)) letIn.push(field.name);
        }
      }
    }
    expect(letIn.sort()).toEqual([...forAnnotators].sort());
    expect(await contents(service)).toEqual(before);
  });

  it('finds another project, of its own workspace or not, as an absent one', async () => {
    const other = await service.newProject({ name: `another ${SECRET}` });
    for (const name of forAnnotators) {
      const field = rootFields('mutation').find((one) => one.name === name)!;
      const ask = async (id: string) => {
        const { query, variables } = operation('mutation', field, id);
        // Its own name: another's is refused before anything is looked for.
        const own = JSON.parse(JSON.stringify(variables).replaceAll(`"annotator":"${SECRET}-not"`, '"annotator":"ann"'));
        const { data, errors } = await service.graphql(query, own, { key });
        return JSON.stringify({ data, errors: errors?.map(({ message, extensions }) => ({ message, code: extensions.code })) }).replaceAll(id, '#');
      };
      const none = await ask(absent.Project!);
      expect.soft(await ask(other), name).toBe(none);
      expect.soft(none, name).toContain('NOT_FOUND');
    }
  });

  it('is refused by every subscription and every route that tells anything', async () => {
    for (const field of rootFields('subscription')) expect.soft(await subscribe(field, key, hidden.Run!), field.name).toContain('FORBIDDEN');
    for (const route of routes().filter(({ path }) => path.includes(':id'))) {
      const answer = await call(route, hidden.Project!, key);
      expect.soft([answer.status, answer.body.error?.code, answer.body.error?.message], route.path).toEqual([403, 'FORBIDDEN', expect.stringContaining('this key is for the annotator "ann" alone')]);
    }
  });
});
