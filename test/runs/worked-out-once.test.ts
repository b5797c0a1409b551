import { expect, it } from 'vitest';
import { inPlace } from '../../src/platform/place.js';
import { WorkedOutOnce } from '../../src/runs/evaluation/worked-out-once.js';

const of = <T>(workspaceId: number, work: () => T): T => inPlace({ lane: 'reads', workspaceId }, work);

/** Work that ends when it is told to; `begun` names what was begun, in order. */
function desk() {
  const once = new WorkedOutOnce();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (workspaceId: number, key: string) => of(workspaceId, () => once.share(key, 'figures', () => {
    begun.push(key);
    return new Promise<string>((resolve) => ends.set(key, () => resolve(key)));
  }));
  const end = async (key: string) => {
    await expect.poll(() => begun).toContain(key);
    ends.get(key)!();
  };
  return { once, begun, ask, end };
}

it('is worked out once for all who ask, one thing at a time', async () => {
  const { begun, ask, end } = desk();
  const asked = [ask(1, 'a'), ask(1, 'a'), ask(1, 'b')];
  await end('a');
  await end('b');
  expect(await Promise.all(asked)).toEqual(['a', 'a', 'b']);
  expect(begun).toEqual(['a', 'b']);
});

it('a workspace that asks for much is told to come back, and others have their turn after one more of its own at most', async () => {
  const { begun, ask, end } = desk();
  const many = Array.from({ length: 16 }, (_, n) => ask(1, `many ${n}`));
  expect(() => ask(1, 'one too many')).toThrow('16 figures and the like are being worked out already; ask for this one again in a while');
  const other = ask(2, 'other');
  await end('many 0');
  await end('many 1');
  await end('other');
  expect(await other).toBe('other');
  expect(begun.slice(0, 3)).toEqual(['many 0', 'many 1', 'other']);
  for (let n = 2; n < 16; n++) await end(`many ${n}`);
  await Promise.all(many);
  const again = ask(1, 'again');
  await end('again');
  expect(await again).toBe('again');
});

it('a stop ends what is under way and what waits, in words', async () => {
  const once = new WorkedOutOnce();
  const asked = ['a', 'b'].map((key) => of(1, () => once.share(key, 'figures', (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))))));
  once.onModuleDestroy();
  for (const one of asked) await expect(one).rejects.toThrow('the server stops; ask again');
});

it('what fails is not kept', async () => {
  const once = new WorkedOutOnce();
  await expect(once.share('a', 'figures', () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(await once.share('a', 'figures', () => Promise.resolve(7))).toBe(7);
});
