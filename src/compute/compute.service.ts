import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';

/** The one export of a task's module, called `run`, on a thread of its own. What goes in and out is cloned. */
export type Task<Input, Message, Result> = (input: Input, report: (message: Message) => void) => Promise<Result> | Result;

export interface TaskRequest<Input, Message> {
  /** The module, as `new URL('./x.task.js', import.meta.url)`. */
  module: URL;
  input: Input;
  onMessage?: (message: Message) => void;
  /** Ends the thread at once, whatever it is doing. */
  signal?: AbortSignal;
  /** Bounds the thread's JavaScript heap; typed arrays lie outside of it. */
  maxHeapMegabytes?: number;
}

/** What the thread of a task tells, see thread.ts. */
export type FromThread<Message, Result> =
  | { kind: 'message'; message: Message }
  | { kind: 'result'; result: Result }
  | { kind: 'error'; error: { name: string; message: string; stack?: string; code?: unknown } };

/** Heavy work beside the event loop: one thread a task, started for it and gone with it. */
@Injectable()
export class Compute {
  /**
   * @returns what the module's `run` returned.
   * @throws what it threw, by name, message and code; AbortError when cancelled; Error when the thread died (out of memory).
   */
  run<Input, Message, Result>(request: TaskRequest<Input, Message>): Promise<Result> {
    const { module, input, onMessage, signal, maxHeapMegabytes } = request;
    if (signal?.aborted) return Promise.reject(abortError(signal));
    const worker = new Worker(builtFile(new URL('./thread.js', import.meta.url)), {
      workerData: { module: builtFile(module).href, input },
      resourceLimits: maxHeapMegabytes ? { maxOldGenerationSizeMb: maxHeapMegabytes } : undefined,
    });
    return new Promise<Result>((resolve, reject) => {
      const cancel = () => {
        reject(abortError(signal!));
        void worker.terminate();
      };
      signal?.addEventListener('abort', cancel, { once: true });
      worker.on('message', (told: FromThread<Message, Result>) => {
        if (told.kind === 'result') resolve(told.result);
        else if (told.kind === 'error') reject(Object.assign(new Error(told.error.message), told.error));
        else if (!signal?.aborted) onMessage?.(told.message);
      });
      worker.once('error', reject);
      worker.once('exit', (code) => {
        signal?.removeEventListener('abort', cancel);
        // After a result or an error this changes nothing.
        reject(new Error(`the thread of ${module.pathname.split('/').at(-1)} ended with code ${code} before it had a result`));
      });
    });
  }
}

function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error('cancelled', { cause: signal.reason }), { name: 'AbortError' });
}

/** A thread runs compiled JavaScript: under a test runner that reads src/*.ts, take the file that the build made of it. */
function builtFile(url: URL): URL {
  if (!import.meta.url.endsWith('.ts')) return url;
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, '/dist/src/').replace(/\.ts$/, '.js'));
}
