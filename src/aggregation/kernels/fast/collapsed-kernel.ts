import { CollapsedPass, type CollapsedKernel, type CollapsedState } from '../collapsed/collapsed-pass.js';
import { NEGLIGIBLE, RESCALE_EVERY, SPARSE_ABOVE, type PassInput } from '../pass.js';
import { fastLayout, type FastLayout } from './fast-layout.js';
import { plainCollapsedItems } from './plain-collapsed-items.js';
import { addUpShards, inItemOrder, memoryOf, ShardRunner, type FastOptions, type ItemsProgram } from './shard-runner.js';
import { COLLAPSED_SCRATCH_BYTES, wasmCollapsedItems } from './wasm-collapsed-items.js';
import { compiledOnce, type WasmMemory } from './web-assembly.js';

const moduleOf = compiledOnce(wasmCollapsedItems);

/**
 * The collapsed pass for many votes, with the memory, shards and threads of `fastKernel`: new posteriors and their counts in
 * one go. Items with gold, candidate sets or an annotator's repeats are left to the readable pass.
 * @returns null where the votes do not fit in 4 GiB: use the readable kernel.
 */
export function collapsedKernel(input: PassInput, options: FastOptions = {}): CollapsedKernel | null {
  const { classCount: K, itemOffsets } = input.votes;
  const layout = fastLayout(input, { annotators: true, tallied: K + 1, scratchBytes: COLLAPSED_SCRATCH_BYTES });
  const memory = memoryOf(layout);
  if (!memory) return null;
  const runner = new ShardRunner(memory, layout, programOf(K), options);
  const state = stateIn(memory, layout, input);
  const others = new CollapsedPass(input, state, layout.others);
  const f64 = new Float64Array(memory.buffer);
  return {
    state,
    warnings: runner.warnings,
    begin(write) {
      layout.others.forEach((item, place) => write(item, others.posteriors, place * K));
      others.count();
      layout.items.forEach((item, place) => {
        const at = layout.posteriors / 8 + place * K;
        write(item, f64, at);
        for (let k = 0; k < K; k++) {
          const p = f64[at + k]!;
          state.classCounts[k]! += p;
          if (p > 0) for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) state.counts[input.rows.codes[vote]! + k]! += p;
        }
      });
    },
    run(tell) {
      runner.run(tell);
      const logLikelihood = addUpShards(memory, layout, state.counts, state.classCounts);
      const outcome = others.run();
      return { logLikelihood: logLikelihood + outcome.logLikelihood, moved: Math.max(outcome.moved, movedIn(f64, layout, K)) };
    },
    posteriors: () => inItemOrder(memory, layout, others.posteriors, K),
    close: () => runner.close(),
  };
}

function movedIn(f64: Float64Array, { shards }: FastLayout, K: number): number {
  let moved = 0;
  for (let shard = 0; shard + 1 < shards.shardStarts.length; shard++) moved = Math.max(moved, f64[(shards.tallies + shard * shards.tallyBytes) / 8 + K]!);
  return moved;
}

function programOf(K: number): ItemsProgram {
  const negligible = K > SPARSE_ABOVE ? NEGLIGIBLE : -1;
  return {
    classCount: K,
    module: () => moduleOf(K),
    source: () => `(memory) => [(${plainCollapsedItems.toString()})(memory, ${K}, ${RESCALE_EVERY}, ${negligible})]`,
    plain: (memory) => plainCollapsedItems(memory, K, RESCALE_EVERY, negligible),
  };
}

function stateIn(memory: WasmMemory, { shards }: FastLayout, { votes, rows }: PassInput): CollapsedState {
  const K = votes.classCount;
  const entries = rows.labels.length * K;
  return {
    terms: new Float64Array(memory.buffer, shards.confusion, entries + votes.annotatorCount * K),
    start: new Float64Array(memory.buffer, shards.priors, K + 1),
    // The first shard's sums become those of all.
    counts: new Float64Array(memory.buffer, shards.counts, entries),
    classCounts: new Float64Array(memory.buffer, shards.tallies, K),
  };
}
