import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { beyondRequests } from '../../platform/budget.js';
import { AssayError, limitExceeded } from '../../platform/errors.js';
import type { Run } from '../run.entity.js';

/** Votes (or items, if these are more) x K, and (annotator, class used) x K, of which a fit goes over as often as it iterates: some half a minute. */
const LARGEST_NUMBERS = 2 ** 24;
const LARGEST_MATRICES = 2 ** 22;
/** Under way or waiting in one process; who asks for more is told to come back. */
const MOST_WAITING = 16;

/** Work of seconds on a thread that many may ask for, and that is kept when it is done. Callers of one process share it. */
@Injectable()
export class WorkedOutOnce implements OnModuleDestroy {
  private readonly underWay = new Map<string, Promise<unknown>>();
  private readonly stopping = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();

  onModuleDestroy(): void {
    this.stopping.abort(new Error('the process is stopping'));
  }

  /**
   * @param key of all that the result follows from
   * @param what is worked out, in the plural
   * @param work is given the signal of a stop
   * @throws LIMIT_EXCEEDED where too many wait; UNAVAILABLE where the process stops.
   */
  share<Result>(key: string, what: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const shared = this.underWay.get(key);
    if (shared) return shared as Promise<Result>;
    if (this.underWay.size >= MOST_WAITING) {
      throw new AssayError('LIMIT_EXCEEDED', `${this.underWay.size} ${what} are being worked out already; ask for this one again in a while`, { retryAfterSeconds: 10, status: 429 });
    }
    // One at a time: each has a thread and a connection, and one query may ask for many.
    // It is others' too, and kept: the caller who asked first may meet a deadline before it is there.
    const mine = this.turn.then(() => beyondRequests(() => this.unlessStopping(work))).finally(() => this.underWay.delete(key));
    this.underWay.set(key, mine);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async unlessStopping<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.stopping.signal);
    } catch (error) {
      if (this.stopping.signal.aborted) throw new AssayError('UNAVAILABLE', 'the server stops; ask again', { retryAfterSeconds: 2 });
      throw error;
    }
  }
}

/**
 * By what the run's row tells, before a thread is made.
 * @param what is asked for, as "a certificate"
 * @param command of the command line, which takes its time
 * @throws LIMIT_EXCEEDED with the figure.
 */
export function requireSize({ voteCount, itemCount, annotatorCount }: Run, classCount: number, what: string, command: string): void {
  const numbers = Math.max(voteCount!, itemCount!) * classCount;
  const matrices = Math.min(voteCount!, annotatorCount! * classCount) * classCount;
  if (numbers <= LARGEST_NUMBERS && matrices <= LARGEST_MATRICES) return;
  const excess = numbers > LARGEST_NUMBERS ? `${numbers} probabilities, more than ${LARGEST_NUMBERS}` : `confusion matrices of ${matrices} numbers, more than ${LARGEST_MATRICES}`;
  throw limitExceeded(
    `${what} of ${voteCount} votes on ${itemCount} items of ${classCount} classes takes ${excess} that are worked out here; download the votes and call \`${command}\`, which takes its time`,
  );
}
