import type { PassInput } from '../pass.js';
import { RESCALE_EVERY } from '../pass.js';
import { distinctItems } from '../distinct-items.js';
import type { SubtypeState } from '../subtypes/subtype-parameters.js';
import { addSubtypes, evenLikelihoods, SubtypePass, type SubtypeKernel, type SubtypeStart } from '../subtypes/subtype-pass.js';
import { fastLayout, type FastLayout } from './fast-layout.js';
import { plainItems } from './plain-items.js';
import { scriptItemsSource } from './script-items.js';
import { addUpShards, memoryOf, ShardRunner, type FastOptions, type ItemsProgram } from './shard-runner.js';
import { wasmItems } from './wasm-items.js';
import { compiledOnce, type WasmMemory } from './web-assembly.js';

/** Rows of up to so many numbers, classes times subtypes, are worked on in registers; above, the readable kernel, which leaves negligible ones out, is as fast. */
export const FAST_WIDTH = 20;

/** Smallest numbers are counted like all others: with all of a row in registers there is nothing to gain by leaving them out. */
const NEGLIGIBLE = -1;

const moduleOf = compiledOnce((width) => wasmItems(width, true));

/**
 * The pass of EBCC for many votes: Dawid-Skene's, as if each subtype were a class, with the memory, shards and threads of
 * `fastKernel`. Items with gold or candidate sets are left to the readable pass, which works on the same arrays.
 * @returns null above `FAST_WIDTH`, or where the votes do not fit in 4 GiB: use the readable kernel.
 */
export function subtypeKernel(input: PassInput, subtypes: number, start: SubtypeStart, options: FastOptions = {}): SubtypeKernel | null {
  const { itemOffsets, classCount: K } = input.votes;
  const width = K * subtypes;
  if (width > FAST_WIDTH) return null;
  const layout = fastLayout(input, { width });
  const memory = memoryOf(layout);
  if (!memory) return null;
  const runner = new ShardRunner(memory, layout, programOf(width), options);
  const state = stateIn(memory, layout, input.rows.labels.length * width, width);
  const f64 = new Float64Array(memory.buffer);
  const first = layout.posteriors / 8;
  layout.items.forEach((item, place) => {
    const at = first + place * width;
    start(item, f64, at);
    for (let i = 0; i < width; i++) {
      const r = f64[at + i]!;
      state.subtypeCounts[i]! += r;
      if (r > 0) for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) state.counts[input.rows.codes[vote]! * subtypes + i]! += r;
    }
  });
  const others = new SubtypePass(input, distinctItems(input, layout.others), subtypes, state, start);
  const before = new Float64Array(layout.items.length * width);
  let moved = Infinity;
  return {
    state,
    warnings: runner.warnings,
    get moved() { return moved; },
    run(full, tell) {
      if (full) keep(f64, first, before);
      runner.run(tell);
      const logEvidence = addUpShards(memory, layout, state.counts, state.subtypeCounts) + others.run(full);
      if (full) moved = Math.max(others.moved, greatestChange(before, f64, first));
      return logEvidence;
    },
    addPosteriors(posteriors) {
      layout.items.forEach((item, place) => addSubtypes(f64, first + place * width, subtypes, posteriors, item * K, K));
      others.addPosteriors(posteriors);
    },
    close: () => runner.close(),
  };
}

/** A loop, since slice() and set() copy memory that threads share a byte at a time. */
function keep(f64: Float64Array, first: number, before: Float64Array): void {
  for (let i = 0; i < before.length; i++) before[i] = f64[first + i]!;
}

function greatestChange(before: Float64Array, f64: Float64Array, first: number): number {
  let moved = 0;
  for (let i = 0; i < before.length; i++) {
    const change = Math.abs(f64[first + i]! - before[i]!);
    if (change > moved) moved = change;
  }
  return moved;
}

function programOf(width: number): ItemsProgram {
  return {
    classCount: width,
    module: () => moduleOf(width),
    source: () => scriptItemsSource(width),
    plain: (memory) => plainItems(memory, width, RESCALE_EVERY, NEGLIGIBLE),
  };
}

function stateIn(memory: WasmMemory, { shards }: FastLayout, entries: number, width: number): SubtypeState {
  return {
    likelihoods: evenLikelihoods(new Float64Array(memory.buffer, shards.confusion, entries)),
    start: new Float64Array(memory.buffer, shards.priors, width),
    // The first shard's sums become those of all.
    counts: new Float64Array(memory.buffer, shards.counts, entries),
    subtypeCounts: new Float64Array(memory.buffer, shards.tallies, width),
  };
}
