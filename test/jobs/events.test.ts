import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Events, MISSED } from '../../src/events/events.service.js';
import { Latest } from '../../src/events/latest.js';
import { defineTopic } from '../../src/events/topic.js';
import { Config } from '../../src/platform/config.js';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { Outages } from '../../src/platform/database/outages.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';

const weather = defineTopic<{ place: number; text: string }>('weather');

let database: FreshDatabase;
let source: DataSource;
let teller: Events;
let hearer: Events;
let outages: Outages;

beforeAll(async () => {
  database = await freshDatabase();
  source = await new DataSource(dataSourceOptions(database.url, 4, 120_000)).initialize();
  // Two of them, as two processes would be.
  outages = new Outages(Config.read({ DATABASE_URL: database.url }));
  teller = new Events(source, outages);
  hearer = new Events(source, outages);
});

afterAll(async () => {
  await Promise.all([teller.beforeApplicationShutdown(), hearer.beforeApplicationShutdown(), outages.onApplicationShutdown()]);
  await source.destroy();
  await database.drop();
});

test('news of a committed transaction arrives in order, and of one rolled back never', async () => {
  const heard: unknown[] = [];
  const stop = await hearer.on(weather, (news) => heard.push(news));
  await expect(source.transaction(async (transaction) => {
    await teller.publish(weather, { place: 1, text: 'never was' }, transaction);
    throw new Error('rolled back');
  })).rejects.toThrow('rolled back');
  for (let n = 0; n < 50; n++) await teller.publish(weather, { place: n, text: '☀️ "quoted"' });
  await expect.poll(() => heard).toHaveLength(50);
  expect(heard).toEqual(Array.from({ length: 50 }, (_, n) => ({ place: n, text: '☀️ "quoted"' })));
  stop();
});

test('an iterator gives what matches only, and a slow reader meets the newest', async () => {
  const mine = await hearer.latest(weather, (news) => news.place === 7);
  for (const [place, text] of [[7, 'first'], [8, 'elsewhere'], [7, 'second'], [7, 'third']] as const) await teller.publish(weather, { place, text });
  const read: unknown[] = [];
  while (read.at(-1) !== 'third') {
    const { value } = await mine.next();
    expect(value).toMatchObject({ place: 7 });
    read.push((value as { text: string }).text);
  }
  const waiting = mine.next();
  await mine.return();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(await mine.next()).toEqual({ value: undefined, done: true });
});

test('a listener whose connection was cut hears again, and is told that it may have missed something', async () => {
  const heard: unknown[] = [];
  const stop = await hearer.on(weather, (news) => heard.push(news));
  const cut = new pg.Client({ connectionString: database.url });
  await cut.connect();
  await cut.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'assay events' and datname = current_database()`);
  await cut.end();
  await expect.poll(() => heard).toContain(MISSED);
  await teller.publish(weather, { place: 1, text: 'again' });
  await expect.poll(() => heard.at(-1)).toEqual({ place: 1, text: 'again' });
  stop();
});

test('news that NOTIFY could not carry is refused before it is sent', async () => {
  await expect(teller.publish(weather, { place: 1, text: 'x'.repeat(8000) })).rejects.toThrow(/send a key instead/);
});

test('an iterator that was ended takes nothing more', async () => {
  let ends = 0;
  const latest = new Latest<number>(() => ends++);
  latest.push(1);
  await latest.return();
  await latest.return();
  latest.push(2);
  expect(await latest.next()).toEqual({ value: undefined, done: true });
  expect(ends).toBe(1);
});
