import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/platform/config.js';
import { Prepared } from '../../src/platform/database/prepared.js';
import { bareDatabase, type FreshDatabase } from '../setup/database.js';

let database: FreshDatabase;
let prepared: Prepared;
beforeAll(async () => {
  database = await bareDatabase();
  prepared = new Prepared(Config.read({ DATABASE_URL: database.url, DATABASE_POOL: '9' }));
});
afterAll(async () => {
  await prepared.onApplicationShutdown();
  await database.drop();
});

describe('a prepared statement', () => {
  it('goes by its index for ever, though its table was empty when it was planned', async () => {
    await prepared.query('create table grown (id int primary key, body text)', []);
    await prepared.query('vacuum analyze grown', []);
    const read = 'select body from grown where id = $1';
    expect(await prepared.query(read, [7])).toEqual([]);
    await prepared.query(`insert into grown select id, 'body ' || id from generate_series(1, 20000) as id`, []);
    expect(await prepared.query(read, [7])).toEqual([{ body: 'body 7' }]);
    const plan = await prepared.query<{ 'QUERY PLAN': string }>(`explain ${read.replace('$1', '7')}`, []);
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Scan using grown_pkey');
    const [statement] = await prepared.query<{ custom: number }>(`select custom_plans::int as custom from pg_prepared_statements where statement = $1`, [read]);
    expect(statement).toEqual({ custom: 0 });
  });
});
