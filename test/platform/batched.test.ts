import { describe, expect, it } from 'vitest';
import { batched } from '../../src/platform/database/batched.js';

/** Batches that end when they are told to. */
function loads() {
  const batches: { keys: readonly number[]; end: (answers?: (number | Error)[]) => void; fail: (error: Error) => void }[] = [];
  const ask = batched<number, number>('a test', (keys) => new Promise((resolve, reject) => {
    batches.push({ keys, end: (answers) => resolve(answers ?? keys.map((key) => key * 10)), fail: reject });
  }));
  return { batches, ask };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what is asked in batches', () => {
  it('goes at once when nothing is under way, and together when a batch is', async () => {
    const { batches, ask } = loads();
    const first = ask(1);
    await turn();
    expect(batches.map((batch) => batch.keys)).toEqual([[1]]);
    const others = [ask(2), ask(3)];
    await turn();
    others.push(ask(2));
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]!.end();
    expect(await first).toBe(10);
    await turn();
    // Each is read after it was asked for: a key that is asked for twice is not answered from memory.
    expect(batches.map((batch) => batch.keys)).toEqual([[1], [2, 3, 2]]);
    batches[1]!.end();
    expect(await Promise.all(others)).toEqual([20, 30, 20]);
  });

  it('waits a moment for more to come after a crowd', async () => {
    const { batches, ask } = loads();
    const crowd = Promise.all([1, 2, 3, 4].map(ask));
    await turn();
    batches[0]!.end();
    await crowd;
    const later = [ask(5)];
    await turn();
    later.push(ask(6));
    await expect.poll(() => batches.map((batch) => batch.keys)).toEqual([[1, 2, 3, 4], [5, 6]]);
    batches[1]!.end();
    expect(await Promise.all(later)).toEqual([50, 60]);
  });

  it('fails for those of its batch alone, or for one key alone', async () => {
    const { batches, ask } = loads();
    const first = ask(1).catch((error: Error) => error.message);
    await turn();
    const others = [2, 3].map((key) => ask(key).catch((error: Error) => error.message));
    await turn();
    batches[0]!.fail(new Error('the database is gone'));
    expect(await first).toBe('the database is gone');
    await turn();
    batches[1]!.end([20, new Error('no such key')]);
    expect(await Promise.all(others)).toEqual([20, 'no such key']);
  });
});
