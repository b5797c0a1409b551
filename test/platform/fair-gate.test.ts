import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairGate } from '../../src/platform/lanes/fair-gate.js';

/** Lets what is due happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('has never more inside than its units, lets all in at last, and each tenant in the order of its coming', async () => {
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }).chain((units) => fc.tuple(fc.constant(units), fc.integer({ min: 1, max: units }))), fc.array(fc.record({ tenant: fc.integer({ min: 1, max: 4 }), units: fc.integer({ min: 1, max: 8 }), stay: fc.integer({ min: 0, max: 3 }) }), { maxLength: 40 }),
      async ([units, most], calls) => {
        const gate = new FairGate('calls', units, { most });
        const came: Record<number, number[]> = {};
        const entered: Record<number, number[]> = {};
        let inside = 0;
        const insideOf: Record<number, number> = {};
        await Promise.all(calls.map(async (call, i) => {
          (came[call.tenant] ??= []).push(i);
          const leave = await gate.enter(call.tenant, call.units);
          (entered[call.tenant] ??= []).push(i);
          const own = Math.min(call.units, most);
          inside += own;
          expect(inside).toBeLessThanOrEqual(units);
          expect(insideOf[call.tenant] = (insideOf[call.tenant] ?? 0) + own).toBeLessThanOrEqual(most);
          for (let turn = 0; turn < call.stay; turn++) await settle();
          inside -= own;
          insideOf[call.tenant]! -= own;
          leave();
          // Twice is once.
          leave();
        }));
        expect(entered).toEqual(came);
        expect(gate).toMatchObject({ waiting: 0, inUse: 0 });
      },
    ), { numRuns: 100 });
  });

  it('has a tenant with one call stand behind one call of another tenant, however many that one has in line', async () => {
    const gate = new FairGate('calls', 1);
    const order: string[] = [];
    const call = async (tenant: number, name: string) => {
      const leave = await gate.enter(tenant);
      order.push(name);
      await settle();
      leave();
    };
    const crowd = Array.from({ length: 50 }, (_, i) => call(1, `crowd ${i}`));
    await settle();
    await Promise.all([...crowd, call(2, 'small'), call(3, 'other')]);
    expect(order.indexOf('small')).toBeLessThanOrEqual(4);
    expect(order.indexOf('other')).toBeLessThanOrEqual(5);
    expect(order).toHaveLength(52);
  });

  it('leaves some for whoever else may come: a tenant alone has three quarters, and others pass its line', async () => {
    const gate = new FairGate('calls', 4);
    const leaves = [await gate.enter(1), await gate.enter(1), await gate.enter(1)];
    const fourth = gate.enter(1);
    await settle();
    expect(gate).toMatchObject({ inUse: 3, waiting: 1 });
    (await gate.enter(2))();
    leaves[0]!();
    (await fourth)();
    for (const units of [1, 2, 3, 4, 16, 64]) {
      const alone = new FairGate('calls', units);
      await alone.enter(1, 1000);
      expect([alone.units, alone.inUse]).toEqual([units, { 1: 1, 2: 1, 3: 2, 4: 3, 16: 12, 64: 48 }[units]]);
    }
  });

  it('waits for whoever is next, however large: small ones do not slip past', async () => {
    const gate = new FairGate('calls', 4, { most: 4 });
    const first = await gate.enter(1, 3);
    let largeIsIn = false;
    const large = gate.enter(2, 4).then((leave) => {
      largeIsIn = true;
      return leave;
    });
    const small = gate.enter(3, 1).then((leave) => {
      expect(largeIsIn).toBe(true);
      leave();
    });
    await settle();
    expect(gate).toMatchObject({ inUse: 3, waiting: 2 });
    first();
    (await large)();
    await small;
  });

  it('lets the thread turn to others between two who waited', async () => {
    const gate = new FairGate('documents', 1);
    const order: string[] = [];
    const call = async (name: string) => {
      const leave = await gate.enter(1);
      order.push(name);
      leave();
    };
    const leave = await gate.enter(1);
    const calls = [call('first'), call('second'), call('third')];
    leave();
    let turns = 0;
    const other = () => { if (turns++ < 3) setImmediate(() => { order.push('other'); other(); }); };
    other();
    await Promise.all(calls);
    // Never two of them without a turn between.
    expect(order.filter((name) => name !== 'other')).toEqual(['first', 'second', 'third']);
    for (const [one, next] of [['first', 'second'], ['second', 'third']] as const) expect(order.slice(order.indexOf(one) + 1, order.indexOf(next))).toContain('other');
  });

  it('forgets whoever has gone, and lets those behind in', async () => {
    const gate = new FairGate('calls', 2, { most: 2 });
    const leave = await gate.enter(1);
    const gone = new AbortController();
    const large = gate.enter(2, 2, gone.signal);
    const behind = gate.enter(3, 1);
    gone.abort(new Error('gone'));
    await expect(large).rejects.toThrow('gone');
    (await behind)();
    leave();
    await expect(gate.enter(2, 1, gone.signal)).rejects.toThrow('gone');
    expect(gate).toMatchObject({ waiting: 0, inUse: 0 });
  });

  it('refuses whoever has waited long enough, with when to come again', async () => {
    const gate = new FairGate('reads', 1, { patienceMs: 20 });
    const leave = await gate.enter(1);
    await expect(gate.enter(2)).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { retryAfterSeconds: 2 }, message: 'the server was busy with other reads for 0.02 s; try again' });
    leave();
    expect(gate).toMatchObject({ waiting: 0, inUse: 0 });
  });
});
