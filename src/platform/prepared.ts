import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { Transaction } from './transaction.js';

/** Whatever takes a statement: the pool, or a transaction, which must then be asked for everything. */
export interface Asked {
  query<Row>(text: string, values: unknown[]): Promise<Row[]>;
}

/**
 * Single statements that are asked very often: prepared once a connection, so that the server parses and plans them once
 * (the plan of a join of five tables takes as long as its execution), and sent past TypeORM's own handling of queries.
 * Each commits by itself.
 */
@Injectable()
export class Prepared implements Asked {
  private readonly pool: Pool;
  private readonly names = new Map<string, string>();

  constructor(source: DataSource) {
    this.pool = (source.driver as unknown as { master: Pool }).master;
  }

  async query<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.pool.query({ name: this.nameOf(text), text, values });
    return rows as Row[];
  }

  /** A transaction in the same form. */
  static within(transaction: Transaction): Asked {
    return { query: (text, values) => transaction.query(text, values) };
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) this.names.set(text, name = createHash('sha256').update(text).digest('base64url').slice(0, 20));
    return name;
  }
}
