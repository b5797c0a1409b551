import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { laneWaiting } from '../metrics.js';
import type { Lane } from '../place.js';
import { FairGate } from './fair-gate.js';

/** Body bytes of a vote call that weigh as one call more. */
const BYTES_A_UNIT = 32 * 1024;
/** Estimated cost of a read that weighs as one read more. */
const COST_A_UNIT = 8_000;
const HEAVIEST = 16;
/** Whoever labels does so at least so often, ms. */
const LABELLING_MS = 1000;
/** Longest pause behind a large read, ms. */
const LONGEST_PAUSE_MS = 1000;

/**
 * How many operations are worked on at once, by kind. A process has one thread for all of them: without a bound, a crowd's work
 * is done in turns of all its calls, and a newcomer's each step waits for one turn of the crowd.
 */
@Injectable()
export class WorkLanes implements OnApplicationShutdown {
  /** Documents being parsed and checked, which needs the thread alone: what kind they are of is known only then. */
  readonly documents = new FairGate('documents', 2, { most: 2 });
  private readonly votes = new FairGate('votes and next items', 64);
  private readonly reads = new FairGate('reads', 16);

  private labelledAt = -Infinity;

  private readonly forget = laneWaiting.add(() => ({ documents: this.documents.waiting, votes: this.votes.waiting, reads: this.reads.waiting }));

  onApplicationShutdown(): void {
    this.forget();
  }

  /**
   * A large operation takes the place of several: a call of 10,000 votes, a read of the largest cost. Such a read is answered in
   * pieces that have the thread for long, and a call of those who label comes by the thread a dozen times: one large read behind
   * the other, it would stand behind a piece each time. So while anybody labels, the next large read waits for as long as the last took.
   */
  async enter(lane: Lane, workspaceId: number, weigh: { bodyBytes: number; cost: number }, signal?: AbortSignal): Promise<() => void> {
    if (lane === 'votes') {
      this.labelledAt = performance.now();
      return this.votes.enter(workspaceId, unitsOf(weigh.bodyBytes / BYTES_A_UNIT), signal);
    }
    const units = unitsOf(weigh.cost / COST_A_UNIT);
    const leave = await this.reads.enter(workspaceId, units, signal);
    if (units === 1) return leave;
    const from = performance.now();
    return () => {
      if (this.isLabelled) setTimeout(leave, Math.min(performance.now() - from, LONGEST_PAUSE_MS)).unref();
      else leave();
    };
  }

  /** Whether a call of those who label is under way, however long it has stood behind others, or was lately. */
  private get isLabelled(): boolean {
    return this.votes.inUse > 0 || this.votes.waiting > 0 || performance.now() - this.labelledAt < LABELLING_MS;
  }
}

function unitsOf(more: number): number {
  return Math.min(HEAVIEST, 1 + Math.floor(more));
}
