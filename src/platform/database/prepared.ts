import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { currentSignal } from '../budget.js';
import { Config } from '../config.js';
import { currentTrace } from '../trace.js';
import { CancellableClient } from './cancellable-client.js';
import { statementBounds } from './database.js';
import type { Transaction } from './transaction.js';

/** Whatever takes a statement: the pool, or a transaction, which must then be asked for everything. */
export interface Asked {
  query<Row>(text: string, values: unknown[]): Promise<Row[]>;
}

/**
 * A statement that probes a few rows has one good plan, whatever the statistics say. Left to itself the server takes another
 * where a table was empty when it was planned, and keeps it: then each call reads every live lease, or every vote, of a project.
 * It also plans each statement anew five times a connection first, and a plan of ten tables takes longer than its execution.
 */
const PLANNED_ONCE_BY_INDEX = ['plan_cache_mode=force_generic_plan', 'enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off'].map((setting) => `-c ${setting}`).join(' ');

/**
 * Single statements that are asked very often, each of a few rows found by index: prepared once a connection, on connections
 * of their own that are kept, past TypeORM's own handling of queries. Each commits by itself.
 */
@Injectable()
export class Prepared implements Asked, OnApplicationShutdown {
  private readonly pool: pg.Pool;
  private readonly names = new Map<string, string>();

  constructor(config: Config) {
    const { DATABASE_URL, EXECUTION_TIMEOUT_MS } = config.settings;
    this.pool = new pg.Pool({
      connectionString: DATABASE_URL, application_name: 'assay prepared', max: config.connections.prepared, idleTimeoutMillis: 0,
      Client: CancellableClient, ...statementBounds(EXECUTION_TIMEOUT_MS), options: PLANNED_ONCE_BY_INDEX,
    });
    // A connection lost while it idles is replaced when the next is wanted.
    this.pool.on('error', () => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  async query<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const statement = { name: this.nameOf(text), text, values };
    const { rows } = currentSignal() || currentTrace() ? await this.askAsSelf(statement) : await this.pool.query(statement);
    return rows as Row[];
  }

  /** The pool's own query() calls back when a connection is free, as whoever freed it; this remembers who asks. */
  private async askAsSelf(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    const client = await this.pool.connect();
    try {
      const answer = await client.query(statement);
      client.release();
      return answer;
    } catch (error) {
      client.release(!(error instanceof pg.DatabaseError));
      throw error;
    }
  }

  /** A transaction in the same form. */
  static within(transaction: Transaction): Asked {
    return { query: (text, values) => transaction.query(text, values) };
  }

  /** A client of its own, for a thread. */
  static by(client: pg.ClientBase): Asked {
    return { query: async <Row>(text: string, values: unknown[]) => (await client.query(text, values)).rows as Row[] };
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) this.names.set(text, name = createHash('sha256').update(text).digest('base64url').slice(0, 20));
    return name;
  }
}
