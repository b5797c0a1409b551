import { setMaxListeners } from 'node:events';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { beyondRequests } from '../../platform/budget.js';
import { AssayError, limitExceeded } from '../../platform/errors.js';
import { FairGate } from '../../platform/lanes/fair-gate.js';
import { currentPlace } from '../../platform/place.js';
import type { Run } from '../run.entity.js';

/** Votes (or items, if these are more) x K, and (annotator, class used) x K, of which a fit goes over as often as it iterates: some half a minute. */
const LARGEST_NUMBERS = 2 ** 24;
const LARGEST_MATRICES = 2 ** 22;
/** Of a workspace, under way or waiting in one process; who asks for more is told to come back. */
const MOST_WAITING = 16;
/** A caller's own deadline ends its waiting, and leaves the work to the next who asks. */
const PATIENCE_MS = 86_400_000;

/** Work of seconds on a thread that many may ask for, and that is kept when it is done. Callers of one process share it; workspaces take turns. */
@Injectable()
export class WorkedOutOnce implements OnModuleDestroy {
  private readonly underWay = new Map<string, Promise<unknown>>();
  /** By workspace, where there are some. */
  private readonly counts = new Map<number, number>();
  private readonly stopping = new AbortController();
  /** One at a time: each has a thread and a connection, and one query may ask for many. */
  private readonly turns = new FairGate('work that takes its time', 1, { most: 1, patienceMs: PATIENCE_MS });

  constructor() {
    // Each that waits for its turn listens.
    setMaxListeners(0, this.stopping.signal);
  }

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
    const { workspaceId } = currentPlace();
    const count = this.counts.get(workspaceId) ?? 0;
    if (count >= MOST_WAITING) {
      throw new AssayError('LIMIT_EXCEEDED', `${count} ${what} and the like are being worked out already; ask for this one again in a while`, { retryAfterSeconds: 10, status: 429 });
    }
    this.counts.set(workspaceId, count + 1);
    // It is others' too, and kept: the caller who asked first may meet a deadline before it is there.
    const mine = beyondRequests(() => this.inTurn(workspaceId, work)).finally(() => {
      this.underWay.delete(key);
      const left = this.counts.get(workspaceId)! - 1;
      if (left > 0) this.counts.set(workspaceId, left);
      else this.counts.delete(workspaceId);
    });
    this.underWay.set(key, mine);
    // Met by those who wait for it, if they still do.
    mine.catch(() => undefined);
    return mine;
  }

  private async inTurn<Result>(workspaceId: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { signal } = this.stopping;
    let leave: (() => void) | undefined;
    try {
      leave = await this.turns.enter(workspaceId, 1, signal);
      signal.throwIfAborted();
      return await work(signal);
    } catch (error) {
      if (signal.aborted) throw new AssayError('UNAVAILABLE', 'the server stops; ask again', { retryAfterSeconds: 2 });
      throw error;
    } finally {
      leave?.();
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
