import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connection } from '../../src/platform/database/connection.js';
import { migrateDatabase } from '../../src/platform/database/database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { Budget, within } from '../../src/platform/budget.js';
import { isOutage } from '../../src/platform/outage.js';
import { endless, manyVotes, newCrowd, runToEnd, startRun } from '../runs/crowd.js';
import { start } from '../setup/process.js';
import { startOn, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

const certificate = (name: string) => fileURLToPath(new URL(`./certificates/${name}`, import.meta.url));

/** Stands before the server and notes how each connection begins: nothing else of it can be read, if all is well. */
class Listener {
  readonly beginnings: Buffer[][] = [];
  private readonly open: Socket[] = [];

  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<Listener> {
    const server = createServer();
    const listener = new Listener(server);
    server.on('connection', (near) => {
      const heard: Buffer[] = [];
      listener.beginnings.push(heard);
      const far = connect(port, '127.0.0.1');
      listener.open.push(near, far);
      near.on('data', (chunk: Buffer) => { if (heard.length < 2) heard.push(Buffer.from(chunk.subarray(0, 16))); });
      for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => undefined).on('close', () => other.destroy()).pipe(other);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** What asks for TLS, and then a handshake; a statement's or a cancel's own first bytes are others. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const isEncrypted = ([request, handshake]: Buffer[]) => request!.equals(SSL_REQUEST) && handshake?.[0] === 22;

let folder: string;
let postgres: EmbeddedPostgres;
let operator: Connection;
let listener: Listener;

/** A server that lets the service's account in by TLS alone, with a certificate for localhost. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-tls-'));
  postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
  const data = join(folder, 'postgres', 'data');
  const { uid, gid } = await stat(data);
  for (const [from, to] of [['localhost.pem', 'server.crt'], ['localhost.for-tests-only.key', 'server.key']] as const) {
    await writeFile(join(data, to), await readFile(certificate(from)), { mode: 0o600 });
    await chown(join(data, to), uid, gid);
  }
  await writeFile(join(data, 'pg_hba.conf'), 'hostssl all assay 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 scram-sha-256\n');
  const asOperator = new URL(postgres.url);
  asOperator.username = 'postgres';
  asOperator.password = await readFile(join(folder, 'postgres', 'password'), 'utf8');
  operator = await Connection.open(asOperator.href, 'the operator');
  await operator.query(`alter system set ssl = 'on'`);
  await operator.query('select pg_reload_conf()');
  listener = await Listener.before(Number(asOperator.port));
  await until(async () => migrateDatabase(urlBy('localhost')).then(() => true, (error: Error) => {
    if (!error.message.includes('no TLS')) throw error;
  }), 'a server that has read its configuration');
});
afterAll(async () => {
  await operator.end();
  await listener.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function urlBy(host: string, ca = 'ca.pem', mode = 'verify-full'): string {
  const url = new URL(postgres.url);
  url.host = `${host}:${listener.port}`;
  url.search = new URLSearchParams({ sslmode: mode, ...(mode !== 'disable' && { sslrootcert: certificate(ca) }) }).toString();
  return url.href;
}

describe('with sslmode=verify-full', () => {
  let service: Service;
  /** Names of our connections as they were seen; of those that were not encrypted, with that. */
  const seen = new Set<string>();
  let watching = true;
  let watch: Promise<void>;

  beforeAll(async () => {
    watch = (async () => {
      while (watching) {
        const { rows } = await operator.query<{ name: string; ssl: boolean }>(
          `select application_name as name, ssl from pg_stat_activity join pg_stat_ssl using (pid) where usename = 'assay' and application_name <> ''`,
        );
        for (const { name, ssl } of rows) seen.add(ssl ? name : `${name}, not encrypted`);
        await sleep(5);
      }
    })();
    service = await startOn(urlBy('localhost'));
  });
  afterAll(async () => {
    await service.stop();
    watching = false;
    await watch;
  });

  it('votes, runs, downloads and commands have all of their connections encrypted', async () => {
    const { projectId } = await newCrowd(service, manyVotes);
    const run = await startRun(service, projectId, endless);
    await until(() => seen.has('assay run'), "a run's own connection");
    await service.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id } } }`, { id: run });
    await runToEnd(service, projectId);
    await service.data(`mutation ($id: ID!) { nextItems(input: { projectId: $id, annotator: "new" }) { leases { item } } }`, { id: projectId });
    const download = await service.http().get(`/projects/${projectId}/votes.csv`).set('authorization', `Bearer ${service.key}`);
    expect(download.text.trim().split('\n')).toHaveLength(20_001);
    expect((await service.http().get('/readyz')).status).toBe(200);
    const verify = start('cli.js', ['verify'], { DATABASE_URL: urlBy('localhost') });
    expect(await verify.exit, verify.output()).toBe(0);
    // TypeORM's pool, which pg-boss shares; and those of our own.
    await until(() => ['assay', 'assay prepared', 'assay downloads', 'assay events', 'assay run', 'assay ready', 'assay rescore'].every((name) => seen.has(name)), 'connections of every kind');
    expect([...seen].filter((name) => name.endsWith('not encrypted'))).toEqual([]);
    expect(listener.beginnings.length).toBeGreaterThan(10);
    expect(listener.beginnings.filter((one) => !isEncrypted(one))).toEqual([]);
  });

  it('a statement that is cut is cancelled at the server by an encrypted connection', async () => {
    const before = listener.beginnings.length;
    const budget = new Budget({ cost: 1, bytes: 1, milliseconds: 500 });
    const cut = await within(budget.signal, () => service.source.query('select pg_sleep(170)')).then(() => null, (error: Error) => error.message);
    // Its own time limit is minutes away, and would be told as one.
    expect(cut).toBe('canceling statement due to user request');
    const begun = listener.beginnings.slice(before);
    expect(begun.length).toBeGreaterThan(0);
    expect(begun.filter((one) => !isEncrypted(one))).toEqual([]);
  });
});

describe('a start is refused, without the password, where', () => {
  it.each([
    ['the certificate is of another CA', () => urlBy('localhost', 'other-ca.pem'), /^the database assay at localhost:\d+ cannot be reached: its certificate is not signed by a CA that this process trusts \(.+\); let sslrootcert in DATABASE_URL name the file of the CA that signed it$/],
    ['it is for another host', () => urlBy('127.0.0.1'), /^the database assay at 127.0.0.1:\d+ cannot be reached: its certificate is for another host \(.+127\.0\.0\.1.+\); let DATABASE_URL name the host as the certificate does/],
    ['the file of the CA is not there', () => urlBy('localhost', 'no-such.pem'), /^the database cannot be reached: the file \S+no-such\.pem that DATABASE_URL names cannot be read \(ENOENT\)$/],
    ['the server lets nobody in without TLS', () => urlBy('localhost', 'ca.pem', 'disable'), /^the database assay at localhost:\d+ cannot be reached: no pg_hba.conf entry .*no encryption/],
  ])('%s', async (_, url, message) => {
    const error = await migrateDatabase(url()).then(() => null, (thrown: Error) => thrown);
    expect(error!.message).toMatch(message);
    expect(error!.message).not.toContain(new URL(postgres.url).password);
    const { exit, output } = start('main.js', [], { DATABASE_URL: url(), PORT: '0' });
    expect(await exit).toBe(1);
    expect(output()).toContain(`assay: ${error!.message}\n`);
  });

  it('the server speaks no TLS', async () => {
    const plain = new URL(postgres.url);
    plain.host = `localhost:${listener.port}`;
    plain.search = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: certificate('ca.pem') }).toString();
    await operator.query(`alter system set ssl = 'off'`);
    await operator.query('select pg_reload_conf()');
    await expect.poll(() => migrateDatabase(plain.href).then(() => 'it was let in', (error: Error) => error.message)).toMatch(/cannot be reached: it speaks no TLS, which sslmode in DATABASE_URL asks for; set ssl = on there$/);
    await operator.query(`alter system set ssl = 'on'`);
    await operator.query('select pg_reload_conf()');
  });
});

describe('while it runs', () => {
  it('a certificate that will do no more is an outage, not a fault of ours', async () => {
    for (const url of [urlBy('localhost', 'other-ca.pem'), urlBy('127.0.0.1')]) {
      const error = await Connection.open(url, 'a test').catch((thrown: unknown) => thrown);
      expect(isOutage(error)).toBe(true);
    }
  });
});
