import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Config } from '../../platform/config.js';
import { KeptRows, readBy, type CopyRows } from '../../platform/database/binary-copy-reader.js';
import { ordersByIndex } from '../../platform/database/by-index.js';
import { cancelUntilOver } from '../../platform/database/cancellable-client.js';
import { FairPool } from '../../platform/database/fair-pool.js';
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
  private readonly pool: FairPool;

  constructor(config: Config) {
    const { DATABASE_URL, EXECUTION_TIMEOUT_MS } = config.settings;
    this.pool = new FairPool('downloads', {
      connectionString: DATABASE_URL, application_name: APPLICATION, max: config.connections.downloads, keepAlive: true,
      statement_timeout: EXECUTION_TIMEOUT_MS, options: SETTINGS,
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /** Shows the rows of a query to `take`, one after the other. @throws as `keep` does */
  read(query: string, take: (rows: CopyRows) => void, signal: AbortSignal): Promise<void> {
    return this.ask((client) => readBy(client)(query, take), signal);
  }

  /**
   * The rows of a query. Not asked at all where the signal came while it waited for a connection; cancelled at the server
   * where it comes later.
   * @throws the signal's reason, and what the server answered
   */
  keep(query: string, signal: AbortSignal): Promise<KeptRows> {
    return this.ask((client) => KeptRows.of(client, query), signal);
  }

  private async ask<T>(statement: (client: ClientBase) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { client, giveBack } = await this.pool.take(signal);
    let endCancelling: (() => Promise<void>) | undefined;
    const cancel = () => { endCancelling = cancelUntilOver(client); };
    let isWhole = false;
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', cancel, { once: true });
      const answer = await statement(client);
      isWhole = true;
      return answer;
    } finally {
      signal.removeEventListener('abort', cancel);
      void endCancelling?.();
      // A cancel that comes late must not meet another's statement.
      giveBack(!isWhole || signal.aborted);
    }
  }
}
