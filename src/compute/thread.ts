import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, Task } from './compute.service.js';

const { module, input } = workerData as { module: string; input: unknown };
const tell = (told: FromThread<unknown, unknown>) => parentPort!.postMessage(told);

try {
  const { run } = await import(module) as { run: Task<unknown, unknown, unknown> };
  tell({ kind: 'result', result: await run(input, (message) => tell({ kind: 'message', message })) });
} catch (error) {
  const { name = 'Error', message = String(error), stack, code } = error as Partial<Error> & { code?: unknown };
  tell({ kind: 'error', error: { name, message, stack, code } });
}
