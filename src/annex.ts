import { register } from 'prom-client';
import { startApi } from './application.js';
import type { FromAnnex, ToAnnex } from './platform/http/annex.js';

/** Of requests that another process has counted already. */
const COUNTED_THERE = new Set(['assay_http_request_seconds', 'assay_requests_under_way']);

const tell = (told: FromAnnex) => process.send!(told);

// A terminal's signal goes to both processes, and the other one says when its callers have their answers.
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
// Killed, it has left no caller to answer.
process.on('disconnect', () => process.exit(0));

try {
  const { app, logger, stop } = await startApi(process.env, { isAnnex: true });
  process.on('uncaughtException', (error: unknown, origin) => {
    logger.fatal({ err: error, origin }, 'nobody has caught this; the annex ends');
    process.exit(1);
  });
  process.on('message', (told: ToAnnex) => {
    if (told === 'stop') void stop().then(() => process.exit(0), () => process.exit(1));
    else void register.getMetricsAsJSON().then((metrics) => tell({ metrics: metrics.filter(({ name }) => !COUNTED_THERE.has(name)) }));
  });
  tell({ port: Number(new URL(await app.getUrl()).port) });
} catch (error) {
  console.error(`assay: the annex does not start: ${(error as Error).message}`);
  process.exit(1);
}
