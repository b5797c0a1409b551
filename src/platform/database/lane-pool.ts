import { EventEmitter } from 'node:events';
import pg from 'pg';
import { currentPlace, lanes, type Lane } from '../place.js';
import { FairPool, type Taken } from './fair-pool.js';

/** Connections of each lane. */
export type LaneConnections = Readonly<Record<Lane, number>>;

type OnConnection = (error: Error | undefined, client?: pg.PoolClient, release?: Taken['giveBack']) => void;

/** A pool a lane behind the face of one, as TypeORM asks it: a connection is of the lane in which the caller works. */
export class LanePool extends EventEmitter {
  private readonly pools: Record<Lane, FairPool>;

  constructor({ laneConnections, ...options }: pg.PoolConfig & { laneConnections: LaneConnections }) {
    super();
    this.pools = Object.fromEntries(lanes.map((lane) => {
      const max = laneConnections[lane];
      return [lane, lane === 'background' ? new FairPool('work of the service', { ...options, max }, max) : new FairPool(lane, { ...options, max })];
    })) as LanePool['pools'];
  }

  connect(done: OnConnection): void {
    this.taken().then(({ client, giveBack }) => done(undefined, client, giveBack), done);
  }

  async query(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    const { client, giveBack } = await this.taken();
    try {
      const answer = await client.query(text, values);
      giveBack();
      return answer;
    } catch (error) {
      giveBack(!(error instanceof pg.DatabaseError));
      throw error;
    }
  }

  end(done?: (error?: Error) => void): Promise<void> {
    const ended = Promise.all(Object.values(this.pools).map((pool) => pool.end())).then(() => undefined);
    if (done) ended.then(() => done(), done);
    return ended;
  }

  private taken(): Promise<Taken> {
    return this.pools[currentPlace().lane].take();
  }
}

/** pg as TypeORM takes it, with this pool in place of its own. */
export const pgWithLanes: typeof pg = Object.create(pg, { Pool: { value: LanePool } });
