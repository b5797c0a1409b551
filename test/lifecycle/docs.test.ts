import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

const page = readFileSync(new URL('../../docs/life-of-data.md', import.meta.url), 'utf8');
const [deleteProject, restoreProject, purgeProject, deletedProjects, eraseAnnotator] = [...page.matchAll(/```graphql\n(.*?)```/gs)].map(([, text]) => text!);

let service: Service;
beforeAll(async () => { service = await startService({ EXECUTION_TIMEOUT_MS: '10000' }); });
afterAll(() => service.stop());

it('the calls of docs/life-of-data.md delete the first project, restore it, and purge it, and erase a person of the second', async () => {
  expect(await service.newProject({ name: 'old mail' })).toBe('UHJvamVjdDox');
  expect((await service.data(deleteProject!)).deleteProject.deletion).toMatchObject({ projectId: 'UHJvamVjdDox', status: 'WAITING' });
  expect((await service.data(restoreProject!)).restoreProject.project.name).toBe('old mail');
  await service.data(deleteProject!);
  await service.data(purgeProject!);
  const [purged] = await until(async () => {
    const { nodes } = (await service.data(deletedProjects!)).deletedProjects;
    return nodes[0].status === 'PURGED' ? nodes : null;
  }, 'a purge that ends');
  const projectId = await service.newProject();
  expect(projectId).toBe('UHJvamVjdDoy');
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId, votes: [{ item: 'i', annotator: 'ann@example.org', class: 'ham', comment: 'me' }] } });
  const { erasure } = (await service.data(eraseAnnotator!)).eraseAnnotator;
  expect(erasure).toMatchObject({ annotator: { externalId: expect.stringMatching(/^erased-.{12}$/) }, finishedAt: expect.any(String), changed: expect.arrayContaining([{ place: 'votes', rows: 1 }]) });
  expect(purged).toMatchObject({ projectId: null, name: null, removed: expect.arrayContaining([{ table: 'project_codes', rows: 1 }]) });
});
