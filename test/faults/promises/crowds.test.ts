import { expect } from 'vitest';
import { methods } from '../../../src/aggregation/index.js';
import type { Server } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { newProject, promised, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();

const range = (count: number) => Array.from({ length: count }, (_, n) => n);
type Row = [item: string, annotator: string, className: string];
/** Crowds that say little, each with its classes. */
const CROWDS: Record<string, { classes: string[]; rows: Row[] }> = {
  'one vote': { classes: ['a', 'b'], rows: [['i', 'w', 'a']] },
  'one class used': { classes: ['a', 'b', 'c'], rows: range(12).map((n): Row => [`i${n % 4}`, `w${n % 3}`, 'a']) },
  'one annotator': { classes: ['a', 'b'], rows: range(8).map((n): Row => [`i${n}`, 'w', n % 2 ? 'a' : 'b']) },
  'a vote each': { classes: ['a', 'b', 'c'], rows: range(30).map((n): Row => [`i${n % 10}`, `w${n}`, 'abc'[(n * 7) % 3]!]) },
  'always at odds': { classes: ['a', 'b'], rows: range(20).map((n): Row => [`i${n >> 1}`, `w${n % 2}`, n % 2 ? 'a' : 'b']) },
  'fifty classes': { classes: range(50).map((k) => `c${k}`), rows: range(40).map((n): Row => [`i${n % 8}`, `w${n % 5}`, `c${(n * 13) % 50}`]) },
};

const asked = methods.filter((method) => method.reads.includes('votes') && !method.reads.includes('predictions'));

promised('F27', 'crowds that say little give finite soft labels that sum to 1, or words', `${asked.length} methods x ${Object.keys(CROWDS).length} crowds: ${Object.keys(CROWDS).join(', ')}`, async (observe) => {
  const [server] = fleet().servers as [Server];
  let labels = 0;
  const refusals: string[] = [];
  for (const [name, { classes, rows }] of Object.entries(CROWDS)) {
    const projectId = await newProject(server, {}, classes);
    await server.data(SUBMIT, { input: { projectId, votes: rows.map(([item, annotator, className]) => ({ item, annotator, class: className })) } });
    await Promise.all(asked.map(async ({ id: method, maxClasses }) => {
      const started = await server.data(`mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId, method } }).catch((error: Error) => error);
      if (started instanceof Error) {
        // In words, before it began.
        expect(started.message).toContain('INVALID_INPUT');
        expect(maxClasses).toBeLessThan(classes.length);
        refusals.push(method);
        return;
      }
      const { id } = started.startRun.run;
      const run = await until(async () => {
        const { run } = await server.data(`query ($id: ID!) { run(id: $id) { status failure } }`, { id });
        return ['SUCCEEDED', 'FAILED'].includes(run.status) && run;
      }, `the end of ${method} on ${name}`);
      expect(run, `${method} on ${name}`).toMatchObject({ status: 'SUCCEEDED' });
      const { project } = await server.data(`query ($id: ID!, $run: ID!) { project(id: $id) { softLabels(run: $run, first: 100) { nodes { probabilities confidence entropy } } annotators { nodes { result(run: $run) { quality accuracy { value } } } } } }`, { id: projectId, run: id })
        .catch(async () => server.data(`query ($id: ID!, $run: ID!) { project(id: $id) { softLabels(run: $run, first: 100) { nodes { probabilities confidence entropy } } } }`, { id: projectId, run: id }));
      for (const { probabilities, confidence, entropy } of project.softLabels.nodes) {
        labels++;
        expect(Math.abs(probabilities.reduce((sum: number, p: number) => sum + p, 0) - 1), `${method} on ${name}`).toBeLessThan(1e-9);
        expect([...probabilities, confidence, entropy].every((value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0)).toBe(true);
      }
    }));
  }
  observe(`${labels} soft labels finite and of sum 1; ${refusals.length} refused in words (${[...new Set(refusals)].join(', ')})`);
  expect(labels).toBeGreaterThan(100);
});
