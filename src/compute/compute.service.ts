import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** The one export of a task's module, called `run`, on a thread beside the event loop. What goes in and out is cloned. */
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

/** What a thread is told, see thread.ts. */
export interface ToThread {
  module: string;
  input: unknown;
}

/** What the thread of a task tells. */
export type FromThread<Message, Result> =
  | { kind: 'message'; message: Message }
  | { kind: 'result'; result: Result; megabytes: number }
  | { kind: 'error'; error: { name: string; message: string; stack?: string; code?: unknown } };

/** To start a thread and read its modules takes a quarter of a second of a core, which is most of what small projects' work costs. */
const KEPT_THREADS = 4;

/** The bound of a thread's JavaScript heap where none is told. One for all, so that any task can follow any other on a thread. */
const HEAP_MEGABYTES = 2048;

/** How long a thread is kept, in ms, and with how much memory: what grew larger is given up with all of it. A new one that has read the modules of a run has about 40. */
export interface Keeping {
  keptMs: number;
  mostMegabytes: number;
}

interface Thread {
  worker: Worker;
  maxHeapMegabytes: number;
}

/** Heavy work beside the event loop: a thread for each task, that of a small one kept for a while for the next. */
@Injectable()
export class Compute implements OnApplicationShutdown {
  private readonly idle = new Map<Thread, NodeJS.Timeout>();
  private isStopping = false;
  private readonly keeping: Keeping = { keptMs: 10_000, mostMegabytes: 128 };

  /** With other times than the usual ones. */
  static keeping(keeping: Keeping): Compute {
    return Object.assign(new Compute(), { keeping });
  }

  /**
   * @returns what the module's `run` returned.
   * @throws what it threw, by name, message and code; AbortError when cancelled; Error when the thread died (out of memory).
   */
  run<Input, Message, Result>(request: TaskRequest<Input, Message>): Promise<Result> {
    const { module, input, onMessage, signal, maxHeapMegabytes = HEAP_MEGABYTES } = request;
    if (signal?.aborted) return Promise.reject(abortError(signal));
    const thread = this.taken(maxHeapMegabytes) ?? this.started(maxHeapMegabytes);
    const { worker } = thread;
    return new Promise<Result>((resolve, reject) => {
      const leave = () => {
        signal?.removeEventListener('abort', cancel);
        worker.off('message', hear).off('error', reject).off('exit', lost);
      };
      const giveUp = () => {
        leave();
        void worker.terminate();
      };
      const cancel = () => {
        giveUp();
        reject(abortError(signal!));
      };
      const hear = (told: FromThread<Message, Result>) => {
        if (told.kind === 'message') onMessage?.(told.message);
        else if (told.kind === 'result') {
          if (told.megabytes > this.keeping.mostMegabytes) giveUp();
          else {
            leave();
            this.keep(thread);
          }
          resolve(told.result);
        } else {
          giveUp();
          reject(Object.assign(new Error(told.error.message), told.error));
        }
      };
      const lost = (code: number) => {
        leave();
        // After an error this changes nothing.
        reject(new Error(`the thread of ${module.pathname.split('/').at(-1)} ended with code ${code} before it had a result`));
      };
      signal?.addEventListener('abort', cancel, { once: true });
      worker.on('message', hear).on('error', reject).on('exit', lost);
      worker.postMessage({ module: builtFile(module).href, input } satisfies ToThread);
    });
  }

  onApplicationShutdown(): void {
    this.isStopping = true;
    for (const thread of this.idle.keys()) this.end(thread);
  }

  private taken(maxHeapMegabytes: number): Thread | undefined {
    const thread = [...this.idle.keys()].find((one) => one.maxHeapMegabytes === maxHeapMegabytes);
    if (!thread) return undefined;
    clearTimeout(this.idle.get(thread));
    this.idle.delete(thread);
    thread.worker.ref();
    return thread;
  }

  private started(maxHeapMegabytes: number): Thread {
    const worker = new Worker(builtFile(new URL('./thread.js', import.meta.url)), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
    });
    const thread = { worker, maxHeapMegabytes };
    // One may die while it is idle, too.
    worker.on('error', () => undefined).once('exit', () => this.end(thread));
    return thread;
  }

  private keep(thread: Thread): void {
    thread.worker.unref();
    this.idle.set(thread, setTimeout(() => this.end(thread), this.keeping.keptMs).unref());
    // Maps keep the order of entries: the first has been idle longest.
    if (this.idle.size > KEPT_THREADS) this.end(this.idle.keys().next().value!);
    if (this.isStopping) this.end(thread);
  }

  private end(thread: Thread): void {
    clearTimeout(this.idle.get(thread));
    this.idle.delete(thread);
    void thread.worker.terminate();
  }
}

function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error('cancelled', { cause: signal.reason }), { name: 'AbortError' });
}

/** A thread runs compiled JavaScript: under a test runner that reads src/*.ts, take the file that the build made of it. */
export function builtFile(url: URL): URL {
  if (!import.meta.url.endsWith('.ts')) return url;
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, '/dist/src/').replace(/\.ts$/, '.js'));
}
