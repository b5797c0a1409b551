import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { databaseUrl, type TestServer } from './server.js';
import { PATIENCE_MS } from './until.js';

export interface FreshDatabase {
  url: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of the caller's own, cloned from the template. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = await testServer();
  return createDatabase(server, server.template);
}

/** A database without the schema; `options` are those of CREATE DATABASE. */
export async function bareDatabase(options = ''): Promise<FreshDatabase> {
  return createDatabase(await testServer(), `template0 ${options}`);
}

async function createDatabase(server: TestServer, template: string): Promise<FreshDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await query(server.url, `create database ${name} template ${template}`);
  return {
    url: databaseUrl(server.url, name),
    drop: () => dropDatabase(server, name),
  };
}

/** The server's own vacuum may be at work in it, and nobody may end that one: it is soon done. */
async function dropDatabase(server: TestServer, name: string): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try {
      return await query(server.url, `drop database if exists ${name} with (force)`);
    } catch (error) {
      if (Date.now() > until || (error as { code?: string }).code !== '42501') throw error;
      await sleep(200);
    }
  }
}

async function testServer(): Promise<TestServer> {
  const file = inject('testServerFile');
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) {
      if (Date.now() > until) throw new Error(`the test database did not start within ${PATIENCE_MS / 1000} s`);
      continue;
    }
    const server = JSON.parse(text) as TestServer | { fault: string };
    if ('fault' in server) throw new Error(`the test database did not start: ${server.fault}`);
    return server;
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
