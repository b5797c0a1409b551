import { partsOf } from '../pass.js';
import { CHUNK_ITEMS, type FastLayout } from './fast-layout.js';
import { HelperThreads, instantiate, type ItemsCode } from './helper-threads.js';
import { runShard, type Items, type ShardLayout } from './shard.js';
import { wasm, type WasmMemory, type WasmModule } from './web-assembly.js';

export interface FastOptions {
  /** Threads including the caller's; the bits do not depend on it. */
  threads?: number;
  /** 'script' leaves the WebAssembly out. */
  path?: 'wasm' | 'script';
  /** The module to use; tests give a faulty one. */
  module?: WasmModule;
}

/** A kernel's functions in their three forms, for K classes. */
export interface ItemsProgram {
  classCount: number;
  module(): WasmModule;
  /** The text of a function of the memory that returns them in JavaScript. */
  source(): string;
  /** What both are checked against. */
  plain(memory: ArrayBufferLike): Items;
}

/** What a WebAssembly memory can address. */
const LIMIT_BYTES = 65536 * 65536;
/** How many numbers a check compares at most, about. */
const CHECKED_NUMBERS = 2 ** 20;
/** The forms round differently, so their numbers agree to about 1e-13 of the largest. */
const AGREEMENT = 1e-9;

/** Set once the WebAssembly of this process has been caught giving wrong numbers, as a Node 20 has been with another kernel. */
let distrusted = false;

/** A memory with the layout's codes in it; null where it does not fit in 4 GiB. */
export function memoryOf(layout: FastLayout): WasmMemory | null {
  if (layout.bytes > LIMIT_BYTES) return null;
  const pages = Math.ceil(layout.bytes / 65536);
  const memory = new wasm.Memory({ initial: pages, maximum: pages, shared: true });
  layout.fill(memory.buffer);
  return memory;
}

/**
 * All shards of a pass, on as many threads as are allowed. On passes 1, 2, 4, 8... it repeats a chunk in plain TypeScript, so
 * also when the engine has optimised the code; should they ever differ, it warns and goes on in JavaScript.
 */
export class ShardRunner {
  readonly warnings: string[] = [];
  private code: ItemsCode;
  private items: Items[];
  private helpers: HelperThreads | null;
  private pass = 0;

  constructor(private readonly memory: WasmMemory, private readonly layout: FastLayout, private readonly program: ItemsProgram, private readonly options: FastOptions) {
    this.code = { source: program.source() };
    if (options.path !== 'script') {
      if (distrusted && !options.module) this.warnings.push('the WebAssembly kernel gave wrong numbers earlier in this process; the JavaScript kernel ran instead');
      else this.code = { module: options.module ?? program.module() };
    }
    this.items = instantiate(this.code, memory);
    const helperCount = Math.min((options.threads ?? 1) - 1, layout.shards.shardStarts.length - 2);
    this.helpers = helperCount > 0 ? new HelperThreads(helperCount, memory, layout.shards, this.code) : null;
  }

  /** @param tell called now and then within a long pass, with the share that is done */
  run(tell?: (done: number) => void): void {
    const { memory, layout: { shards }, options, program } = this;
    this.pass++;
    if ('module' in this.code && Number.isInteger(Math.log2(this.pass)) && !this.isRight()) {
      if (!options.module) distrusted = true;
      this.warnings.push(`the WebAssembly kernel gave wrong numbers on iteration ${this.pass}; the JavaScript kernel took over`);
      this.close();
      this.code = { source: this.program.source() };
      this.items = instantiate(this.code, memory);
    }
    const chunkCount = shards.shardStarts.at(-1)!;
    const part = partsOf(chunkCount, program.classCount * CHUNK_ITEMS);
    const told = tell && ((chunk: number) => void (chunk % part === part - 1 && tell(chunk / chunkCount)));
    if (this.helpers) this.helpers.run(this.items, told);
    else for (let shard = 0; shard + 1 < shards.shardStarts.length; shard++) runShard(memory.buffer, this.items, shards, shard, told);
  }

  close(): void {
    this.helpers?.close();
    this.helpers = null;
  }

  /** Runs one chunk, another one each time, as it is and in plain TypeScript; true where all numbers agree. */
  private isRight(): boolean {
    const { memory, layout: { shards }, program: { classCount: K }, items, pass } = this;
    const u32 = new Uint32Array(memory.buffer);
    const f64 = new Float64Array(memory.buffer);
    const chunkCount = shards.shardStarts.at(-1)!;
    if (chunkCount === 0) return true;
    const at = shards.chunks / 4 + 4 * ((Math.imul(pass, 0x9e3779b1) >>> 0) % chunkCount);
    const [votes, codes, posteriors] = [u32[at]!, u32[at + 1]!, u32[at + 3]!];
    // Of many classes a few items are enough: with 4,000 the check of a whole chunk took as long as four passes.
    const itemCount = Math.min((u32[at + 2]! - codes) / shards.voteBytes / votes, Math.ceil(CHECKED_NUMBERS / ((votes + 1) * K)));
    const end = codes + shards.voteBytes * votes * itemCount;
    const rowsOfChunk = rowsIn(u32.subarray(codes / 4, end / 4), shards);
    const tally = shards.tallies / 8;
    // A kernel may read the posteriors it overwrites.
    const before = f64.slice(posteriors / 8, posteriors / 8 + itemCount * K);
    const numbersOf = (run: Items): Float64Array => {
      for (const row of rowsOfChunk) f64.fill(0, shards.counts / 8 + row, shards.counts / 8 + row + K);
      f64.fill(0, tally, tally + shards.tallied);
      run(codes, end, posteriors, shards.confusion, shards.counts, shards.priors, shards.tallies, votes);
      const numbers = new Float64Array((itemCount + rowsOfChunk.length) * K + shards.tallied + 1);
      numbers.set(f64.subarray(posteriors / 8, posteriors / 8 + itemCount * K));
      rowsOfChunk.forEach((row, vote) => numbers.set(f64.subarray(shards.counts / 8 + row, shards.counts / 8 + row + K), (itemCount + vote) * K));
      numbers.set(f64.subarray(tally, tally + shards.tallied), (itemCount + rowsOfChunk.length) * K);
      numbers[numbers.length - 1] = Math.log(f64[tally + shards.tallied]!) + f64[tally + shards.tallied + 1]! * Math.LN2;
      f64.set(before, posteriors / 8);
      return numbers;
    };
    const got = numbersOf(items[votes] ?? items[0]!);
    const expected = numbersOf(this.program.plain(memory.buffer));
    return got.every((value, i) => Math.abs(value - expected[i]!) <= AGREEMENT * Math.max(1, Math.abs(expected[i]!)));
  }
}

/** Where the rows of the coded votes start, in numbers from the first of all rows. */
function rowsIn(codes: Uint32Array, { voteBytes, confusion }: ShardLayout): Uint32Array {
  return voteBytes === 4 ? codes : codes.filter((_, i) => i % 2 === 0).map((address) => (address - confusion) / 8);
}

/** In the order of the shards, so that the bits are the same whoever computed them; those of the first become the sums of all. @returns the log-likelihood. */
export function addUpShards(memory: WasmMemory, { shards }: FastLayout, counts: Float64Array, classCounts: Float64Array): number {
  const f64 = new Float64Array(memory.buffer);
  let logLikelihood = 0;
  for (let shard = 0; shard + 1 < shards.shardStarts.length; shard++) {
    const tally = (shards.tallies + shard * shards.tallyBytes) / 8;
    logLikelihood += f64[tally + shards.tallied + 2]!;
    if (shard === 0) continue;
    const from = (shards.counts + shard * shards.countBytes) / 8;
    for (let i = 0; i < counts.length; i++) counts[i]! += f64[from + i]!;
    for (let k = 0; k < classCounts.length; k++) classCounts[k]! += f64[tally + k]!;
  }
  return logLikelihood;
}

/** N x K, of the items in the memory's order and of the others. */
export function inItemOrder(memory: WasmMemory, { items, others, posteriors }: FastLayout, otherPosteriors: Float64Array, K: number): Float64Array {
  const sorted = new Float64Array(memory.buffer, posteriors, items.length * K);
  const result = new Float64Array((items.length + others.length) * K);
  for (let place = 0; place < items.length; place++) for (let k = 0; k < K; k++) result[items[place]! * K + k] = sorted[place * K + k]!;
  for (let place = 0; place < others.length; place++) for (let k = 0; k < K; k++) result[others[place]! * K + k] = otherPosteriors[place * K + k]!;
  return result;
}
