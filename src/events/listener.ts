import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Connection } from '../platform/database/connection.js';

const RETRY_MS = 500;
/** A connection that died without a word (a firewall that forgot it) is found out after at most this long. */
const PING_MS = 10_000;

/** One connection that LISTENs, made at first use and made again whenever it is lost. */
export class Listener {
  private readonly channels = new Set<string>();
  private client: Promise<pg.Client> | null = null;
  private closed = false;
  private asked: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly onNews: (channel: string, payload: string) => void,
    private readonly onGap: () => void,
    private readonly onFailure: (error: unknown) => void,
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
      const client = new Connection({ connectionString: this.url, application_name: 'assay events', silenceMs: PING_MS });
      try {
        await client.connect();
        for (const channel of this.channels) await client.query(`listen ${channel}`);
        client.on('notification', ({ channel, payload }) => this.onNews(channel, payload ?? 'null'));
        this.watch(client);
        return client;
      } catch (error) {
        await client.end().catch(() => {});
        if (this.closed) throw error;
        this.onFailure(error);
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
    const ping = setInterval(() => void this.ask(client, 'select 1').catch(lose), PING_MS).unref();
    const lose = (error: unknown) => {
      clearInterval(ping);
      if (lost || this.closed) return;
      lost = true;
      void client.end().catch(() => {});
      this.onFailure(error);
      this.client = this.connect();
      this.client.then(() => this.onGap(), () => {});
    };
    client.once('end', () => lose(new Error('Connection terminated')));
    client.once('error', lose);
  }
}
