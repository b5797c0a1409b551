import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Outages } from '../platform/database/outages.js';
import type { Transaction } from '../platform/database/transaction.js';
import { Latest } from './latest.js';
import { Listener } from './listener.js';
import type { Topic } from './topic.js';

/** NOTIFY's own limit, less a little. */
const MAX_PAYLOAD_BYTES = 7900;

/** In place of a payload: the connection was lost for a while, and news with it; look at the state again. */
export const MISSED = Symbol('missed');

type Handler = (payload: unknown) => void;

/** News between the processes of one database, by NOTIFY: told when the teller's transaction commits, kept nowhere. */
@Injectable()
export class Events implements BeforeApplicationShutdown {
  private readonly logger = new Logger('events');
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly listener: Listener;

  constructor(private readonly source: DataSource, outages: Outages) {
    this.listener = new Listener(
      (source.options as { url: string }).url,
      (channel, payload) => this.hand(channel, JSON.parse(payload)),
      () => this.handlers.forEach((_, channel) => this.hand(channel, MISSED)),
      (error) => {
        if (!outages.note(error, 'news')) this.logger.error({ err: error }, 'the database does not let us listen; trying again');
      },
    );
  }

  async publish<Payload>(topic: Topic<Payload>, payload: Payload, transaction?: Transaction): Promise<void> {
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) throw new RangeError(`news of ${text.length} characters on ${topic.channel}; send a key instead`);
    await (transaction ?? this.source).query('select pg_notify($1, $2)', [topic.channel, text]);
  }

  /** Calls `handler` with all news from the moment the promise resolves. @returns a function that ends it. */
  async on<Payload>(topic: Topic<Payload>, handler: (payload: Payload | typeof MISSED) => void): Promise<() => void> {
    const handlers = this.handlers.get(topic.channel) ?? new Set();
    this.handlers.set(topic.channel, handlers.add(handler as Handler));
    await this.listener.listen(topic.channel);
    return () => handlers.delete(handler as Handler);
  }

  /** An iterator over the newest matching news, for one reader; end it with `return`. */
  async latest<Payload>(topic: Topic<Payload>, matches: (payload: Payload) => boolean): Promise<Latest<Payload | typeof MISSED>> {
    let stop = () => {};
    const latest = new Latest<Payload | typeof MISSED>(() => stop());
    stop = await this.on(topic, (payload) => {
      if (payload === MISSED || matches(payload)) latest.push(payload);
    });
    return latest;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.listener.close();
  }

  private hand(channel: string, payload: unknown): void {
    for (const handler of this.handlers.get(channel) ?? []) handler(payload);
  }
}
