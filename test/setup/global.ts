import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/platform/database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { databaseUrl, type TestServer } from './server.js';

/** Starts beside the tests, so that those without a database do not wait for it. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  const file = join(folder, 'server.json');
  project.provide('testServerFile', file);
  let server: EmbeddedPostgres | undefined;
  const started = start().then(
    (made) => announce(made),
    (error: Error) => announce({ fault: error.stack }),
  );

  async function start(): Promise<TestServer> {
    server = await startEmbeddedPostgres({ dataDir: folder, durable: false });
    const template = 'assay_template';
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`create database ${template}`);
    await client.end();
    await migrateDatabase(databaseUrl(server.url, template));
    return { url: server.url, template };
  }

  /** Renamed into place, so that no reader sees half of it. */
  async function announce(content: object): Promise<void> {
    await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  return async () => {
    await started;
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
