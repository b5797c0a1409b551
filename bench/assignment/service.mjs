// A service of our own for measurements: started as the README says, on a free port of loopback, on an embedded database in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const { freePort } = await import(join(root, 'dist/src/platform/embedded-postgres/server.js'));
const { runningEmbeddedPostgres } = await import(join(root, 'dist/src/platform/embedded-postgres/embedded-postgres.js'));

/** @param folder of an earlier start, to go on with its database; it is kept then. */
export async function startService({ folder: given, nodeArguments = [] } = {}) {
  const folder = given ?? mkdtempSync(join(os.tmpdir(), 'assay-bench-'));
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeArguments, join(root, 'dist/src/main.js'), '--empty'], {
    env: { ...process.env, ASSAY_DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'error', DATABASE_URL: '' }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  const agent = new http.Agent({ keepAlive: true });
  const stop = async () => {
    agent.destroy();
    const ended = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : null;
    child.kill('SIGTERM');
    await ended;
    if (!given) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const key = await ready(child, port, folder, agent);
    const call = (method, path, body, headers = {}) => request(agent, port, method, path, body, { authorization: `Bearer ${key}`, ...headers });
    const ask = async (query, variables) => {
      const { data, errors } = JSON.parse(await call('POST', '/graphql', JSON.stringify({ query, variables }), { 'content-type': 'application/json' }));
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    return { port, key, pid: child.pid, folder, call, ask, stop, connect: () => connect(folder) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(child, port, folder, agent) {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    try {
      await request(agent, port, 'GET', '/readyz');
      return readFileSync(join(folder, 'admin-key'), 'utf8').trim();
    } catch {
      // Neither is there at once.
    }
    await sleep(100);
  }
  throw new Error('the service is not ready after 60 s');
}

/** A connection to the service's own database. */
async function connect(folder) {
  const client = new pg.Client({ connectionString: await runningEmbeddedPostgres(folder) });
  // A service that is stopped takes its database with it: whoever still asks is told by their own query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** @param body a string or a stream */
function request(agent, port, method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => {
        if (response.statusCode < 400) resolve(text);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    sent.on('error', reject);
    if (body?.pipe) body.pipe(sent);
    else sent.end(body);
  });
}

/** A run to its end. */
export async function runToEnd({ ask }, projectId, method, options = {}) {
  const { startRun } = await ask('mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }', { input: { projectId, method, options } });
  for (;;) {
    const { run } = await ask('query ($id: ID!) { run(id: $id) { id status failure seconds } }', { id: startRun.run.id });
    if (run.status === 'SUCCEEDED') return run;
    if (run.status === 'FAILED') throw new Error(run.failure);
    await sleep(10);
  }
}
