import { Injectable } from '@nestjs/common';
import { Prepared } from '../../platform/database/prepared.js';
import { CurrentRuns } from '../../live/current-run.js';
import { isByAnnotator, posteriorsOf } from './ranking.js';

/** An entry of the queue with its label, as it was a moment ago: what does not depend on who asks. */
export interface HeadEntry {
  item: number;
  score: number;
  strategy: string;
  votes: number;
  leases: number;
  /** K probabilities; null for an item without a label, and where what it is worth does not depend on it. */
  label: Float64Array | null;
}

/** The first entries of a queue. */
export class QueueHead {
  private rows: Float64Array | null = null;

  constructor(readonly entries: readonly HeadEntry[]) {}

  /** K probabilities for each entry whose worth depends on who answers, the priors where it has no label. */
  posteriors(priors: Float64Array): Float64Array {
    return this.rows ??= posteriorsOf(this.entries.filter(isByAnnotator).map((entry) => entry.label), priors);
  }
}

/** How many entries are kept: enough to find an annotator's best among them. */
const LENGTH = 128;
/** Numbers of the labels kept with them. */
const NUMBERS = 64_000;
/** For how long they are believed. */
const KEPT_MS = 100;
const MOST = 1000;

const HEAD = `
  select queue.item_code as item, queue.score, queue.strategy, counts.votes, counts.leases
  from (select * from item_queue where project_id = $1 and generation = $2 order by priority, item_code limit $3) queue
  cross join lateral (
    select votes, leases, state from item_counts where project_id = $1 and item_code = queue.item_code offset 0
  ) counts
  where counts.state = 0 and counts.votes + counts.leases < (select max_votes from projects where id = $1)
  order by queue.priority, queue.item_code`;

/**
 * The first entries of the queues in use, read once for all who ask within a tenth of a second: read for each of them they
 * were half of a call's cost to the database. Whether an item may be given is decided when it is given, not here.
 */
@Injectable()
export class QueueHeads {
  private readonly heads = new Map<string, { head: Promise<QueueHead>; until: number }>();

  constructor(
    private readonly prepared: Prepared,
    private readonly runs: CurrentRuns,
  ) {}

  async of(projectId: number, generation: number, runId: number | null, classCount: number): Promise<QueueHead> {
    const key = `${projectId}:${generation}:${runId}`;
    const known = this.heads.get(key);
    if (known && known.until > performance.now()) return known.head;
    if (this.heads.size >= MOST) this.heads.clear();
    const head = this.read(projectId, generation, runId, classCount);
    this.heads.set(key, { head, until: performance.now() + KEPT_MS });
    head.catch(() => this.heads.delete(key));
    return head;
  }

  private async read(projectId: number, generation: number, runId: number | null, classCount: number): Promise<QueueHead> {
    const length = Math.max(1, Math.min(LENGTH, Math.floor(NUMBERS / classCount)));
    const rows = await this.prepared.query<Omit<HeadEntry, 'label'>>(HEAD, [projectId, generation, length]);
    const labels = runId == null ? null : await this.runs.labelsOf(this.prepared, { projectId, runId }, classCount, rows.filter(isByAnnotator).map(({ item }) => item));
    return new QueueHead(rows.map((row) => ({ ...row, label: labels?.get(row.item) ?? null })));
  }
}
