import { afterAll, expect, test } from 'vitest';
import { Compute } from '../../src/compute/compute.service.js';
import { PATIENCE_MS, until } from '../setup/until.js';

/** A task that counts up to `to`, telling each number; or fails as it is told; or never ends; or fills its heap; or tells its thread. */
const module = new URL(`data:text/javascript,${encodeURIComponent(`
import { threadId } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
const held = [];
const kinds = {
  heap: () => Array.from({ length: 3e6 }, (_, i) => ({ i })),
  array: () => new Float64Array(2e7).fill(1),
  webassembly: () => new WebAssembly.Memory({ initial: 2000 }),
};
export async function run({ to, fault, hang, fill, ms, thread, die, hold }, report) {
  if (thread) {
    if (hold) held.push(kinds[hold]());
    if (ms) await sleep(ms);
    if (die) setTimeout(() => process.exit(3), die);
    return threadId;
  }
  if (fault) throw Object.assign(new RangeError(fault), { code: 'E_TEST' });
  for (let n = 1; n <= to; n++) report(n);
  while (hang) Math.sqrt(2);
  const kept = [];
  while (fill) kept.push(new Array(1000).fill({}));
  return { counted: to };
}
`)}`);
const compute = new Compute();
afterAll(() => compute.onApplicationShutdown());

test('a task hands back its result, and its messages in the order it told them', async () => {
  const told: number[] = [];
  const result = await compute.run({ module, input: { to: 1000 }, onMessage: (n: number) => told.push(n) });
  expect(result).toEqual({ counted: 1000 });
  expect(told).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
});

test("a task's error arrives with its name, message and code", async () => {
  await expect(compute.run({ module, input: { fault: 'K is 1; give at least 2' } }))
    .rejects.toMatchObject({ name: 'RangeError', message: 'K is 1; give at least 2', code: 'E_TEST' });
});

test('cancelling ends a task that never looks up, and nothing is told afterwards', async () => {
  const stop = new AbortController();
  let told = 0;
  const running = compute.run({ module, input: { to: 1, hang: true }, onMessage: () => told++, signal: stop.signal });
  while (told === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('asked to'));
  await expect(running).rejects.toMatchObject({ name: 'AbortError', cause: new Error('asked to') });
  expect(told).toBe(1);
});

test('a task cancelled before its start is not started', async () => {
  const told: number[] = [];
  await expect(compute.run({ module, input: { to: 1 }, onMessage: (n: number) => told.push(n), signal: AbortSignal.abort() }))
    .rejects.toMatchObject({ name: 'AbortError' });
  expect(told).toEqual([]);
});

test('a task that outgrows its heap fails alone; the process goes on', async () => {
  await expect(compute.run({ module, input: { to: 0, fill: true }, maxHeapMegabytes: 30 }))
    .rejects.toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  expect(await compute.run({ module, input: { to: 1 } })).toEqual({ counted: 1 });
});

test('a module that is not there is an error that names it', async () => {
  await expect(compute.run({ module: new URL('./absent.mjs', import.meta.url), input: {} })).rejects.toThrow(/absent\.mjs/);
});

test('the thread of a small task takes the next one with the same bound, and never two at a time', async () => {
  const own = Compute.keeping({ keptMs: PATIENCE_MS, mostMegabytes: Infinity });
  const threadOf = (input: object = {}, maxHeapMegabytes?: number) => own.run<object, never, number>({ module, input: { thread: true, ...input }, maxHeapMegabytes });
  const first = await threadOf();
  expect(await threadOf()).toBe(first);
  expect(await threadOf({}, 200)).not.toBe(first);
  const many = await Promise.all([1, 2, 3, 4, 5, 6].map(() => threadOf({ ms: 100 })));
  expect(new Set(many).size).toBe(6);
  // Four of them are kept.
  const next = await Promise.all([1, 2, 3, 4, 5].map(() => threadOf({ ms: 100 })));
  expect(next.filter((one) => many.includes(one))).toHaveLength(4);
  own.onApplicationShutdown();
  expect([...many, ...next]).not.toContain(await threadOf());
});

test('the thread of a task that took much memory, whichever kind, failed, was cancelled or died since is not used again', async () => {
  const own = Compute.keeping({ keptMs: PATIENCE_MS, mostMegabytes: 100 });
  const threadOf = (input: object = {}) => own.run<object, never, number>({ module, input: { thread: true, ...input } });
  const used = [await threadOf({ ms: 1500 })];
  // However long it took.
  expect(await threadOf()).toBe(used[0]);
  for (const kind of ['heap', 'array', 'webassembly']) {
    expect(await threadOf({ hold: kind })).toBe(used.at(-1));
    const next = await threadOf();
    expect(used, kind).not.toContain(next);
    used.push(next);
  }
  const second = used.at(-1)!;
  await expect(own.run({ module, input: { fault: 'no' } })).rejects.toThrow('no');
  const third = await threadOf({ die: 50 });
  expect(third).not.toBe(second);
  await until(async () => await threadOf().catch(() => third) !== third, 'another thread in place of the one that died');
  own.onApplicationShutdown();
});
