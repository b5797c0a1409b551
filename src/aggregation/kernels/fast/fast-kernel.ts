import { fastLayout, type FastLayout } from './fast-layout.js';
import { HelperThreads, instantiate, type ItemsCode } from './helper-threads.js';
import { LEAST_PRIOR, NEGLIGIBLE, referencePass, RESCALE_EVERY, SPARSE_ABOVE, type PassInput, type PassKernel, type PassState } from '../pass.js';
import { plainItems } from './plain-items.js';
import { scriptItemsSource } from './script-items.js';
import { runShard, type Items } from './shard.js';
import { UNROLLED_CLASSES, wasmItems } from './wasm-items.js';
import { wasm, type WasmMemory, type WasmModule } from './web-assembly.js';

export interface FastOptions {
  /** Threads including the caller's; the bits do not depend on it. */
  threads?: number;
  /** 'script' leaves the WebAssembly out. */
  path?: 'wasm' | 'script';
  /** The module to use; tests give a faulty one. */
  module?: WasmModule;
}

/** What a WebAssembly memory can address. */
const LIMIT_BYTES = 65536 * 65536;
/** The kernels round differently, so their numbers agree to about 1e-13 of the largest. */
const AGREEMENT = 1e-9;

const modules = new Map<number, WasmModule>();
/** Set once the WebAssembly of this process has been caught giving wrong numbers, as a Node 20 has been with another kernel. */
let distrusted = false;

/**
 * The kernel for many votes: 512 items of equal vote count a call, E and M step fused, in WebAssembly with two doubles an
 * instruction. On passes 1, 2, 4, 8... it repeats a chunk in plain TypeScript, so also when the engine has optimised the code;
 * should they ever differ, it warns and goes on in JavaScript.
 * @returns null where the votes do not fit in 4 GiB: use the reference kernel.
 */
export function fastKernel(input: PassInput, options: FastOptions = {}): PassKernel | null {
  const layout = fastLayout(input);
  if (layout.bytes > LIMIT_BYTES) return null;
  const { itemCount: N, classCount: K } = input.votes;
  const pages = Math.ceil(layout.bytes / 65536);
  const memory = new wasm.Memory({ initial: pages, maximum: pages, shared: true });
  layout.fill(memory.buffer);

  const warnings: string[] = [];
  let code: ItemsCode = { source: sourceOf(K) };
  if (options.path !== 'script') {
    if (distrusted && !options.module) warnings.push('the WebAssembly kernel gave wrong numbers earlier in this process; the JavaScript kernel ran instead');
    else code = { module: options.module ?? moduleOf(K) };
  }
  let items = instantiate(code, memory);
  const helperCount = Math.min((options.threads ?? 1) - 1, layout.shards.shardStarts.length - 2);
  let helpers = helperCount > 0 ? new HelperThreads(helperCount, memory, layout.shards, code) : null;

  const state = stateIn(memory, layout, input);
  // Without other items the codes in the input are not needed again: 4 bytes a vote.
  const others = layout.others.length > 0 ? input : null;
  const otherPosteriors = new Float64Array(layout.others.length * K);
  const check = chunkCheck(memory, layout, K);
  let pass = 0;
  return {
    state,
    warnings,
    run() {
      pass++;
      for (let k = 0; k < K; k++) state.classPriors[k] = Math.max(LEAST_PRIOR, state.classPriors[k]!);
      if ('module' in code && Number.isInteger(Math.log2(pass)) && !check(items, pass)) {
        if (!options.module) distrusted = true;
        warnings.push(`the WebAssembly kernel gave wrong numbers on iteration ${pass}; the JavaScript kernel took over`);
        helpers?.close();
        helpers = null;
        code = { source: sourceOf(K) };
        items = instantiate(code, memory);
      }
      if (helpers) helpers.run(items);
      else for (let shard = 0; shard + 1 < layout.shards.shardStarts.length; shard++) runShard(memory.buffer, items, layout.shards, shard);
      const logLikelihood = addUpShards(memory, layout, state);
      return others ? logLikelihood + referencePass(others, state, layout.others, otherPosteriors) : logLikelihood;
    },
    posteriors: () => inItemOrder(memory, layout, otherPosteriors, K, N),
    close: () => helpers?.close(),
  };
}

function moduleOf(K: number): WasmModule {
  let module = modules.get(K);
  if (!module) modules.set(K, (module = new wasm.Module(wasmItems(K))));
  return module;
}

function sourceOf(K: number): string {
  if (K <= UNROLLED_CLASSES) return scriptItemsSource(K);
  return `(memory) => [(${plainItems.toString()})(memory, ${K}, ${RESCALE_EVERY}, ${negligible(K)})]`;
}

function negligible(K: number): number {
  return K > SPARSE_ABOVE ? NEGLIGIBLE : -1;
}

function stateIn(memory: WasmMemory, { shards }: FastLayout, { votes, rows }: PassInput): PassState {
  const K = votes.classCount;
  const entries = rows.labels.length * K;
  return {
    confusion: new Float64Array(memory.buffer, shards.confusion, entries),
    classPriors: new Float64Array(memory.buffer, shards.priors, K),
    // The first shard's sums become those of all.
    counts: new Float64Array(memory.buffer, shards.counts, entries),
    classCounts: new Float64Array(memory.buffer, shards.tallies, K),
  };
}

/** In the order of the shards, so that the bits are the same whoever computed them. */
function addUpShards(memory: WasmMemory, { shards }: FastLayout, { counts, classCounts }: PassState): number {
  const f64 = new Float64Array(memory.buffer);
  const K = shards.classCount;
  let logLikelihood = 0;
  for (let shard = 0; shard + 1 < shards.shardStarts.length; shard++) {
    const tally = (shards.tallies + shard * shards.tallyBytes) / 8;
    logLikelihood += f64[tally + K + 2]!;
    if (shard === 0) continue;
    const from = (shards.counts + shard * shards.countBytes) / 8;
    for (let i = 0; i < counts.length; i++) counts[i]! += f64[from + i]!;
    for (let k = 0; k < K; k++) classCounts[k]! += f64[tally + k]!;
  }
  return logLikelihood;
}

/** Runs one chunk, another one each time, by the given functions and in plain TypeScript; true where all numbers agree. */
function chunkCheck(memory: WasmMemory, { shards }: FastLayout, K: number): (items: Items[], pass: number) => boolean {
  const f64 = new Float64Array(memory.buffer);
  const u32 = new Uint32Array(memory.buffer);
  const plain = plainItems(memory.buffer, K, RESCALE_EVERY, negligible(K));
  const chunkCount = shards.shardStarts.at(-1)!;
  return (items, pass) => {
    if (chunkCount === 0) return true;
    const at = shards.chunks / 4 + 4 * ((Math.imul(pass, 0x9e3779b1) >>> 0) % chunkCount);
    const [votes, codes, end, posteriors] = [u32[at]!, u32[at + 1]!, u32[at + 2]!, u32[at + 3]!];
    const itemCount = (end - codes) / 4 / votes;
    const rowsOfChunk = u32.subarray(codes / 4, end / 4);
    const numbersOf = (run: Items): Float64Array => {
      for (const row of rowsOfChunk) f64.fill(0, shards.counts / 8 + row, shards.counts / 8 + row + K);
      f64.fill(0, shards.tallies / 8, shards.tallies / 8 + K);
      run(codes, end, posteriors, shards.confusion, shards.counts, shards.priors, shards.tallies, votes);
      const numbers = new Float64Array((itemCount + rowsOfChunk.length + 1) * K + 1);
      numbers.set(f64.subarray(posteriors / 8, posteriors / 8 + itemCount * K));
      rowsOfChunk.forEach((row, vote) => numbers.set(f64.subarray(shards.counts / 8 + row, shards.counts / 8 + row + K), (itemCount + vote) * K));
      numbers.set(f64.subarray(shards.tallies / 8, shards.tallies / 8 + K), (itemCount + rowsOfChunk.length) * K);
      numbers[numbers.length - 1] = Math.log(f64[shards.tallies / 8 + K]!) + f64[shards.tallies / 8 + K + 1]! * Math.LN2;
      return numbers;
    };
    const got = numbersOf(items[votes] ?? items[0]!);
    const expected = numbersOf(plain);
    return got.every((value, i) => Math.abs(value - expected[i]!) <= AGREEMENT * Math.max(1, Math.abs(expected[i]!)));
  };
}

function inItemOrder(memory: WasmMemory, { items, others, posteriors }: FastLayout, otherPosteriors: Float64Array, K: number, N: number): Float64Array {
  const sorted = new Float64Array(memory.buffer, posteriors, items.length * K);
  const result = new Float64Array(N * K);
  for (let place = 0; place < items.length; place++) for (let k = 0; k < K; k++) result[items[place]! * K + k] = sorted[place * K + k]!;
  for (let place = 0; place < others.length; place++) for (let k = 0; k < K; k++) result[others[place]! * K + k] = otherPosteriors[place * K + k]!;
  return result;
}
