import { EventEmitter } from 'node:events';
import pg from 'pg';
import { currentSignal } from '../budget.js';
import { FairGate } from '../lanes/fair-gate.js';
import { currentPlace, lanes, type Lane } from '../place.js';
import { CancellableClient } from './cancellable-client.js';

/** Connections of each lane. */
export type LaneConnections = Readonly<Record<Lane, number>>;

type Release = (destroy?: Error | boolean) => void;
type OnConnection = (error: Error | undefined, client?: pg.PoolClient, release?: Release) => void;

/**
 * A pool a lane behind the face of one, as TypeORM asks it: a connection is of the lane in which the caller works, and within a
 * lane workspaces take turns. A caller who has gone, or whose time is over, is not in line any more.
 */
export class LanePool extends EventEmitter {
  private readonly lanes: Record<Lane, { gate: FairGate; pool: pg.Pool }>;

  constructor({ laneConnections, ...options }: pg.PoolConfig & { laneConnections: LaneConnections }) {
    super();
    this.lanes = Object.fromEntries(lanes.map((lane) => {
      const max = laneConnections[lane];
      const pool = new pg.Pool({ ...options, Client: CancellableClient, max });
      // A connection lost while it idles is replaced when the next is wanted.
      pool.on('error', (error) => this.emit('error', error));
      const gate = lane === 'background' ? new FairGate('work of the service', max, max, options.connectionTimeoutMillis) : new FairGate(lane, max, undefined, options.connectionTimeoutMillis);
      return [lane, { gate, pool }];
    })) as LanePool['lanes'];
  }

  connect(done: OnConnection): void {
    const { lane, workspaceId } = currentPlace();
    const { gate, pool } = this.lanes[lane];
    void gate.enter(workspaceId, 1, currentSignal()).then((leave) => {
      pool.connect((error, client, release) => {
        if (error || !client) {
          leave();
          return done(error ?? new Error('the pool gave no connection'));
        }
        done(undefined, client, (destroy) => {
          release(destroy);
          leave();
        });
      });
    }, done);
  }

  async query(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    const [client, release] = await new Promise<[pg.PoolClient, Release]>((resolve, reject) => {
      this.connect((error, given, giveBack) => (error ? reject(error) : resolve([given!, giveBack!])));
    });
    try {
      const answer = await client.query(text, values);
      release();
      return answer;
    } catch (error) {
      release(!(error instanceof pg.DatabaseError));
      throw error;
    }
  }

  end(done?: (error?: Error) => void): Promise<void> {
    const ended = Promise.all(Object.values(this.lanes).map(({ pool }) => pool.end())).then(() => undefined);
    if (done) ended.then(() => done(), done);
    return ended;
  }
}

/** pg as TypeORM takes it, with this pool in place of its own. */
export const pgWithLanes: typeof pg = Object.create(pg, { Pool: { value: LanePool } });
