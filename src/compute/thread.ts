import { parentPort } from 'node:worker_threads';
import type { FromThread, Task, ToThread } from './compute.service.js';

const tell = (told: FromThread<unknown, unknown>) => parentPort!.postMessage(told);

async function perform({ module, input }: ToThread): Promise<void> {
  try {
    const { run } = await import(module) as { run: Task<unknown, unknown, unknown> };
    const result = await run(input, (message) => tell({ kind: 'message', message }));
    tell({ kind: 'result', result, megabytes: megabytesHeld() });
  } catch (error) {
    const { name = 'Error', message = String(error), stack, code } = error as Partial<Error> & { code?: unknown };
    tell({ kind: 'error', error: { name, message, stack, code } });
  }
}

/** Of this thread: its heap, and what lies beside it, WebAssembly's memory among that. */
function megabytesHeld(): number {
  const { heapTotal, external, arrayBuffers } = process.memoryUsage();
  return (heapTotal + Math.max(external, arrayBuffers)) / 2 ** 20;
}

/** One task after the other: the next is sent only when the one before it has been answered. */
parentPort!.on('message', (told: ToThread) => void perform(told));
