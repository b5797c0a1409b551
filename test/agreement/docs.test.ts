import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureAgreement } from '../../src/aggregation/index.js';
import { newCrowd } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { VoteTable } from '../../src/aggregation/vote-table.js';
import { until } from '../setup/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

it('the two operations of docs/agreement.md ask for a report and read it', async () => {
  const page = await readFile(new URL('../../docs/agreement.md', import.meta.url), 'utf8');
  const [ask, read] = [...page.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text]) => text!);
  const { projectId, columns } = await newCrowd(service, { items: 30, annotators: 5, classes: 3, votesPerItem: 3 });
  const { requestAgreement } = await service.data(ask!, { project: projectId });
  const report = await until(async () => {
    const { report: now } = await service.data(read!, { report: requestAgreement.report.id });
    return now.status === 'SUCCEEDED' && now;
  }, 'the report');
  expect(report.overall.value).toBeCloseTo(measureAgreement({ metric: 'krippendorff-alpha-nominal', votes: new VoteTable(columns) }).value, 12);
  expect(report.overall.interval.low).toBeLessThan(report.overall.value);
  expect(report.perClass).toHaveLength(3);
  expect(report.items.nodes).toHaveLength(10);
});
