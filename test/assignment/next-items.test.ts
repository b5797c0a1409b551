import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService({ LOG_LEVEL: 'warn' }); });
afterAll(() => service.stop());

const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item expiresAt strategy score kind votes payload } empty { reason message retryAfterSeconds } } }`;
const next = async (projectId: string, annotator: string, more: object = {}) => (await service.data(NEXT, { input: { projectId, annotator, ...more } })).nextItems;

async function newProject(items: number, rules: object = {}): Promise<string> {
  const id = await service.newProject({ classes: ['a', 'b', 'c'], rules });
  if (items > 0) await service.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId: id, items: Array.from({ length: items }, (_, i) => ({ externalId: `item ${i}`, payload: { url: `p${i}` } })) } });
  return id;
}

describe('nextItems', () => {
  it('gives items of a new project, each with its reason', async () => {
    const project = await newProject(5);
    const { leases, empty } = await next(project, 'ann', { count: 3 });
    expect(empty).toBeNull();
    expect(leases).toHaveLength(3);
    expect(leases[0]).toMatchObject({ strategy: 'fewest-votes', score: 0, kind: 'NEW', votes: 0 });
  });
});
