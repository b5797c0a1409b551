import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { againstReference } from '../../src/aggregation/index.js';
import { crowds, tableOf } from '../aggregation/agreement/crowds.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

let service: Service;
let projectId: string;

const REQUEST = `mutation ($input: RequestAnnotatorAgreementInput!) { requestAnnotatorAgreement(input: $input) { report { id } } }`;
const FIELDS = `status failure ... on AnnotatorAgreementReport { reference items votes annotatorAgreement(order: ACCURACY) { nodes {
  annotator { externalId } votes agreed accuracy perClass { class precision recall given reference } topConfusions(first: 2) { reference given votes } } } }`;

/** Of items 1 to 6: what is right is a a b b c c. x is always right, y takes b for a, z names c for nearly all. */
const answers: Record<string, string> = { x: 'aabbcc', y: 'aaaacc', z: 'accccc' };

beforeAll(async () => {
  service = await startService();
  projectId = await service.newProject({ classes: ['a', 'b', 'c'] });
  const votes = Object.entries(answers).flatMap(([annotator, given]) => [...given].map((answer, i) => ({ item: `item ${i + 1}`, annotator, class: answer, guidelineVersion: i < 2 ? '1' : '2' })));
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId, votes } });
});
afterAll(() => service.stop());

async function compared(input: object) {
  const { requestAnnotatorAgreement } = await service.data(REQUEST, { input: { projectId, ...input } });
  return until(async () => {
    const { report } = await service.data(`query ($id: ID!) { report(id: $id) { ${FIELDS} } }`, { id: requestAnnotatorAgreement.report.id });
    return ['QUEUED', 'RUNNING'].includes(report.status) ? null : report;
  }, 'the report');
}

async function setGold(classes: string): Promise<void> {
  const rows = [...classes].map((answer, i) => ({ item: `item ${i + 1}`, class: answer }));
  await service.data(`mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }`, { input: { projectId, rows } });
}

describe('each annotator', () => {
  it('against gold: precision and recall by class and the top confusions, the least right first', async () => {
    await setGold('aabbcc');
    const report = await compared({ reference: 'GOLD' });
    expect(report).toMatchObject({ status: 'SUCCEEDED', reference: 'GOLD', items: 6, votes: 18 });
    expect(report.annotatorAgreement.nodes).toEqual([
      {
        annotator: { externalId: 'z' }, votes: 6, agreed: 3, accuracy: 0.5, topConfusions: [{ reference: 'b', given: 'c', votes: 2 }, { reference: 'a', given: 'c', votes: 1 }],
        perClass: [
          { class: 'a', precision: 1, recall: 0.5, given: 1, reference: 2 }, { class: 'b', precision: null, recall: 0, given: 0, reference: 2 }, { class: 'c', precision: 0.4, recall: 1, given: 5, reference: 2 },
        ],
      },
      {
        annotator: { externalId: 'y' }, votes: 6, agreed: 4, accuracy: 4 / 6, topConfusions: [{ reference: 'b', given: 'a', votes: 2 }],
        perClass: [
          { class: 'a', precision: 0.5, recall: 1, given: 4, reference: 2 }, { class: 'b', precision: null, recall: 0, given: 0, reference: 2 }, { class: 'c', precision: 1, recall: 1, given: 2, reference: 2 },
        ],
      },
      { annotator: { externalId: 'x' }, votes: 6, agreed: 6, accuracy: 1, topConfusions: [], perClass: ['a', 'b', 'c'].map((name) => ({ class: name, precision: 1, recall: 1, given: 2, reference: 2 })) },
    ]);
  });

  it('against the consensus of a run, which stays the one that was asked about', async () => {
    const { startRun } = await service.data(`mutation ($id: ID!) { startRun(input: { projectId: $id, method: "majority-vote" }) { run { id } } }`, { id: projectId });
    await until(async () => (await service.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: startRun.run.id })).run.status === 'SUCCEEDED', 'the run');
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { softLabels { nodes { item { externalId } consensus } } } }`, { id: projectId });
    const consensus = Object.fromEntries(project.softLabels.nodes.map((label: { item: { externalId: string }; consensus: string }) => [label.item.externalId, label.consensus]));
    for (const input of [{ reference: 'CONSENSUS' }, { reference: 'CONSENSUS', run: startRun.run.id }]) {
      const report = await compared(input);
      expect(report).toMatchObject({ status: 'SUCCEEDED', reference: 'CONSENSUS', items: 6, votes: 18 });
      for (const { annotator, agreed } of report.annotatorAgreement.nodes as { annotator: { externalId: string }; agreed: number }[]) {
        expect(agreed).toBe([...answers[annotator.externalId]!].filter((answer, i) => consensus[`item ${i + 1}`] === answer).length);
      }
    }
  });

  it('of a selection is compared on that alone', async () => {
    const report = await compared({ reference: 'GOLD', selection: { items: ['item 1', 'item 3'], annotators: ['y', 'z'] } });
    expect(report).toMatchObject({ items: 2, votes: 4 });
    expect(report.annotatorAgreement.nodes.map(({ annotator, votes, agreed }: { annotator: { externalId: string }; votes: number; agreed: number }) => [annotator.externalId, votes, agreed])).toEqual([['y', 2, 1], ['z', 2, 1]]);
    expect(await compared({ reference: 'GOLD', selection: { guidelineVersions: ['1'] } })).toMatchObject({ votes: 6 });
  });

  it('is another question once gold is another', async () => {
    await setGold('bbbbbb');
    const report = await compared({ reference: 'GOLD' });
    expect(report.annotatorAgreement.nodes.map(({ agreed }: { agreed: number }) => agreed)).toEqual([0, 0, 2]);
  });
});

it.each<[string, object, string, RegExp]>([
  ['a run for gold', { reference: 'GOLD', run: Buffer.from('Run:1:1').toString('base64url') }, 'INVALID_INPUT', /gold is of no run/],
  ['a run that is none', { reference: 'CONSENSUS', run: Buffer.from('Run:1:999').toString('base64url') }, 'NOT_FOUND', /there is no run/],
  ['an unknown annotator', { reference: 'GOLD', selection: { annotators: ['nobody'] } }, 'INVALID_INPUT', /names "nobody"/],
])('%s is refused', async (_, input, code, message) => {
  const { errors } = await service.graphql(REQUEST, { input: { projectId, ...input } });
  expect(errors![0]).toMatchObject({ message: expect.stringMatching(message) as string, extensions: { code } });
});

it('a project without results has no consensus to compare with', async () => {
  const { errors } = await service.graphql(REQUEST, { input: { projectId: await service.newProject(), reference: 'CONSENSUS' } });
  expect(errors![0]).toMatchObject({ extensions: { code: 'CONFLICT' } });
});

it('a project without gold fails the comparison with it, and says what to do', async () => {
  const bare = await service.newProject();
  expect(await compared({ projectId: bare, reference: 'GOLD' })).toMatchObject({ status: 'FAILED', failure: 'the project had no gold answers then; tell some (setGold), or compare with CONSENSUS' });
});

it('any crowd has the confusion counts that its votes give one by one', () => {
  fc.assert(fc.property(crowds({ repeats: true }), fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 12, maxLength: 12 }), (crowd, truths) => {
    const { offsets, annotators, referenceClasses, givenClasses, counts } = againstReference(tableOf(crowd), Int32Array.from(truths.slice(0, crowd.N)));
    const known = crowd.answers.filter(({ item }) => truths[item]! >= 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(known.length);
    counts.forEach((count, cell) => {
      expect(cell >= offsets[annotators[cell]!]! && cell < offsets[annotators[cell]! + 1]!).toBe(true);
      expect(count).toBe(known.filter(({ item, annotator, label }) => annotator === annotators[cell] && truths[item] === referenceClasses[cell] && label === givenClasses[cell]).length);
    });
  }));
});
