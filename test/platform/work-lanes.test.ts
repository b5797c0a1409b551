import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkLanes } from '../../src/platform/lanes/work-lanes.js';

const large = { bodyBytes: 0, cost: 50_000 };
const small = { bodyBytes: 0, cost: 10 };

describe('large reads', () => {
  let lanes: WorkLanes;
  afterEach(() => lanes.onApplicationShutdown());

  /** How long a second one waits after a first that took 200 ms, ms. */
  async function pauseBetween(): Promise<number> {
    const leave = await lanes.enter('reads', 1, large);
    const second = lanes.enter('reads', 1, large);
    await sleep(200);
    const left = performance.now();
    leave();
    (await second)();
    return performance.now() - left;
  }

  it('leave those who label a pause as long as themselves', async () => {
    lanes = new WorkLanes();
    (await lanes.enter('votes', 2, small))();
    // Timers count whole milliseconds.
    expect(await pauseBetween()).toBeGreaterThan(195);
  });

  it('follow one another where nobody labels, and small ones wait for no pause', async () => {
    lanes = new WorkLanes();
    const order: string[] = [];
    const leave = await lanes.enter('reads', 1, large);
    const second = lanes.enter('reads', 1, large).then((done) => { order.push('second'); done(); });
    const later = sleep(0).then(() => { leave(); return new Promise((resolve) => setTimeout(resolve, 50)); }).then(() => order.push('a pause'));
    await Promise.all([second, later]);
    expect(order[0]).toBe('second');
    (await lanes.enter('votes', 2, small))();
    const first = await lanes.enter('reads', 1, large);
    await sleep(100);
    first();
    order.length = 0;
    const next = lanes.enter('reads', 1, large).then((done) => { order.push('large'); done(); });
    (await lanes.enter('reads', 2, small).then((done) => { order.push('small'); return done; }))();
    await next;
    expect(order).toEqual(['small', 'large']);
  });
});
