import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Pool, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';

/**
 * Single statements that are asked very often: prepared once a connection, so that the server parses and plans them once
 * (the plan of a join of five tables takes as long as its execution), and sent past TypeORM's own handling of queries.
 * Each commits by itself.
 */
@Injectable()
export class Prepared {
  private readonly pool: Pool;
  private readonly names = new Map<string, string>();

  constructor(source: DataSource) {
    this.pool = (source.driver as unknown as { master: Pool }).master;
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({ name: this.nameOf(text), text, values });
    return rows;
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) this.names.set(text, name = createHash('sha256').update(text).digest('base64url').slice(0, 20));
    return name;
  }
}
