import type { Client } from 'pg';
import type { VoteSequence } from '../aggregation/index.js';
import { readCopy, sqlInteger } from '../platform/database/binary-copy-reader.js';

/** The class votes of a project that stand, annotator by annotator, each one's in the order of their time. */
export interface StandingVotes extends VoteSequence {
  /** Seconds since 1970 when the vote was given, or else received. */
  times: Float64Array;
  /** How long the answer took, in milliseconds; -1 where that is not known. */
  durations: Int32Array;
}

/** In the order of the vote log. Also the size of a project: N, M and K. */
type LogColumns = Pick<StandingVotes, 'items' | 'classes' | 'times' | 'durations'> & { annotators: Int32Array };

/** The beginning of the year 2000, from which PostgreSQL counts microseconds, in seconds since 1970. */
const EPOCH = 946_684_800;

/** One pass over the project's vote log; 28 bytes a vote, for a moment twice. */
export async function readStandingVotes(client: Client, projectId: number, size: Pick<VoteSequence, 'itemCount' | 'annotatorCount' | 'classCount'>): Promise<StandingVotes> {
  const columns = new GrowingColumns();
  // In the log's order the key is read as it lies; the planner would sort bitmaps.
  await client.query('set local enable_bitmapscan = off');
  for await (const rows of readCopy(client, `
    select item_code, annotator_code, class_index, coalesce(duration_ms, -1), coalesce(voted_at, received_at)
    from votes where project_id = ${sqlInteger(projectId)} and ended_seq is null and outcome = 0 order by seq`)) {
    while (rows.next()) columns.add(rows.int4(), rows.int4(), rows.int2(), rows.int4(), EPOCH + rows.int8() / 1e6);
  }
  return { ...size, ...inOrder(columns.trimmed(), size.annotatorCount) };
}

/** Sorted by annotator and time; votes of the same time stay in the order of the log. */
export function inOrder(log: LogColumns, annotatorCount: number): Pick<StandingVotes, 'offsets' | 'items' | 'classes' | 'times' | 'durations'> {
  const { annotators } = log;
  const offsets = new Int32Array(annotatorCount + 1);
  for (let vote = 0; vote < annotators.length; vote++) offsets[annotators[vote]! + 1]!++;
  for (let annotator = 0; annotator < annotatorCount; annotator++) offsets[annotator + 1]! += offsets[annotator]!;
  const next = offsets.slice(0, annotatorCount);
  const order = new Int32Array(annotators.length);
  for (let vote = 0; vote < annotators.length; vote++) order[next[annotators[vote]!]!++] = vote;
  for (let annotator = 0; annotator < annotatorCount; annotator++) sortByTime(order.subarray(offsets[annotator], offsets[annotator + 1]), log.times);
  const take = <Column extends Int32Array | Float64Array>(column: Column): Column => {
    const taken = column.slice() as Column;
    for (let place = 0; place < order.length; place++) taken[place] = column[order[place]!]!;
    return taken;
  };
  return { offsets, items: take(log.items), classes: take(log.classes), times: take(log.times), durations: take(log.durations) };
}

/** Votes mostly come in their order already. */
function sortByTime(order: Int32Array, times: Float64Array): void {
  for (let place = 1; place < order.length; place++) {
    if (times[order[place]!]! < times[order[place - 1]!]!) return void order.sort((a, b) => times[a]! - times[b]! || a - b);
  }
}

class GrowingColumns {
  private count = 0;
  private items = new Int32Array(1 << 16);
  private annotators = new Int32Array(1 << 16);
  private classes = new Int32Array(1 << 16);
  private durations = new Int32Array(1 << 16);
  private times = new Float64Array(1 << 16);

  add(item: number, annotator: number, label: number, duration: number, time: number): void {
    if (this.count === this.items.length) this.grow();
    this.items[this.count] = item;
    this.annotators[this.count] = annotator;
    this.classes[this.count] = label;
    this.durations[this.count] = duration;
    this.times[this.count++] = time;
  }

  trimmed(): LogColumns {
    const { count } = this;
    return {
      items: this.items.subarray(0, count), annotators: this.annotators.subarray(0, count), classes: this.classes.subarray(0, count),
      durations: this.durations.subarray(0, count), times: this.times.subarray(0, count),
    };
  }

  private grow(): void {
    const larger = <Column extends Int32Array | Float64Array>(column: Column): Column => {
      const copy = new (column.constructor as new (length: number) => Column)(column.length * 2);
      copy.set(column);
      return copy;
    };
    this.items = larger(this.items);
    this.annotators = larger(this.annotators);
    this.classes = larger(this.classes);
    this.durations = larger(this.durations);
    this.times = larger(this.times);
  }
}
