import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config.js';
import { databaseFailures } from '../metrics.js';
import { isOutage } from '../outage.js';
import { Probe } from './probe.js';

const LOOK_MS = 1000;

/**
 * The times when the database did not do its work: told to the log once when one begins, with the first error, and once when
 * it is over, with how many calls, sweeps and jobs met it. What they met is the same thing, thousands of times.
 */
@Injectable()
export class Outages implements OnApplicationShutdown {
  readonly probe: Probe;
  private readonly logger = new Logger('database');
  private readonly stopping = new AbortController();
  /** How often, by what met it; null while the database answers. */
  private met: Record<string, number> | null = null;

  constructor(config: Config) {
    this.probe = new Probe(config.settings.DATABASE_URL!);
  }

  /**
   * Counts an error of an outage, and watches for its end. @param where what met it, of a few names
   * @returns false for any other error, which is then the caller's to log
   */
  note(error: unknown, where: string): boolean {
    if (!isOutage(error)) return false;
    databaseFailures.inc({ where });
    if (!this.met) {
      this.met = {};
      this.logger.error({ err: error, where }, 'the database fails; what else meets this is counted and told when it is over');
      void this.untilOver(Date.now());
    }
    this.met[where] = (this.met[where] ?? 0) + 1;
    return true;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.probe.close();
  }

  private async untilOver(began: number): Promise<void> {
    const { signal } = this.stopping;
    do await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
    while (!signal.aborted && (await this.probe.look()).fault !== null);
    if (signal.aborted) return;
    this.logger.warn({ seconds: (Date.now() - began) / 1000, met: this.met }, 'the database answers again');
    this.met = null;
  }
}
