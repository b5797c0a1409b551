import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { gold, setGold } from './gold-calls.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

async function upload(id: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const { status, body: answer } = await service.http().post(`/projects/${id}/gold`)
    .set({ 'content-type': 'text/csv', authorization: `Bearer ${service.key}`, ...headers }).send(body);
  return { status, ...answer };
}
const csv = (count: number) => `item,class,reason\n${Array.from({ length: count }, (_, i) => `item ${i},${i % 2 ? 'ham' : 'spam'},"because, ${i}"\n`).join('')}`;
const goldCount = async (id: string) => (await service.data(`query ($id: ID!) { project(id: $id) { goldCount } }`, { id })).project.goldCount;

describe('POST /projects/:id/gold', () => {
  it.each([
    ['CSV', 'text/csv', () => csv(12_000)],
    ['CSV in gzip', 'text/csv', () => gzipSync(csv(12_000))],
    ['NDJSON', 'application/x-ndjson', () => Buffer.from(Array.from({ length: 12_000 }, (_, i) => `{"item":"item ${i}","class":"ham"}\n`).join(''))],
  ])('takes %s of any length', async (_, type, body) => {
    const id = await service.newProject();
    expect(await upload(id, body(), { 'content-type': type })).toMatchObject({ status: 200, rows: 12_000, created: 12_000, updated: 0, unchanged: 0, rejected: 0 });
    expect(await goldCount(id)).toBe(12_000);
    expect(await upload(id, body(), { 'content-type': type })).toMatchObject({ created: 0, updated: 0, unchanged: 12_000 });
  });

  it('counts what changed, tells the line of each row that it refuses, and keeps the reasons', async () => {
    const id = await service.newProject();
    await setGold(service, id, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'ham' }]);
    const answer = await upload(id, 'item,gold,reason\na,spam,"line one\nline two"\nb,ham,\nc,lard,\n,ham,\nd,spam,\na,ham,\n');
    expect(answer).toMatchObject({ status: 200, rows: 6, created: 1, updated: 1, unchanged: 1, rejected: 3 });
    expect(answer.rejects.map(({ line, code }: { line: number; code: string }) => `${line} ${code}`)).toEqual(['5 UNKNOWN_CLASS', '6 MISSING', '8 REPEATED_ROW']);
    expect(await gold(service, id)).toEqual({ a: 'spam', b: 'ham', d: 'spam' });
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { item(externalId: "a") { gold { reason } } } }`, { id });
    expect(project.item.gold.reason).toBe('line one\nline two');
  });

  it('answers the same file under the same idempotency key with what it answered first', async () => {
    const id = await service.newProject();
    const headers = { 'idempotency-key': 'gold-1' };
    expect(await upload(id, csv(11_000), headers)).toMatchObject({ created: 11_000, replayed: false });
    expect(await upload(id, csv(11_000), headers)).toMatchObject({ created: 11_000, replayed: true });
    expect(await upload(id, csv(10_999), headers)).toMatchObject({ status: 409 });
  });

  it('is for administrators of the project', async () => {
    const id = await service.newProject();
    const as = async (key: string) => (await upload(id, csv(1), { authorization: `Bearer ${key}` })).status;
    expect(await as(await service.newKey({ scopes: ['votes:write', 'results:read', 'assignment'] }))).toBe(403);
    expect(await as(await service.newKey({ workspaceId: await service.newWorkspace() }))).toBe(404);
    expect(await goldCount(id)).toBe(0);
  });
});
