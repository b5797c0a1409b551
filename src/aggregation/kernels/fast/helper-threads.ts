import { Worker } from 'node:worker_threads';
import type { Items, ShardLayout } from './shard.js';
import { runShard } from './shard.js';
import type { WasmHost, WasmMemory, WasmModule } from './web-assembly.js';

/** What a thread needs to compute shards: instantiated from a module, or from the text of `(memory) => Items[]`. */
export type ItemsCode = { module: WasmModule } | { source: string };

/** Numbers all threads look at. */
const [PASS, NEXT_SHARD, DONE, FAILED, CONTROLS] = [0, 1, 2, 3, 4];
/** A pass takes seconds at the very most; a thread that is not heard of for so long is dead. */
const PATIENCE_MS = 120_000;

/**
 * Threads that share a pass with the caller's. The library does no I/O; threads are the one thing it asks of Node, and only
 * where a caller asks for more than one. They start while the caller already computes: whoever is free takes the next shard,
 * and a shard's bits do not depend on who took it. The caller's thread blocks while it waits, so it must not be one that
 * serves requests.
 */
export class HelperThreads {
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * CONTROLS));
  private readonly workers: Worker[];
  private readonly shardCount: number;

  constructor(count: number, private readonly memory: WasmMemory, private readonly layout: ShardLayout, code: ItemsCode) {
    this.shardCount = layout.shardStarts.length - 1;
    Atomics.store(this.control, NEXT_SHARD, this.shardCount);
    // As text, since a file of its own would have to be found in every way this library may be built or bundled.
    const program = `const runShard = ${runShard.toString()}; const instantiate = ${instantiate.toString()}; (${helperLoop.toString()})(require('node:worker_threads').workerData, runShard, instantiate);`;
    const workerData: HelperData = { control: this.control, memory, layout, code, shardCount: this.shardCount };
    this.workers = Array.from({ length: count }, () => {
      const worker = new Worker(program, { eval: true, workerData, execArgv: [], env: {} });
      worker.unref();
      worker.on('error', () => this.fail());
      return worker;
    });
  }

  /** All shards of one pass; returns when the last is done. `told` hears of the chunks that this thread does. */
  run(items: Items[], told?: (chunk: number) => void): void {
    const { control, shardCount } = this;
    Atomics.store(control, DONE, 0);
    Atomics.store(control, NEXT_SHARD, 0);
    Atomics.add(control, PASS, 1);
    Atomics.notify(control, PASS);
    for (let shard = Atomics.add(control, NEXT_SHARD, 1); shard < shardCount; shard = Atomics.add(control, NEXT_SHARD, 1)) {
      runShard(this.memory.buffer, items, this.layout, shard, told);
      Atomics.add(control, DONE, 1);
    }
    for (let done = Atomics.load(control, DONE); done < shardCount; done = Atomics.load(control, DONE)) {
      const heard = Atomics.wait(control, DONE, done, PATIENCE_MS);
      if (heard === 'timed-out' || Atomics.load(control, FAILED)) throw new Error('a helper thread of the kernel ended before its work was done');
    }
  }

  close(): void {
    for (const worker of this.workers) void worker.terminate();
  }

  private fail(): void {
    Atomics.store(this.control, FAILED, 1);
    Atomics.notify(this.control, DONE);
  }
}

interface HelperData {
  control: Int32Array;
  memory: WasmMemory;
  layout: ShardLayout;
  code: ItemsCode;
  shardCount: number;
}

/** `Items` by number of votes, over the memory. Refers to nothing outside itself, for it travels as text. */
export function instantiate(code: ItemsCode, memory: WasmMemory): Items[] {
  if ('source' in code) return (0, eval)(code.source)(memory.buffer) as Items[];
  const items: Items[] = [];
  const { WebAssembly } = globalThis as unknown as WasmHost;
  const { exports } = new WebAssembly.Instance(code.module, { env: { memory } });
  for (const name of Object.keys(exports)) items[Number(name.slice('items'.length))] = exports[name] as Items;
  return items;
}

/** Runs in the helper. Refers to nothing but its parameters, for it travels as text. */
function helperLoop({ control, memory, layout, code, shardCount }: HelperData, run: typeof runShard, instantiateItems: typeof instantiate): void {
  const items = instantiateItems(code, memory);
  for (let pass = 0; ; pass = Atomics.load(control, 0)) {
    for (let shard = Atomics.add(control, 1, 1); shard < shardCount; shard = Atomics.add(control, 1, 1)) {
      run(memory.buffer, items, layout, shard);
      Atomics.add(control, 2, 1);
      Atomics.notify(control, 2);
    }
    Atomics.wait(control, 0, pass);
  }
}
