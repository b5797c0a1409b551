import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './until.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program of the build, as a user runs it. */
export interface Started {
  child: ChildProcess;
  /** What it has written so far, both streams. */
  output: () => string;
  /** The exit code, or the signal's name. */
  exit: Promise<number | string>;
}

export function start(file: string, words: string[], environment: Record<string, string>): Started {
  const child = spawn(process.execPath, [join(root, 'dist/src', file), ...words], {
    cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, output: () => text, exit };
}

/** A server started as the README says, in a folder of its own; it can be killed and started again on the same data. */
export class Server {
  private program: Started | null = null;

  private constructor(readonly folder: string, readonly port: number, private readonly environment: Record<string, string>, private readonly keyFolder = folder) {}

  /** @param keyFolder where the first key is, if another made it or ASSAY_DATA_DIR is not the server's own */
  static async make(environment: Record<string, string> = {}, keyFolder?: string): Promise<Server> {
    return new Server(await mkdtemp(join(tmpdir(), 'assay-server-')), await freePort(), environment, keyFolder);
  }

  get settings(): Record<string, string> {
    return { ASSAY_DATA_DIR: this.folder, PORT: String(this.port), LOG_LEVEL: 'info', ...this.environment };
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  output(): string {
    return this.program?.output() ?? '';
  }

  async start(words: string[] = []): Promise<void> {
    this.program = start('main.js', words, this.settings);
    const { exit, output } = this.program;
    for (const until = Date.now() + PATIENCE_MS; ;) {
      const code = await Promise.race([exit, sleep(50)]);
      if (code !== undefined) throw new Error(`the server ended with ${code}:\n${output()}`);
      if (output().includes('"msg":"listening"') && this.hasAnnex() && await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false)) return;
      if (Date.now() > until) throw new Error(`the server is not ready after ${PATIENCE_MS / 1000} s:\n${output()}`);
    }
  }

  /** One that comes with the first call of a neighbour is not waited for. */
  private hasAnnex(): boolean {
    return this.environment.ASSAY_ANNEX !== 'always' || this.output().includes('"msg":"the annex works"');
  }

  /** No goodbye. */
  async kill(): Promise<void> {
    this.program!.child.kill('SIGKILL');
    await this.program!.exit;
  }

  async stop(): Promise<number | string> {
    this.program!.child.kill('SIGTERM');
    return this.program!.exit;
  }

  async key(): Promise<string> {
    return (await readFile(join(this.keyFolder, 'admin-key'), 'utf8')).trim();
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async data(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<any> {
    const answer = await fetch(`${this.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.key()}`, ...headers }, body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json() as { data: unknown; errors?: unknown[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async remove(): Promise<void> {
    if (this.program?.child.exitCode === null && this.program.child.signalCode === null) await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
