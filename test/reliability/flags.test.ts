import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classNames, numbersOf, runToEnd } from '../runs/crowd.js';
import { workDue } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { evaluated, submitTimed } from './evaluations.js';
import { plantedCrowd } from './planted-crowd.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const FLAGS = 'flags { kind since value threshold explanation endedAt dismissedAt }';

describe('the annotators of a project with a run', () => {
  const crowd = plantedCrowd({ items: 2000, annotators: 30, classes: 4, votesPerItem: 4, spammers: 0.2 }, 4);
  let projectId: string;
  const named = (annotator: number) => `a${annotator}`;
  const having = (behaviour: string) => crowd.behaviour.flatMap((one, annotator) => (one === behaviour ? [named(annotator)] : []));
  beforeAll(async () => {
    projectId = await service.newProject({ classes: classNames(4) });
    await submitTimed(service, projectId, crowd);
    await runToEnd(service, projectId);
    await evaluated(service, projectId);
  });

  const flagged = async (kind: string | null, page = '') => (await service.data(
    `query ($id: ID!, $kind: AnnotatorFlagKind) { project(id: $id) { flaggedAnnotators(kind: $kind${page}) { nodes { externalId ${FLAGS} } pageInfo { hasNextPage endCursor } } } }`, { id: projectId, kind },
  )).project.flaggedAnnotators;
  const names = (connection: { nodes: { externalId: string }[] }) => connection.nodes.map((node) => node.externalId).sort();
  const flagsOf = async (externalId: string, history = false) => (await service.data(
    `query ($id: ID!, $externalId: String!) { project(id: $id) { annotator(externalId: $externalId) { ${history ? FLAGS.replace('flags', 'flags(history: true)') : FLAGS} } } }`, { id: projectId, externalId },
  )).project.annotator.flags;

  it('are flagged where they were planted and nowhere else, with figures in words', async () => {
    const all = await flagged(null);
    expect(names(all)).toEqual([...having('spammer'), ...having('mixed up'), ...having('hasty')].sort());
    expect(names(await flagged('TOO_FAST'))).toEqual(having('hasty').sort());
    expect(names(await flagged('BELOW_CHANCE'))).toEqual(having('mixed up').sort());
    expect(names(await flagged('DRIFT'))).toEqual([]);
    const explained = Object.fromEntries(all.nodes.flatMap((node: { flags: { kind: string; explanation: string; value: number; threshold: number; since: string }[] }) => node.flags.map((flag) => [flag.kind, flag])));
    expect(explained.TOO_FAST.explanation).toMatch(/^The median of \d+ timed answers is 0\.\d+ s \(at most .* s, 97\.5% sure\), less than a quarter of the \d\.\d+ s that the project's annotators take\.$/);
    expect(explained.TOO_FAST.value).toBeLessThan(explained.TOO_FAST.threshold);
    expect(explained.ONE_CLASS.explanation).toMatch(/^(\d+) of \1 votes say "class \d"; by the other answers \d+\.\d% of these items are of that class\.$/);
    expect(explained.ONE_CLASS).toMatchObject({ value: 1, threshold: 0.95, endedAt: null, dismissedAt: null });
    expect(explained.BELOW_CHANCE.explanation).toMatch(/^Accuracy is estimated at \d+\.\d% on \d+ votes and is at most \d+\.\d% \(99\.9% sure\); of answers drawn at random .* 2\d\.\d% would be right\./);
    expect(explained.BELOW_CHANCE.value).toBeLessThan(explained.BELOW_CHANCE.threshold);
    expect(Math.abs(Date.now() - Date.parse(explained.ONE_CLASS.since))).toBeLessThan(600_000);
  });

  it('come page by page', async () => {
    const everybody = (await flagged(null)).nodes.map((node: { externalId: string }) => node.externalId);
    const first = await flagged(null, ', first: 3');
    expect(first.nodes.map((node: { externalId: string }) => node.externalId)).toEqual(everybody.slice(0, 3));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = await flagged(null, `, after: "${first.pageInfo.endCursor}"`);
    expect(rest.nodes.map((node: { externalId: string }) => node.externalId)).toEqual(everybody.slice(3));
  });

  it('have figures that lie near the truth, and none without votes', async () => {
    await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "idle" }] }) { results { status } } }`, { id: projectId });
    const { project } = await service.data(
      `query ($id: ID!) { project(id: $id) { annotators { nodes { externalId votes reliability {
         evaluatedAt votes accuracy { value low high } agreement chance informedness goldVotes goldAccuracy { value } topClass topClassShare timedVotes medianSeconds recentVotes recentAccuracy skips } } } } }`,
      { id: projectId },
    );
    const errors: number[] = [];
    for (const { externalId, votes, reliability } of project.annotators.nodes) {
      if (externalId === 'idle') {
        expect(reliability).toBeNull();
        continue;
      }
      const annotator = Number(externalId.slice(1));
      const own = Array.from(crowd.items.keys()).filter((vote) => crowd.annotators[vote] === annotator);
      const right = own.filter((vote) => crowd.classes[vote] === crowd.truth[crowd.items[vote]!]).length / own.length;
      const top = Math.max(...[0, 1, 2, 3].map((label) => own.filter((vote) => crowd.classes[vote] === label).length));
      const middle = own.map((vote) => crowd.durations[vote]!).sort((a, b) => a - b);
      errors.push((reliability.accuracy.value - right) ** 2);
      expect(reliability).toMatchObject({ votes, timedVotes: own.length, recentVotes: 50, goldVotes: 0, goldAccuracy: null, skips: 0 });
      expect(reliability.topClassShare).toBeCloseTo(top / own.length, 12);
      expect(reliability.medianSeconds).toBeCloseTo((middle[(own.length - 1) >> 1]! + middle[own.length >> 1]!) / 2000, 9);
      expect(reliability.accuracy.low).toBeLessThanOrEqual(reliability.accuracy.value);
      expect(reliability.accuracy.high).toBeGreaterThanOrEqual(reliability.accuracy.value);
      expect(Math.sign(reliability.agreement - reliability.chance)).toBe(Math.sign(reliability.informedness));
    }
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.06);
  });

  it('lose a flag that somebody dismisses, with an entry in the audit log, though not from its history', async () => {
    const [hasty] = having('hasty');
    const dismiss = (input: object, key?: string) => service.graphql(
      `mutation ($input: DismissFlagInput!) { dismissFlag(input: $input) { flag { kind dismissedAt } } }`, { input: { projectId, annotator: hasty, kind: 'TOO_FAST', ...input } }, { key: key ?? service.key },
    );
    expect((await dismiss({}, await service.newKey({ scopes: ['votes:write', 'results:read'] }))).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect((await dismiss({ annotator: 'nobody' })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await dismiss({ kind: 'ONE_CLASS' })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await dismiss({ reason: 'knows these by heart' })).data.dismissFlag.flag).toMatchObject({ kind: 'TOO_FAST', dismissedAt: expect.any(String) });
    expect(await flagsOf(hasty!)).toEqual([]);
    expect(names(await flagged('TOO_FAST'))).not.toContain(hasty);
    expect(await flagsOf(hasty!, true)).toHaveLength(1);
    const { auditLog } = await service.data(`{ auditLog(first: 1) { nodes { action detail } } }`);
    expect(auditLog.nodes[0]).toEqual({ action: 'dismissFlag', detail: { annotator: hasty, kind: 'TOO_FAST', reason: 'knows these by heart' } });
    // The next look leaves it dismissed.
    await runToEnd(service, projectId, { method: 'majority-vote' });
    await evaluated(service, projectId);
    expect(await flagsOf(hasty!)).toEqual([]);
  });

  it('keep a flag for as long as it holds: without their votes it ends, as votes go, and is raised anew when they are back', async () => {
    const spammer = having('spammer').find((name) => crowd.classes.filter((_, vote) => named(crowd.annotators[vote]!) === name).every((label, _, all) => label === all[0]))!;
    const raised = (await flagsOf(spammer)).find((flag: { kind: string }) => flag.kind === 'ONE_CLASS');
    const own = Array.from(crowd.items.keys()).filter((vote) => named(crowd.annotators[vote]!) === spammer).map((vote) => ({ item: `i${crowd.items[vote]}`, annotator: spammer }));
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { status } } }`, { input: { projectId, votes: own } });
    await evaluated(service, projectId);
    expect(await flagsOf(spammer)).toEqual([]);
    expect((await flagsOf(spammer, true)).find((flag: { kind: string }) => flag.kind === 'ONE_CLASS')).toMatchObject({ since: raised.since, endedAt: expect.any(String) });
    const again = { ...crowd, items: Int32Array.from(own, ({ item }) => Number(item.slice(1))), annotators: new Int32Array(own.length).fill(Number(spammer.slice(1))), classes: new Int32Array(own.length), durations: new Int32Array(own.length).fill(5000) };
    await submitTimed(service, projectId, again);
    await evaluated(service, projectId);
    const flags = (await flagsOf(spammer, true)).filter((flag: { kind: string }) => flag.kind === 'ONE_CLASS');
    expect(flags.map((flag: { endedAt: string | null }) => flag.endedAt != null)).toEqual([true, false]);
  });

  it('are looked at a second later for each 100,000 votes of the run, when labels and the next items have had the machine', async () => {
    const seen = `select count(*)::int as looks from reliability_states where project_id = $1 and run_id is not null`;
    const looks = async () => (await service.source.query<{ looks: number }[]>(seen, numbersOf(projectId)))[0]!.looks;
    const runEnded = (votes: number, ago: string) => service.source.query(
      `with run as (update runs set vote_count = $2, finished_at = clock_timestamp() - $3::interval where id = (select current_run_id from projects where id = $1))
       update reliability_states set run_id = null where project_id = $1`, [...numbersOf(projectId), votes, ago]);
    await runEnded(100_000_000, '100 seconds');
    expect(await workDue(service, { aheadSeconds: 700 })).not.toContain('sweep reliability after runs');
    expect(await workDue(service, { aheadSeconds: 900 })).toContain('sweep reliability after runs');
    expect(await looks()).toBe(0);
    await runEnded(100_000_000, '1000 seconds');
    await expect.poll(looks).toBe(1);
  });
});

describe('a project without a run', () => {
  it('tells what needs none: times, shares of classes and skips', async () => {
    const projectId = await service.newProject({ classes: classNames(2) });
    await service.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { results { status } } }`,
      { input: { projectId, votes: [
        { item: 'i1', annotator: 'Ann', class: 'class 1', durationMs: 1500 }, { item: 'i2', annotator: 'Ann', class: 'class 1', durationMs: 2500 }, { item: 'i3', annotator: 'Ann', outcome: 'SKIP' },
        { item: 'i1', annotator: 'Bob', outcome: 'UNSURE' },
      ] } },
    );
    await evaluated(service, projectId);
    const { project } = await service.data(
      `query ($id: ID!) { project(id: $id) { annotators { nodes { externalId reliability { votes accuracy { value } agreement topClass topClassShare medianSeconds timedVotes skips } flags { kind } } } } }`, { id: projectId },
    );
    expect(project.annotators.nodes).toEqual([
      { externalId: 'Ann', flags: [], reliability: { votes: 2, accuracy: null, agreement: null, topClass: 'class 1', topClassShare: 1, medianSeconds: 2, timedVotes: 2, skips: 1 } },
      { externalId: 'Bob', flags: [], reliability: { votes: 0, accuracy: null, agreement: null, topClass: null, topClassShare: null, medianSeconds: null, timedVotes: 0, skips: 1 } },
    ]);
  });
});
