import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Budget, within } from '../../src/platform/budget.js';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { currentPlace, inPlace, readInPlace, type Lane } from '../../src/platform/place.js';
import { bareDatabase, type FreshDatabase } from '../setup/database.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await bareDatabase();
  source = await new DataSource(dataSourceOptions(database.url, { votes: 1, reads: 2, bulk: 1, background: 1 }, 60_000)).initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const ask = (lane: Lane, text = 'select pg_backend_pid() as pid', workspaceId = 1) => inPlace({ lane, workspaceId }, () => source.query<{ pid: number }[]>(text));

describe('the connections of a lane', () => {
  it('are its own: while all reads stand, votes and the work of the service go on', async () => {
    const runners = await Promise.all([1, 2].map(async (workspaceId) => inPlace({ lane: 'reads', workspaceId }, async () => {
      const runner = source.createQueryRunner();
      await runner.connect();
      return runner;
    })));
    const third = ask('reads');
    expect(await ask('votes')).toHaveLength(1);
    expect(await source.query('select 1 as one')).toEqual([{ one: 1 }]);
    await source.transaction(async (transaction) => expect(await transaction.query('select 2 as two')).toEqual([{ two: 2 }]));
    await runners[0]!.release();
    expect(await third).toHaveLength(1);
    await runners[1]!.release();
  });

  it('are given to workspaces in turn', async () => {
    const order: number[] = [];
    const leave = await inPlace({ lane: 'votes', workspaceId: 1 }, async () => {
      const runner = source.createQueryRunner();
      await runner.connect();
      return () => runner.release();
    });
    const calls = [...Array.from({ length: 20 }, () => 1), 2].map((workspace) => ask('votes', 'select 1', workspace).then(() => order.push(workspace)));
    await leave();
    await Promise.all(calls);
    expect(order.indexOf(2)).toBeLessThanOrEqual(2);
  });

  it('are of the place that rows are read for, whoever asks for the next of them', async () => {
    const places = async function* () { for (;;) yield currentPlace(); };
    const iterator = readInPlace({ lane: 'bulk', workspaceId: 7 }, places())[Symbol.asyncIterator]();
    for (let time = 0; time < 3; time++) expect((await iterator.next()).value).toEqual({ lane: 'bulk', workspaceId: 7 });
    expect(currentPlace()).toEqual({ lane: 'background', workspaceId: 0 });
    await iterator.return!();
    expect((await iterator.next()).done).toBe(true);
  });

  it('are not waited for by whoever has gone, and a statement that fails gives its own back', async () => {
    const runner = await inPlace({ lane: 'bulk', workspaceId: 1 }, async () => {
      const taken = source.createQueryRunner();
      await taken.connect();
      return taken;
    });
    const budget = new Budget({ cost: 1, bytes: 1, milliseconds: 60_000 });
    const waiting = within(budget.signal, () => ask('bulk'));
    budget.abandon();
    await expect(waiting).rejects.toThrow('the caller has gone');
    budget.end();
    await runner.release();
    for (let i = 0; i < 3; i++) await expect(ask('bulk', 'select nonsense')).rejects.toThrow('nonsense');
    expect(await ask('bulk')).toHaveLength(1);
  });
});
