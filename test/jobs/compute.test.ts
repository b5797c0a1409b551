import { expect, test } from 'vitest';
import { Compute } from '../../src/compute/compute.service.js';

/** A task that counts up to `to`, telling each number; or fails as it is told; or never ends; or fills its heap. */
const module = new URL(`data:text/javascript,${encodeURIComponent(`
export async function run({ to, fault, hang, fill }, report) {
  if (fault) throw Object.assign(new RangeError(fault), { code: 'E_TEST' });
  for (let n = 1; n <= to; n++) report(n);
  while (hang) Math.sqrt(2);
  const kept = [];
  while (fill) kept.push(new Array(1000).fill({}));
  return { counted: to };
}
`)}`);
const compute = new Compute();

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
