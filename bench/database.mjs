import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrateDatabase } from '../dist/src/platform/database/database.js';
import { startEmbeddedPostgres } from '../dist/src/platform/embedded-postgres/embedded-postgres.js';

/**
 * A migrated database `assay_bench`, made anew: on the server of DATABASE_URL, else on an embedded one in a temporary folder.
 * @returns its URL, that of the server, a client, a folder that goes with it, and `stop` for all of it.
 */
export async function openDatabase() {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const server = process.env.DATABASE_URL ? { url: process.env.DATABASE_URL, stop: async () => {} } : await startEmbeddedPostgres({ dataDir: folder });
  let client = null;
  const stop = async () => {
    await client?.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await newDatabase(server.url);
    client = new pg.Client({ connectionString: url });
    await client.connect();
    return { url, serverUrl: server.url, client, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function newDatabase(serverUrl) {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query('drop database if exists assay_bench');
  await admin.query('create database assay_bench');
  await admin.end();
  const url = new URL(serverUrl);
  url.pathname = '/assay_bench';
  await migrateDatabase(url.href);
  return url.href;
}
