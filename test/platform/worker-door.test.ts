import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker } from '../../src/application.js';
import { start, type Started } from '../setup/process.js';
import { until } from '../setup/until.js';
import { startService, type Service } from '../setup/service.js';
import { ended, newCrowd, startRun, untilRun } from '../runs/crowd.js';

describe('a worker with WORKER_PORT', () => {
  let service: Service;
  let worker: Started;
  let url: string;
  beforeAll(async () => {
    service = await startService({ ASSAY_WORK: 'false' });
    worker = start('worker.js', [], { DATABASE_URL: service.databaseUrl, WORKER_PORT: '0', LOG_LEVEL: 'info' });
    await until(() => worker.output().includes('"msg":"working"'), 'a worker that works');
    url = /"url":"(http:[^"]+)"/.exec(worker.output())![1]!;
  });
  afterAll(async () => {
    worker.child.kill('SIGKILL');
    await worker.exit;
    await service.stop();
  });

  it('says that it lives and can do its work', async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toEqual({ status: 200, body: { status: 'ok', database: 'ok', migrations: 'ok', queue: 'ok' } });
  });

  it('counts the runs that it made', async () => {
    const { projectId } = await newCrowd(service, { items: 50, annotators: 5, classes: 2, votesPerItem: 3 });
    const run = await untilRun(service, await startRun(service, projectId, { method: 'majority-vote' }), ended);
    expect(run.status).toBe('SUCCEEDED');
    await expect.poll(async () => (await fetch(`${url}/metrics`)).text()).toContain('assay_runs_total{method="majority-vote",status="SUCCEEDED"} 1');
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toMatch(/assay_run_phase_seconds_count\{phase="aggregate"\} 1/);
  });

  it.each([['GET', '/graphql'], ['POST', '/graphql'], ['GET', '/'], ['POST', '/metrics'], ['GET', '/projects/1/votes.csv'], ['GET', '/metrics/..%2f']])('answers nothing else: %s %s', async (method, path) => {
    const answer = await fetch(`${url}${path}`, { method, body: method === 'POST' ? '{}' : undefined, headers: method === 'POST' ? { 'content-type': 'application/json' } : {} });
    expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 404, body: { error: { code: 'NOT_FOUND', message: 'a worker answers GET of /livez, /readyz and /metrics alone' } } });
  });

  it('ends in order, and its port with it', async () => {
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });

  it('says so where the port is taken, and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(startWorker({ NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: service.databaseUrl, WORKER_PORT: String(port) })).rejects.toThrow(`EADDRINUSE`);
    other.close();
  });
});
