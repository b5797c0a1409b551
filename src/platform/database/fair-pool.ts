import pg from 'pg';
import { currentSignal } from '../budget.js';
import { FairGate } from '../lanes/fair-gate.js';
import { currentPlace } from '../place.js';
import { CancellableClient } from './cancellable-client.js';

export interface Taken {
  client: pg.PoolClient;
  /** Once, with `destroy` where the connection may not be used again. */
  giveBack: (destroy?: Error | boolean) => void;
}

/** Connections that workspaces take in turn. A caller who has gone, or whose time is over, is not in line any more. */
export class FairPool {
  private readonly gate: FairGate;
  private readonly pool: pg.Pool;

  /**
   * @param work what its connections are for, as a refusal names it
   * @param most connections of one workspace; by default some are left for others
   */
  constructor(work: string, options: pg.PoolConfig & { max: number }, most?: number) {
    this.gate = new FairGate(work, options.max, { most, patienceMs: options.connectionTimeoutMillis });
    this.pool = new pg.Pool({ ...options, Client: CancellableClient });
    // A connection lost while it idles is replaced when the next is wanted.
    this.pool.on('error', () => undefined);
  }

  /** A connection for the place and the caller that this is asked for; or until `signal`, where it is given. @throws UNAVAILABLE, the signal's reason */
  async take(signal: AbortSignal | undefined = currentSignal()): Promise<Taken> {
    const leave = await this.gate.enter(currentPlace().workspaceId, 1, signal);
    try {
      const client = await this.pool.connect();
      return {
        client,
        giveBack: (destroy) => {
          client.release(destroy);
          leave();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  end(): Promise<void> {
    return this.pool.end();
  }
}
