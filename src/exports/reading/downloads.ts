import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Config } from '../../platform/config.js';
import { readCopy, type CopyRows } from '../../platform/database/binary-copy-reader.js';
import { ordersByIndex } from '../../platform/database/by-index.js';
import { Connection } from '../../platform/database/connection.js';
import { Names } from './names.js';

const APPLICATION = 'assay downloads';
const SETTINGS = Object.entries(ordersByIndex).map(([name, value]) => `-c ${name}=${value}`).join(' ');

/**
 * The connections of downloads: few, and of their own, so that a crowd of them waits for each other and not the votes for it.
 * A statement gives one piece of a table, is read into memory whole, and has ended before any of it is written to the reader:
 * one who reads slowly holds neither a connection nor a transaction nor a snapshot.
 */
@Injectable()
export class Downloads implements OnApplicationShutdown {
  readonly names = new Names();
  private readonly pool: pg.Pool;
  private readonly logger = new Logger('downloads');

  constructor(config: Config, private readonly source: DataSource) {
    const { DATABASE_URL, EXECUTION_TIMEOUT_MS } = config.settings;
    this.pool = new pg.Pool({
      Client: Connection,
      connectionString: DATABASE_URL, application_name: APPLICATION, max: config.connections.downloads, keepAlive: true,
      statement_timeout: EXECUTION_TIMEOUT_MS, options: SETTINGS,
    });
    // A connection lost while it idles is replaced when the next is wanted.
    this.pool.on('error', () => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /**
   * Shows the rows of a query to `take`, one after the other. Not asked at all where the signal came while it waited for a
   * connection; cancelled at the server where it comes later.
   * @throws the signal's reason, and what the server answered
   */
  async read(query: string, take: (rows: CopyRows) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const client = await this.pool.connect();
    const { processID } = client as unknown as { processID: number };
    const cancel = () => void this.cancel(processID);
    let isWhole = false;
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', cancel, { once: true });
      for await (const rows of readCopy(client, query)) while (rows.next()) take(rows);
      isWhole = true;
    } finally {
      signal.removeEventListener('abort', cancel);
      // A cancel that comes late must not meet another's statement.
      client.release(!isWhole || signal.aborted);
    }
  }

  private async cancel(processId: number): Promise<void> {
    try {
      await this.source.query(`select pg_cancel_backend(pid) from pg_stat_activity where pid = $1 and application_name = '${APPLICATION}'`, [processId]);
    } catch (error) {
      this.logger.warn({ err: error }, 'a statement of a reader that has gone could not be cancelled');
    }
  }
}
