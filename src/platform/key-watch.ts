import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AssayError } from './errors.js';
import { Authenticator } from './principal.js';

/** Promised is 5 s; a look takes a few milliseconds. */
const LOOK_MS = 2000;

/** Ends what goes on for long (subscriptions, downloads, uploads) once the key it was begun with is revoked or has expired, in whichever process it was revoked. */
@Injectable()
export class KeyWatch implements OnApplicationShutdown {
  /** What is to be ended, by the Authorization header that it came with. */
  private readonly watched = new Map<string, Set<() => void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly authenticator: Authenticator) {}

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** @returns what to call when it has ended of itself. */
  watch(authorization: string, end: () => void): () => void {
    const ends = this.watched.get(authorization) ?? new Set();
    this.watched.set(authorization, ends.add(end));
    this.timer ??= setTimeout(() => void this.look(), LOOK_MS).unref();
    return () => {
      ends.delete(end);
      if (ends.size === 0 && this.watched.get(authorization) === ends) this.watched.delete(authorization);
    };
  }

  private async look(): Promise<void> {
    await Promise.all([...this.watched].map(async ([authorization, ends]) => {
      if (await this.isInForce(authorization)) return;
      this.watched.delete(authorization);
      for (const end of ends) end();
    }));
    this.timer = this.watched.size > 0 ? setTimeout(() => void this.look(), LOOK_MS).unref() : undefined;
  }

  private async isInForce(authorization: string): Promise<boolean> {
    try {
      return await this.authenticator.authenticate(authorization) != null;
    } catch (error) {
      // In an outage nobody can tell; the next look will.
      return !(error instanceof AssayError && error.code === 'UNAUTHENTICATED');
    }
  }
}
