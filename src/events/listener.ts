import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';

const RETRY_MS = 500;
/** A connection that died without a word (a firewall that forgot it) is found out after at most this long. */
const PING_MS = 10_000;

/** One connection that LISTENs, made at first use and made again whenever it is lost. */
export class Listener {
  private readonly logger = new Logger('events');
  private readonly channels = new Set<string>();
  private client: Promise<pg.Client> | null = null;
  private closed = false;
  private asked: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly onNews: (channel: string, payload: string) => void,
    private readonly onGap: () => void,
  ) {}

  /** Resolves when news of the channel is being heard. LISTEN twice is LISTEN once. */
  async listen(channel: string): Promise<void> {
    this.channels.add(channel);
    while (!this.closed) {
      const client = await (this.client ??= this.connect());
      try {
        await this.ask(client, `listen ${channel}`);
        return;
      } catch {
        // Lost just now: `watch` is making another.
        await sleep(RETRY_MS / 10);
      }
    }
    throw new Error('this process is stopping');
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client?.then((client) => client.end(), () => {});
  }

  private async connect(): Promise<pg.Client> {
    for (;;) {
      const client = new pg.Client({ connectionString: this.url, application_name: 'assay events', keepAlive: true, query_timeout: PING_MS });
      // A loss while connecting or listening rejects below; this keeps it from ending the process.
      client.on('error', () => {});
      try {
        await client.connect();
        for (const channel of this.channels) await client.query(`listen ${channel}`);
        client.on('notification', ({ channel, payload }) => this.onNews(channel, payload ?? 'null'));
        this.watch(client);
        return client;
      } catch (error) {
        await client.end().catch(() => {});
        if (this.closed) throw error;
        this.logger.warn(`the database does not let us listen (${(error as Error).message}); trying again`);
        await sleep(RETRY_MS);
      }
    }
  }

  /** One statement after another: a pg client takes no second one meanwhile. */
  private ask(client: pg.Client, sql: string): Promise<unknown> {
    const answer = this.asked.then(() => client.query(sql));
    this.asked = answer.catch(() => {});
    return answer;
  }

  private watch(client: pg.Client): void {
    let lost = false;
    const ping = setInterval(() => void this.ask(client, 'select 1').catch(() => lose()), PING_MS).unref();
    const lose = () => {
      clearInterval(ping);
      if (lost || this.closed) return;
      lost = true;
      void client.end().catch(() => {});
      this.logger.warn('the connection for news was lost; connecting again');
      this.client = this.connect();
      this.client.then(() => this.onGap(), () => {});
    };
    client.once('end', lose);
    client.once('error', lose);
  }
}
