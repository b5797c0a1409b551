import { setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';
import { beyondRequests } from '../budget.js';
import { currentTrace, spanned, spannedForAll, type Trace } from '../trace.js';

/** So many at once are a crowd. A statement costs what several of its keys do; so the next one waits for more of them to come. */
const CROWD = 4;
const CROWD_PAUSE_MS = 2;

/**
 * Answers for keys, many by one statement when they are asked in a crowd: what is asked while a batch is under way goes into
 * the next one. Asked alone, each goes at once. Nothing is remembered: every answer is read after it was asked for.
 * @param name what is asked, as traces name it
 * @param load an answer or an Error for each key, in their order
 */
export function batched<K, V>(name: string, load: (keys: readonly K[]) => Promise<ArrayLike<V | Error>>): (key: K) => Promise<V> {
  let before: Promise<unknown> = Promise.resolve();
  const loader = new DataLoader<{ key: K; trace: Trace | null }, V>((asked) => {
    const keys = asked.map(({ key }) => key);
    // For several callers: the end of one must not cancel what the others wait for.
    const answers = beyondRequests(() => spannedForAll(`${name}, together`, asked.map(({ trace }) => trace), () => load(keys)));
    const answered = answers.catch(() => undefined);
    before = keys.length < CROWD ? answered : answered.then(() => sleep(CROWD_PAUSE_MS));
    return answers;
  }, { cache: false, maxBatchSize: 100, batchScheduleFn: (dispatch) => void before.then(dispatch) });
  return (key) => spanned(name, {}, () => loader.load({ key, trace: currentTrace() }));
}

/** The same, group by group: those of one group are asked together, and wait for no other group's. */
export function batchedBy<K, V>(name: string, groupOf: (key: K) => number, load: (keys: readonly K[]) => Promise<ArrayLike<V | Error>>): (key: K) => Promise<V> {
  const groups = new Map<number, { ask: (key: K) => Promise<V>; asked: number }>();
  return async (key) => {
    const id = groupOf(key);
    let group = groups.get(id);
    if (!group) groups.set(id, group = { ask: batched(name, load), asked: 0 });
    group.asked++;
    try {
      return await group.ask(key);
    } finally {
      if (--group.asked === 0) groups.delete(id);
    }
  };
}
