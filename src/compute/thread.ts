import { parentPort } from 'node:worker_threads';
import type { FromThread, Task, ToThread } from './compute.service.js';

const tell = (told: FromThread<unknown, unknown>) => parentPort!.postMessage(told);

async function perform({ module, input }: ToThread): Promise<void> {
  try {
    const { run } = await import(module) as { run: Task<unknown, unknown, unknown> };
    tell({ kind: 'result', result: await run(input, (message) => tell({ kind: 'message', message })) });
  } catch (error) {
    const { name = 'Error', message = String(error), stack, code } = error as Partial<Error> & { code?: unknown };
    tell({ kind: 'error', error: { name, message, stack, code } });
  }
}

/** One task after the other: the next is sent only when the one before it has been answered. */
parentPort!.on('message', (told: ToThread) => void perform(told));
