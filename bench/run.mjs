import { randomUUID } from 'node:crypto';
import { findMethod, resolveOptions } from '../dist/src/aggregation/index.js';
import { Compute } from '../dist/src/compute/compute.service.js';

/**
 * A whole run of project 1 on a kernel thread, as a worker does it; it becomes current.
 * @returns its id, and the run's own seconds for each phase
 */
export async function runMethod({ client, url }, methodId, { items: { length: votes }, itemCount, annotatorCount, classCount }) {
  const method = findMethod(methodId);
  const options = resolveOptions(method, {});
  const fence = randomUUID();
  const { rows: [{ id }] } = await client.query(
    `insert into runs (project_id, method_id, method_version, options, seed, watermark, origin, make_current, status, fence)
     values (1, $1, $2, $3, 0, $4, 'REQUEST', true, 'RUNNING', $5) returning id`, [method.id, method.version, options, votes, fence],
  );
  const { seconds } = await new Compute().run({
    module: new URL('../dist/src/runs/running/run.task.js', import.meta.url),
    input: {
      url, channel: 'assay_run_changed', lease: { projectId: 1, runId: Number(id), fence }, methodId: method.id, methodVersion: method.version, options, seed: 0, makeCurrent: true,
      watermark: votes, itemCount, annotatorCount, classCount, threads: 1, predictions: null, bounds: { operations: Infinity, bytes: Infinity }, keeping: null,
    },
  });
  return { id: Number(id), seconds };
}
