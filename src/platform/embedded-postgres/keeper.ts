import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { acquire, type Acquired, type Place } from './acquire.js';

const STOP_MS = 60_000;

/** Keeps the server running until it is stopped: one that was killed is started again, on the port its clients know. */
export class Keeper {
  private isStopping = false;
  private restarted: Promise<void> = Promise.resolve();

  /** @param server null while there is none of ours to stop. */
  private constructor(
    private readonly place: Place,
    private server: Acquired | null,
  ) {
    process.once('exit', this.atExit);
    this.watch();
  }

  static async start(place: Place): Promise<{ keeper: Keeper; server: Acquired }> {
    const server = await acquire(place);
    return { keeper: new Keeper(place, server), server };
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.restarted;
    process.off('exit', this.atExit);
    const { server } = this;
    if (!server) return;
    await end(server, this.place.binaries.pgCtl);
    await server.hold.release();
  }

  private watch(): void {
    const server = this.server!;
    void server.hold.lost.then(() => {
      if (this.isStopping) return;
      this.server = null;
      this.restarted = this.restart(server.port);
    });
  }

  private async restart(port: number): Promise<void> {
    const { log } = this.place;
    log('lost the embedded database server; starting it again');
    try {
      this.server = await acquire(this.place, port);
      log('the embedded database server is back');
      this.watch();
    } catch (error) {
      log(`the embedded database is gone: ${(error as Error).message}`);
    }
  }

  /** A process that exits without a stop ends its server too; only one that is killed leaves it running. */
  private readonly atExit = () => {
    if (this.server) signal(this.server.pid, 'SIGINT');
  };
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, after which the next start recovers. */
async function end(server: Acquired, pgCtl: string): Promise<void> {
  if (process.platform === 'win32') await promisify(execFile)(pgCtl, ['kill', 'INT', String(server.pid)]);
  else signal(server.pid, 'SIGINT');
  const patience = Date.now() + STOP_MS;
  for (let isImmediate = false; (await server.lastWords()) === null; await sleep(10)) {
    if (isImmediate || Date.now() < patience) continue;
    isImmediate = true;
    signal(server.pid, 'SIGQUIT');
  }
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
