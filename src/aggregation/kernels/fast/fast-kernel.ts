import { fastLayout, type FastLayout } from './fast-layout.js';
import { LEAST_PRIOR, NEGLIGIBLE, referencePass, RESCALE_EVERY, SPARSE_ABOVE, type PassInput, type PassKernel, type PassState } from '../pass.js';
import { plainItems } from './plain-items.js';
import { scriptItemsSource } from './script-items.js';
import { addUpShards, inItemOrder, memoryOf, ShardRunner, type FastOptions, type ItemsProgram } from './shard-runner.js';
import { UNROLLED_CLASSES, wasmItems } from './wasm-items.js';
import { compiledOnce, type WasmMemory } from './web-assembly.js';

export type { FastOptions };

const moduleOf = compiledOnce(wasmItems);

/**
 * The kernel for many votes: 512 items of equal vote count a call, E and M step fused, in WebAssembly with two doubles an
 * instruction, checked by the runner as it goes.
 * @returns null where the votes do not fit in 4 GiB: use the reference kernel.
 */
export function fastKernel(input: PassInput, options: FastOptions = {}): PassKernel | null {
  const layout = fastLayout(input);
  const memory = memoryOf(layout);
  if (!memory) return null;
  const { classCount: K } = input.votes;
  const runner = new ShardRunner(memory, layout, programOf(K), options);
  const state = stateIn(memory, layout, input);
  // Without other items the codes in the input are not needed again: 4 bytes a vote.
  const others = layout.others.length > 0 ? input : null;
  const otherPosteriors = new Float64Array(layout.others.length * K);
  return {
    state,
    warnings: runner.warnings,
    run(tell) {
      for (let k = 0; k < K; k++) state.classPriors[k] = Math.max(LEAST_PRIOR, state.classPriors[k]!);
      runner.run(tell);
      const logLikelihood = addUpShards(memory, layout, state.counts, state.classCounts);
      return others ? logLikelihood + referencePass(others, state, layout.others, otherPosteriors) : logLikelihood;
    },
    posteriors: () => inItemOrder(memory, layout, otherPosteriors, K),
    close: () => runner.close(),
  };
}

function programOf(K: number): ItemsProgram {
  const negligible = K > SPARSE_ABOVE ? NEGLIGIBLE : -1;
  return {
    classCount: K,
    module: () => moduleOf(K),
    source: () => (K <= UNROLLED_CLASSES ? scriptItemsSource(K) : `(memory) => [(${plainItems.toString()})(memory, ${K}, ${RESCALE_EVERY}, ${negligible})]`),
    plain: (memory) => plainItems(memory, K, RESCALE_EVERY, negligible),
  };
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
