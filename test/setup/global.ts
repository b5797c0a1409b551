import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/platform/database/database.js';
import { isAlive } from '../../src/platform/embedded-postgres/cluster.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { databaseUrl, type TestServer } from './server.js';

const PREFIX = 'assay-test-';

/** Starts beside the tests, so that those without a database do not wait for it. */
export default async function setup(project: TestProject) {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
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

/** Servers and folders of test runs that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    // What a killed process leaves running, the next start takes over.
    await startEmbeddedPostgres({ dataDir: folder, durable: false }).then((server) => server.stop(), () => undefined);
    // Another run may be at it, too.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
