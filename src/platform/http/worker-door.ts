import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { AssayError } from '../errors.js';
import { MetricsController } from '../metrics.js';
import { HealthController } from './health.controller.js';
import { toPublicError } from './public-error.js';

/** What a worker tells of itself, to those who watch over it: nothing else is answered here. */
export interface WorkerDoor {
  url: string;
  close(): Promise<void>;
}

/**
 * `/livez`, `/readyz` and `/metrics` of a process that otherwise listens to nobody.
 * @throws Error where the address is taken or not this machine's.
 */
export async function openWorkerDoor(at: { host: string; port: number }, health: HealthController, metrics: MetricsController): Promise<WorkerDoor> {
  const door = fastify({ forceCloseConnections: true, bodyLimit: 1024 });
  door.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    done();
  });
  door.setErrorHandler((error, _request, reply) => {
    const { isBug: _isBug, status, ...shown } = toPublicError(error);
    if (shown.retryAfterSeconds != null) void reply.header('retry-after', String(shown.retryAfterSeconds));
    void reply.status(status).send({ error: shown });
  });
  door.setNotFoundHandler(() => {
    throw new AssayError('NOT_FOUND', 'a worker answers GET of /livez, /readyz and /metrics alone');
  });
  door.get('/livez', () => health.live());
  door.get('/readyz', () => health.ready());
  door.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  await door.listen(at);
  const { address, family, port } = door.server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: () => door.close() };
}
