import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { laneWaiting } from '../metrics.js';
import type { Lane } from '../place.js';
import { FairGate } from './fair-gate.js';

/** Body bytes of a vote call that weigh as one call more. */
const BYTES_A_UNIT = 32 * 1024;
/** Estimated cost of a read that weighs as one read more. */
const COST_A_UNIT = 8_000;
const HEAVIEST = 16;

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

  private readonly forget = laneWaiting.add(() => ({ documents: this.documents.waiting, votes: this.votes.waiting, reads: this.reads.waiting }));

  onApplicationShutdown(): void {
    this.forget();
  }

  /** A large operation takes the place of several: a call of 10,000 votes, a read of the largest cost. */
  enter(lane: Lane, workspaceId: number, weigh: { bodyBytes: number; cost: number }, signal?: AbortSignal): Promise<() => void> {
    const [gate, more] = lane === 'votes' ? [this.votes, weigh.bodyBytes / BYTES_A_UNIT] : [this.reads, weigh.cost / COST_A_UNIT];
    return gate.enter(workspaceId, Math.min(HEAVIEST, 1 + Math.floor(more)), signal);
  }
}
