import { AssayError } from './errors.js';
import { clock } from './clock.js';
import type { Broken } from './answer.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;

export interface Patience {
  /** How often a call that is safe to send again is sent again. */
  retries: number;
  /** No attempt is begun later than so many milliseconds after the first. */
  retryForMs: number;
}

export interface OneCall {
  mayRepeat: boolean;
  /** The idempotency key that it is sent under. */
  key?: string;
  signal?: AbortSignal;
  /** Why it is not sent again where it may not. */
  whyOnce?: string;
}

/** How often one call was tried, and whether it is tried again. Each method waits, or throws what the caller is told. */
export class Attempts {
  private count = 0;
  private since = Date.now();

  constructor(private readonly patience: Patience, private readonly call: OneCall) {}

  /** The connection failed. */
  async broken({ message, isUnsent }: Broken): Promise<void> {
    await this.again(`${isUnsent ? 'the service cannot be reached' : 'the connection broke off'}: ${message}`, this.call.mayRepeat || isUnsent);
  }

  /** The service refused, which is final unless it says "later". */
  async refused(refusal: AssayError): Promise<void> {
    const { code, status, retryAfter } = refusal;
    let { mayRepeat } = this.call;
    if (status === 429) {
      // Nothing of it was done. What cannot be read again is another matter.
      mayRepeat ||= this.call.key === undefined;
    } else if (code === 'CONFLICT') {
      // This very call, whose answer was lost, is still under way: the service tells when to ask again.
      if (retryAfter === undefined || this.call.key === undefined) throw refusal;
    } else if (code === 'LIMIT_EXCEEDED') {
      if (retryAfter === undefined) throw refusal;
    } else if (code !== 'UNAVAILABLE' && ![502, 503, 504].includes(status ?? 0)) {
      throw refusal;
    }
    await this.again(refusal.message, mayRepeat, refusal);
  }

  /** Whoever gets on is not counted against the attempts. */
  progressed(): void {
    this.count = 0;
    this.since = Date.now();
  }

  private async again(why: string, mayRepeat: boolean, refusal?: AssayError): Promise<void> {
    this.count++;
    const { signal, key, whyOnce } = this.call;
    const { retries, retryForMs } = this.patience;
    const giveUp = (end: string) => {
      const { status, requestId, retryAfter } = refusal ?? {};
      return new AssayError(`${why}; ${end}`, { code: 'UNAVAILABLE', status, requestId, retryAfter, attempts: this.count, idempotencyKey: key });
    };
    if (!mayRepeat) throw giveUp(whyOnce ?? 'it is not sent again, since it may have been done');
    if (this.count > retries) throw giveUp(`given up after ${this.count} ${this.count === 1 ? 'attempt' : 'attempts'}`);
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.count - 1));
    // All of it is chance, so that those who failed together do not come again together; never before the time that was told.
    const wait = refusal?.retryAfter === undefined ? Math.random() * longest : refusal.retryAfter * 1000 + Math.random() * FIRST_WAIT_MS;
    if (Date.now() - this.since + wait > retryForMs) {
      throw giveUp(refusal?.retryAfter === undefined ? `given up after ${retryForMs / 1000} s` : `the service asks to come again in ${Math.ceil(refusal.retryAfter)} s`);
    }
    await clock.sleep(wait, signal);
  }
}
