import { GraphQLSchemaHost } from '@nestjs/graphql';
import { isEnumType, isInputObjectType, isListType, isNonNullType, type GraphQLArgument, type GraphQLInputType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id name prefix scopes expiresAt lastUsedAt revokedAt projectId } } }`;
const create = async (input: object) => (await service.data(CREATE, { input: { name: 'for a test', scopes: ['RESULTS_READ'], ...input } })).createApiKey;
const mayRead = async (key: string) => (await service.graphql(`{ projects { nodes { id } } }`, {}, { key })).errors?.[0]?.message ?? 'yes';

describe('an API key', () => {
  it('is shown once, kept as a hash, and notes its last use', async () => {
    const { secret, apiKey } = await create({});
    expect(secret).toMatch(new RegExp(`^assay_${apiKey.prefix}_[0-9A-Za-z]{43}$`));
    expect(apiKey).toMatchObject({ name: 'for a test', scopes: ['RESULTS_READ'], lastUsedAt: null, revokedAt: null, projectId: null });
    const [stored] = await service.source.query(`select row_to_json(k)::text as row from api_keys k where prefix = $1`, [apiKey.prefix]);
    expect(stored.row).not.toContain(secret.slice(-43));
    expect(await mayRead(secret)).toBe('yes');
    const { apiKeys } = await service.data(`{ apiKeys { nodes { prefix lastUsedAt } } }`);
    expect(apiKeys.nodes.find((key: { prefix: string }) => key.prefix === apiKey.prefix).lastUsedAt).not.toBeNull();
  });

  it('ends when it is revoked, at once and for good', async () => {
    const { secret, apiKey } = await create({});
    const revoke = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } } }`;
    expect((await service.data(revoke, { id: apiKey.id })).revokeApiKey.apiKey.revokedAt).not.toBeNull();
    expect(await mayRead(secret)).toBe('this API key is not in force');
    await service.data(revoke, { id: apiKey.id });
    const rotated = await service.graphql(`mutation ($id: ID!) { rotateApiKey(input: { id: $id }) { secret } }`, { id: apiKey.id });
    expect(rotated.errors![0]!.extensions.code).toBe('INVALID_INPUT');
  });

  it('has a new secret after a rotation, and the old one ends', async () => {
    const { secret, apiKey } = await create({});
    const { rotateApiKey } = await service.data(`mutation ($id: ID!) { rotateApiKey(input: { id: $id }) { secret apiKey { id scopes } } }`, { id: apiKey.id });
    expect(rotateApiKey.apiKey).toEqual({ id: apiKey.id, scopes: ['RESULTS_READ'] });
    expect(await mayRead(rotateApiKey.secret)).toBe('yes');
    expect(await mayRead(secret)).toBe('this API key is not in force');
  });

  describe('rotated with an overlap', () => {
    const ROTATE = `mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret apiKey { id lastUsedAt previousSecretEndsAt } } }`;
    const rotate = async (id: string, overlapSeconds?: number) => (await service.data(ROTATE, { input: { id, overlapSeconds } })).rotateApiKey;
    const refused = 'this API key is not in force';
    /** As if so much time had gone by. */
    const wait = (id: string, seconds: number) => service.source.query(
      `update api_keys set previous_ends_at = previous_ends_at - $2 * interval '1 second' where id = $1`, [Number(Buffer.from(id, 'base64url').toString().split(':')[1]), seconds],
    );

    it('works with both secrets until the time that it tells, and then with the new one', async () => {
      const { secret: old, apiKey: { id } } = await create({});
      const asked = Date.now();
      const { secret, apiKey } = await rotate(id, 3600);
      expect(Math.abs(Date.parse(apiKey.previousSecretEndsAt) - asked - 3_600_000)).toBeLessThan(120_000);
      expect([await mayRead(old), await mayRead(secret)]).toEqual(['yes', 'yes']);
      expect(await mayRead(`${old.slice(0, -1)}${old.endsWith('x') ? 'y' : 'x'}`)).toBe(refused);
      expect(await mayRead(`${secret.slice(0, 15)}${old.slice(15)}`)).toBe(refused);
      await wait(id, 3601);
      expect([await mayRead(old), await mayRead(secret)]).toEqual([refused, 'yes']);
      const { apiKeys } = await service.data(`{ apiKeys(last: 1) { nodes { id previousSecretEndsAt } } }`);
      expect(apiKeys.nodes).toEqual([{ id, previousSecretEndsAt: null }]);
      const { auditLog } = await service.data(`{ auditLog(first: 1) { nodes { action detail } } }`);
      expect(auditLog.nodes[0]).toEqual({ action: 'rotateApiKey', detail: { id, name: 'for a test', overlapSeconds: 3600 } });
    });

    it('tells of the new secret alone when it was last used, so that one knows whether it has arrived', async () => {
      const { secret: old, apiKey: { id } } = await create({});
      expect(await mayRead(old)).toBe('yes');
      const { secret } = await rotate(id, 60);
      const lastUse = async () => (await service.data(`query ($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }`, { id })).node.lastUsedAt;
      expect(await mayRead(old)).toBe('yes');
      expect(await lastUse()).toBeNull();
      expect(await mayRead(secret)).toBe('yes');
      expect(await lastUse()).not.toBeNull();
    });

    it('keeps one old secret at most, and none once it is revoked or has expired', async () => {
      const { secret: first, apiKey: { id } } = await create({ expiresAt: '2099-01-01T00:00:00Z' });
      const { secret: second } = await rotate(id, 3600);
      const { secret: third } = await rotate(id, 3600);
      expect(await Promise.all([first, second, third].map(mayRead))).toEqual([refused, 'yes', 'yes']);
      const { secret: fourth, apiKey } = await rotate(id);
      expect(apiKey.previousSecretEndsAt).toBeNull();
      expect(await Promise.all([second, third, fourth].map(mayRead))).toEqual([refused, refused, 'yes']);
      const { secret: fifth } = await rotate(id, 604_800);
      await service.source.query(`update api_keys set expires_at = now() + interval '1 minute' where prefix = $1`, [fifth.split('_')[1]]);
      const { node } = await service.data(`query ($id: ID!) { node(id: $id) { ... on ApiKey { expiresAt previousSecretEndsAt } } }`, { id });
      expect(node.previousSecretEndsAt).toBe(node.expiresAt);
      await service.source.query(`update api_keys set expires_at = now() where prefix = $1`, [fifth.split('_')[1]]);
      expect(await Promise.all([fourth, fifth].map(mayRead))).toEqual(Array(2).fill('this API key has expired; rotate it or ask for a new one'));
      await service.source.query(`update api_keys set expires_at = null where prefix = $1`, [fifth.split('_')[1]]);
      expect(await Promise.all([fourth, fifth].map(mayRead))).toEqual(['yes', 'yes']);
      const { revokeApiKey } = await service.data(`mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { previousSecretEndsAt } } }`, { id });
      expect(revokeApiKey.apiKey.previousSecretEndsAt).toBeNull();
      expect(await Promise.all([fourth, fifth].map(mayRead))).toEqual([refused, refused]);
    });

    it.each([-1, 604_801])('is refused for an overlap of %i s', async (overlapSeconds) => {
      const { secret, apiKey: { id } } = await create({});
      const { errors } = await service.graphql(ROTATE, { input: { id, overlapSeconds } });
      expect(errors![0]).toMatchObject({ message: expect.stringContaining(`input.overlapSeconds is ${overlapSeconds}; the old secret may work for 0 to 604800 seconds`), extensions: { code: 'INVALID_INPUT', field: 'input.overlapSeconds' } });
      expect(await mayRead(secret)).toBe('yes');
    });
  });

  it('ends when it expires', async () => {
    const past = await service.graphql(CREATE, { input: { name: 'late', scopes: ['RESULTS_READ'], expiresAt: '2020-01-01T00:00:00Z' } });
    expect(past.errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'input.expiresAt' });
    const { secret, apiKey } = await create({ expiresAt: '2099-01-01T00:00:00Z' });
    expect(await mayRead(secret)).toBe('yes');
    await service.source.query(`update api_keys set expires_at = now() - interval '1 second' where prefix = $1`, [apiKey.prefix]);
    expect(await mayRead(secret)).toContain('has expired');
  });

  it.each(['', 'Bearer', 'Bearer assay_short', 'Basic dXNlcjpwYXNz', `Bearer assay_zzzzzzzz_${'0'.repeat(43)}`, `Bearer ${'x'.repeat(5000)}`])('made up as %j is refused with 401', async (authorization) => {
    const answer = await service.http().post('/graphql').set('content-type', 'application/json').set('authorization', authorization).send('{"query":"{ projects { nodes { id } } }"}');
    // An empty header is none at all.
    expect([200, 401]).toContain(answer.status);
    expect(answer.body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect(answer.body.data ?? null).toBeNull();
  });

  it('restricted to a project cannot reach the whole workspace', async () => {
    const projectId = await service.newProject();
    const answer = await service.graphql(CREATE, { input: { name: 'too much', scopes: ['WORKSPACE_ADMIN'], projectId } });
    expect(answer.errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'input.scopes' });
    const { apiKey } = await create({ projectId });
    expect(apiKey.projectId).toBe(projectId);
  });
});

describe('a key of one project', () => {
  it('has as many scopes as it is given: one for a platform that sends votes, asks for items and shows results', async () => {
    const [projectId, other] = [await service.newProject(), await service.newProject()];
    const { secret: key, apiKey } = await create({ projectId, scopes: ['VOTES_WRITE', 'ASSIGNMENT', 'RESULTS_READ'] });
    expect(apiKey).toMatchObject({ projectId, scopes: ['VOTES_WRITE', 'ASSIGNMENT', 'RESULTS_READ'] });
    const calls: [string, object][] = [
      [`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`, { votes: [{ item: 'i', annotator: 'a', class: 'ham' }] }],
      [`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, { annotator: 'a' }],
    ];
    for (const [query, input] of calls) {
      expect((await service.graphql(query, { input: { projectId, ...input } }, { key })).errors).toBeUndefined();
      expect((await service.graphql(query, { input: { projectId: other, ...input } }, { key })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    }
    expect(await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } } }`, { id: projectId }, { key })).toEqual({ project: { voteCounts: { votes: '1' } } });
    expect((await service.graphql(`mutation ($id: ID!) { startRun(input: { projectId: $id }) { replayed } }`, { id: projectId }, { key })).errors![0]).toMatchObject({ message: 'this key lacks the scope project:admin' });
  });

  it('for a dashboard reads that project, and writes nothing by any mutation or upload', async () => {
    const [projectId, other] = [await service.newProject({ name: 'shown' }), await service.newProject({ name: 'not shown' })];
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "i", annotator: "a", class: "ham" }] }) { replayed } }`, { id: projectId });
    const { secret: key } = await create({ projectId, scopes: ['RESULTS_READ'] });
    expect((await service.data(`{ projects { nodes { name voteCounts { votes } progress { items } } } }`, {}, { key })).projects.nodes).toEqual([{ name: 'shown', voteCounts: { votes: '1' }, progress: { items: 1 } }]);
    const download = (id: string) => service.http().get(`/projects/${id}/votes.csv`).set('authorization', `Bearer ${key}`);
    expect([(await download(projectId)).status, (await download(other)).status]).toEqual([200, 404]);
    for (const table of ['votes', 'items', 'gold', 'predictions']) {
      const upload = await service.http().post(`/projects/${projectId}/${table}`).set('authorization', `Bearer ${key}`).set('content-type', 'text/csv').send('item,annotator,class\nj,a,ham\n');
      expect([table, upload.status, upload.body.error.code]).toEqual([table, 403, 'FORBIDDEN']);
    }
    const mutations = service.app.get(GraphQLSchemaHost).schema.getMutationType()!.getFields();
    expect(Object.keys(mutations).length).toBeGreaterThan(20);
    for (const [name, { args }] of Object.entries(mutations)) {
      const { errors } = await service.graphql(...asked(name, args), { key });
      // A report is a question about what it may read.
      expect.soft(errors?.[0]?.extensions.code, name).toBe(name.startsWith('request') ? 'NOT_FOUND' : 'FORBIDDEN');
    }
    for (const query of ['{ apiKeys { nodes { id } } }', '{ auditLog { nodes { action } } }']) expect((await service.graphql(query, {}, { key })).errors![0]!.extensions.code).toBe('FORBIDDEN');
  });

  /** A mutation with what it must have: the door looks at scopes before it looks at values. */
  function asked(name: string, args: readonly GraphQLArgument[]): [query: string, variables: object] {
    const valueOf = (type: GraphQLInputType): unknown => {
      if (isNonNullType(type)) return valueOf(type.ofType);
      if (isListType(type)) return [];
      if (isInputObjectType(type)) return Object.fromEntries(Object.values(type.getFields()).filter((field) => isNonNullType(field.type) && field.defaultValue === undefined).map((field) => [field.name, valueOf(field.type)]));
      if (isEnumType(type)) return type.getValues()[0]!.name;
      return { Int: 1, Float: 0.5, Boolean: true }[type.name] ?? 'x';
    };
    return [
      `mutation (${args.map((one) => `$${one.name}: ${String(one.type)}`).join(', ')}) { ${name}(${args.map((one) => `${one.name}: $${one.name}`).join(', ')}) { __typename } }`,
      Object.fromEntries(args.map((one) => [one.name, valueOf(one.type)])),
    ];
  }
});

describe('the audit log', () => {
  it('tells every administrative change, by whom and in which request, and takes no change itself', async () => {
    const projectId = await service.newProject({ name: 'audited' });
    await service.data(`mutation ($id: ID!) { updateProject(input: { id: $id, rules: { maxVotes: 5 } }) { project { maxVotes } } }`, { id: projectId }, { headers: { 'x-request-id': 'request-77' } });
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { archivedAt } } }`, { id: projectId });
    const { auditLog } = await service.data(`{ auditLog(first: 3) { nodes { action projectId apiKeyId requestId detail } } }`);
    expect(auditLog.nodes.map((entry: { action: string }) => entry.action)).toEqual(['archiveProject', 'updateProject', 'createProject']);
    expect(auditLog.nodes[1]).toMatchObject({ projectId, requestId: 'request-77', detail: { rules: { maxVotes: 5 } } });
    expect(auditLog.nodes.every((entry: { apiKeyId: string | null }) => entry.apiKeyId != null)).toBe(true);
    await expect(service.source.query(`update audit_log set action = 'nothing'`)).rejects.toThrow('append-only');
    await expect(service.source.query(`delete from audit_log`)).rejects.toThrow('append-only');
  });

  it('has no line of a change that failed', async () => {
    const lines = async () => Number((await service.source.query(`select count(*) from audit_log`))[0].count);
    const before = await lines();
    await service.graphql(`mutation { createProject(input: { name: "x", classes: ["a", "a"] }) { project { id } } }`);
    expect(await lines()).toBe(before);
  });
});
