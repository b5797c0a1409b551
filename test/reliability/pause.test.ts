import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classNames, runToEnd } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { evaluatedAndDone, submitTimed } from './evaluations.js';
import { plantedCrowd } from './planted-crowd.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

type Standing = { status: string; statusReason: string | null };
const SET_RULE = `mutation ($id: ID!, $rule: String) { updateProject(input: { id: $id, rules: { pauseRule: $rule } }) { project { pauseRule } } }`;

async function statuses(projectId: string): Promise<Record<string, Standing>> {
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotators { nodes { externalId status statusReason } } } }`, { id: projectId });
  return Object.fromEntries(project.annotators.nodes.map(({ externalId, ...standing }: Standing & { externalId: string }) => [externalId, standing]));
}

const ofStatus = async (projectId: string, status: string) => Object.entries(await statuses(projectId)).filter(([, one]) => one.status === status).map(([name]) => name).sort();
const setStatus = (mutation: string, projectId: string, annotators: string[]) => service.data(
  `mutation ($input: AnnotatorStatusInput!) { ${mutation}(input: $input) { results { status } } }`, { input: { projectId, annotators, reason: 'by hand' } },
);

/** Items with gold, of which each of the named annotators gets so many right. */
async function withGold(rule: string | null, right: Record<string, number>, count = 30): Promise<string> {
  const projectId = await service.newProject({ classes: classNames(2), rules: rule == null ? {} : { pauseRule: rule } });
  const items = Array.from({ length: count }, (_, i) => `i${i}`);
  await service.data(`mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }`, { input: { projectId, rows: items.map((item) => ({ item, class: 'class 0' })) } });
  await vote(projectId, Object.entries(right).flatMap(([annotator, hits]) => items.map((item, i) => ({ item, annotator, class: i < hits ? 'class 0' : 'class 1' }))));
  return projectId;
}

async function vote(projectId: string, votes: { item: string; annotator: string; class: string }[]): Promise<void> {
  const { submitVotes } = await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`, { input: { projectId, votes } });
  expect(submitVotes.counts.created).toBe(votes.length);
}

describe("a project's pause rule", () => {
  it('pauses whom it is true of, telling the rule and its values, with an entry in the audit log that no key made', async () => {
    const rule = 'goldVotes >= 10 and goldAccuracyHigh < 0.7';
    const projectId = await withGold(rule, { good: 29, poor: 3, fair: 18 });
    await expect.poll(() => ofStatus(projectId, 'PAUSED')).toEqual(['poor']);
    expect((await statuses(projectId)).poor!.statusReason).toBe(`the project's pause rule ${rule}: goldVotes 30, goldAccuracyHigh 0.258`);
    const { auditLog } = await service.data(`{ auditLog(first: 1) { nodes { action projectId apiKeyId detail } } }`);
    expect(auditLog.nodes[0]).toEqual({
      action: 'pauseAnnotators', projectId, apiKeyId: null,
      detail: { by: 'pauseRule', annotators: [{ annotator: 'poor', reason: `the project's pause rule ${rule}: goldVotes 30, goldAccuracyHigh 0.258` }] },
    });
  });

  it('takes effect when it is set, and never activates anybody when it is taken away', async () => {
    const projectId = await withGold(null, { poor: 0, good: 30 });
    await evaluatedAndDone(service, projectId);
    expect(await ofStatus(projectId, 'PAUSED')).toEqual([]);
    await service.data(SET_RULE, { id: projectId, rule: 'goldAccuracy < 0.5' });
    await expect.poll(() => ofStatus(projectId, 'PAUSED')).toEqual(['poor']);
    await service.data(SET_RULE, { id: projectId, rule: null });
    await evaluatedAndDone(service, projectId);
    expect(await ofStatus(projectId, 'PAUSED')).toEqual(['poor']);
  });

  it('leaves the blocked as they are, and does not overrule who activated an annotator before 20 more votes', async () => {
    const projectId = await withGold(null, { poor: 0, bad: 0, good: 30 });
    await setStatus('blockAnnotators', projectId, ['bad']);
    await service.data(SET_RULE, { id: projectId, rule: 'goldAccuracy < 0.5' });
    await expect.poll(() => ofStatus(projectId, 'PAUSED')).toEqual(['poor']);
    expect((await statuses(projectId)).bad).toEqual({ status: 'BLOCKED', statusReason: 'by hand' });

    await setStatus('activateAnnotators', projectId, ['poor']);
    await vote(projectId, Array.from({ length: 19 }, (_, i) => ({ item: `more ${i}`, annotator: 'poor', class: 'class 0' })));
    await evaluatedAndDone(service, projectId);
    expect(await ofStatus(projectId, 'PAUSED')).toEqual([]);
    await vote(projectId, [{ item: 'one more', annotator: 'poor', class: 'class 0' }]);
    await expect.poll(() => ofStatus(projectId, 'PAUSED')).toEqual(['poor']);
  });

  it('reads what runs tell: agreement no better than chance', async () => {
    const crowd = plantedCrowd({ items: 800, annotators: 20, classes: 4, votesPerItem: 5, spammers: 0.2 }, 2);
    const projectId = await service.newProject({ classes: classNames(4), rules: { pauseRule: 'votes >= 50 and accuracyHigh < chance + 0.2' } });
    await submitTimed(service, projectId, crowd);
    await runToEnd(service, projectId);
    const poor = crowd.behaviour.flatMap((one, annotator) => (one === 'spammer' || one === 'mixed up' ? [`a${annotator}`] : [])).sort();
    await expect.poll(() => ofStatus(projectId, 'PAUSED')).toEqual(poor);
  });

  it('pauses nobody by what is not known', async () => {
    const projectId = await service.newProject({ classes: classNames(2), rules: { pauseRule: 'accuracy < 2 or goldAccuracy < 2 or medianSeconds < 1000' } });
    await vote(projectId, [{ item: 'i', annotator: 'Ann', class: 'class 0' }]);
    await evaluatedAndDone(service, projectId);
    expect(await ofStatus(projectId, 'PAUSED')).toEqual([]);
  });
});
