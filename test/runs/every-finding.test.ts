import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, findingCell, methods, VoteTable, type FindingSpec } from '../../src/aggregation/index.js';
import { probabilitiesOf, submitPredictions } from '../predictions/prediction-calls.js';
import { startService, type Service } from '../setup/service.js';
import { codes, newCrowd, runToEnd } from './crowd.js';

const K = 3;
let service: Service;
let crowd: Awaited<ReturnType<typeof newCrowd>>;
let table: VoteTable;
let items: string[];
let annotators: string[];
let predictions: Float64Array;
beforeAll(async () => {
  service = await startService();
  crowd = await newCrowd(service, { items: 40, annotators: 9, classes: K, votesPerItem: 4 });
  ({ items, annotators } = await codes(service, crowd.projectId));
  await submitPredictions(service, crowd.projectId, items.map((item, n) => ({ item, probabilities: probabilitiesOf(n, K) })));
  predictions = Float64Array.from(items.flatMap((_, n) => probabilitiesOf(n, K)));
  table = new VoteTable({
    items: crowd.votes.map((vote) => items.indexOf(vote.item)), annotators: crowd.votes.map((vote) => annotators.indexOf(vote.annotator)), classes: crowd.columns.classes,
    itemCount: items.length, annotatorCount: annotators.length, classCount: K,
  });
});
afterAll(() => service.stop());

interface Told {
  name: string;
  value: number | null;
  class: string | null;
  of: string | null;
}

const FOUND = `query ($id: ID!, $run: ID!) {
  project(id: $id) {
    softLabels(run: $run, first: 1000) { nodes { item { externalId } difficulty disagreement topTwo { first } findings { name value class of } } }
    annotators(first: 1000) { nodes { externalId findings(run: $run) { name value class of } } }
    confusablePairs(run: $run) { first items }
  }
  run(id: $run) { findings { name value class of } } }`;

describe.each(methods.filter(({ finds }) => finds).map((method) => [method.id, method] as const))('whatever %s finds', (id, method) => {
  it('is served as the library has it, to the bit', async () => {
    const run = await runToEnd(service, crowd.projectId, { method: id });
    const { findings = {} } = aggregate(table, id, method.reads.includes('predictions') ? { predictions: [predictions] } : {});
    const found = await service.data(FOUND, { id: crowd.projectId, run: run.id });
    const told = (spec: FindingSpec, at: number, of: string | null = null): Told => {
      const cell = findingCell(spec, findings[spec.name]![at], crowd.classes);
      return { name: spec.name, value: spec.type === 'class' ? null : Number(cell), class: spec.type === 'class' ? cell as string | null : null, of };
    };
    const declared = (per: FindingSpec['per']) => (method).finds!.filter((spec) => spec.per === per && findings[spec.name]);
    for (const { item, findings: ofItem } of found.project.softLabels.nodes) expect(ofItem).toEqual(declared('item').map((spec) => told(spec, items.indexOf(item.externalId))));
    for (const { externalId, findings: ofAnnotator } of found.project.annotators.nodes) {
      expect(ofAnnotator).toEqual(declared('annotator').map((spec) => told(spec, annotators.indexOf(externalId))));
    }
    expect(found.run.findings).toEqual([...declared('run').map((spec) => told(spec, 0)), ...declared('model').map((spec) => told(spec, 0, 'm'))]);
    expect(Object.keys(findings).length).toBeGreaterThan(0);

    const [first] = found.project.softLabels.nodes;
    const at = items.indexOf(first.item.externalId);
    expect(first.difficulty).toBe(findings.difficulty?.[at] ?? null);
    expect(first.disagreement).toBe(findings.disagreement?.[at] ?? null);
    expect(first.topTwo === null).toBe(id !== 'top-two');
    expect(found.project.confusablePairs === null).toBe(id !== 'top-two');
  });
});

describe('a method that finds nothing more', () => {
  it('says so by empty lists and nulls', async () => {
    const run = await runToEnd(service, crowd.projectId, { method: 'majority-vote' });
    const found = await service.data(FOUND, { id: crowd.projectId, run: run.id });
    expect(found.project.softLabels.nodes[0]).toMatchObject({ difficulty: null, disagreement: null, topTwo: null, findings: [] });
    expect(found.project.annotators.nodes[0].findings).toEqual([]);
    expect(found.project.confusablePairs).toBeNull();
    expect(found.run.findings).toEqual([]);
  });

  it('has no more columns in its files', async () => {
    const { text } = await service.http().get(`/projects/${crowd.projectId}/soft-labels.csv`).set('authorization', `Bearer ${service.key}`).expect(200);
    expect(text.split(/\r?\n/)[0]).toBe('item,label,confidence,entropy,votes,tie,p_class 0,p_class 1,p_class 2');
  });
});
