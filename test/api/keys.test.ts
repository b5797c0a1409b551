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
