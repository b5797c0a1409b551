import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformFile } from '@swc/core';

const source = fileURLToPath(new URL('../../src/platform/embedded-postgres/', import.meta.url));
export const nodeModules = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** What a process started with `main` says, one object a message. */
type Said = { url: string } | { fault: string } | { log: string } | { found: string | null };

const main = `
import { runningEmbeddedPostgres, startEmbeddedPostgres } from './out/embedded-postgres.js';
const [dataDir, verb] = process.argv.slice(2);
const say = (message) => new Promise((resolve) => process.send(message, resolve));
let server;
process.on('message', async (asked) => {
  if (asked === 'stop') await server.stop();
  if (asked === 'stop' || asked === 'exit') process.exit(0);
});
try {
  if (verb === 'find') await say({ found: await runningEmbeddedPostgres(dataDir) });
  else {
    server = await startEmbeddedPostgres({ dataDir, log: (log) => process.send({ log }) });
    if (verb === 'once') await server.stop();
    await say({ url: server.url });
  }
  if (verb) process.exit(0);
} catch (error) {
  await say({ fault: error.message });
  process.exit(1);
}
`;

/** A folder with the compiled module, a program around it and node_modules beside it, to be run as real processes. */
export class Checkout {
  readonly processes: Program[] = [];
  private used?: Promise<string>;

  private constructor(readonly folder: string) {}

  /** @param install puts node_modules there; by default a link to ours. */
  static async make(install = (folder: string) => symlink(nodeModules, join(folder, 'node_modules'))): Promise<Checkout> {
    // Opened to other users, whom some tests run it as.
    const folder = await mkdtemp(join(tmpdir(), 'assay-checkout-'));
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'out'));
    for (const name of await readdir(source)) {
      const { code } = await transformFile(join(source, name), { sourceMaps: false });
      await writeFile(join(folder, 'out', name.replace(/ts$/, 'js')), code);
    }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'main.js'), main);
    await install(folder);
    return new Checkout(folder);
  }

  /** A new folder for data; `owner` gets it. */
  async dataDir(owner?: number): Promise<string> {
    const folder = await mkdtemp(join(this.folder, 'data-'));
    if (owner !== undefined) await chown(folder, owner, owner);
    return folder;
  }

  /** A folder in which a database was made and stopped; a copy of one, which is quicker than a first start. */
  async usedDataDir(): Promise<string> {
    this.used ??= this.dataDir().then(async (folder) => {
      await this.run(folder, { verb: 'once' }).url();
      return folder;
    });
    const folder = await this.dataDir();
    await promisify(execFile)('cp', ['-a', join(await this.used, 'postgres'), folder]);
    return folder;
  }

  run(dataDir: string, options: { verb?: string; uid?: number; env?: NodeJS.ProcessEnv; under?: string[] } = {}): Program {
    const program = new Program(this.folder, dataDir, options);
    this.processes.push(program);
    return program;
  }

  /** Ends whatever still runs, servers too. */
  async remove(): Promise<void> {
    await Promise.all(this.processes.map((program) => program.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Program {
  readonly child: ChildProcess;
  readonly logged: string[] = [];
  private readonly answer: Promise<Exclude<Said, { log: string }>>;

  constructor(folder: string, dataDir: string, { verb, uid, env, under = [] }: { verb?: string; uid?: number; env?: NodeJS.ProcessEnv; under?: string[] }) {
    const [execPath, ...before] = [...under, process.execPath];
    this.child = fork(join(folder, 'main.js'), [dataDir, ...(verb ? [verb] : [])], {
      execPath, execArgv: before, uid, gid: uid, cwd: '/', stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...env },
    });
    this.answer = new Promise((resolve) => {
      this.child.on('message', (said: Said) => ('log' in said ? this.logged.push(said.log) : resolve(said)));
      this.child.once('exit', () => resolve({ fault: 'ended without a word' }));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws Error with the program's own words if it did not start. */
  async url(): Promise<string> {
    const said = await this.answer;
    if ('url' in said) return said.url;
    throw new Error('fault' in said ? said.fault : 'was not asked to start');
  }

  async fault(): Promise<string> {
    const said = await this.answer;
    if ('fault' in said) return said.fault;
    throw new Error('it did start');
  }

  async found(): Promise<string | null> {
    const said = await this.answer;
    if ('found' in said) return said.found;
    throw new Error('was not asked to look');
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  async tell(word: 'stop' | 'exit'): Promise<void> {
    if (!this.isRunning) return;
    const exit = once(this.child, 'exit');
    // It may be gone before it reads.
    this.child.send(word, () => undefined);
    await exit;
  }

  async stop(): Promise<void> {
    await this.url().then(() => this.tell('stop'), () => this.kill());
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}
