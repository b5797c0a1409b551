import type pg from 'pg';
import { readCopy } from '../platform/database/binary-copy-reader.js';
import type { ReportTask } from '../reports/report-kind.js';
import { GIVEN_AT, selectedAnswers } from './selected-votes.js';
import type { VoteSelection } from './vote-selection.js';

const DAY_MS = 86_400_000;
/** SKIP, UNSURE, CANNOT_LABEL. */
export const OTHERS = 3;

/** What annotators did: 14 bytes for each vote for a class, and some numbers for each annotator. */
export class Activity {
  voteCount = 0;
  annotators = new Int32Array(1 << 16);
  classes = new Int16Array(1 << 16);
  /** Milliseconds; -1 where it was not told. */
  durations = new Int32Array(1 << 16);
  /** UTC, from 1970-01-01 on. */
  days = new Int32Array(1 << 16);
  /** A row an annotator. */
  readonly others: Int32Array;
  /** Milliseconds from 1970 on, of votes for a class. */
  readonly first: Float64Array;
  readonly last: Float64Array;

  constructor(readonly annotatorCount: number) {
    this.others = new Int32Array(annotatorCount * OTHERS);
    this.first = new Float64Array(annotatorCount).fill(Infinity);
    this.last = new Float64Array(annotatorCount).fill(-Infinity);
  }

  vote(annotator: number, given: number, duration: number, at: number): void {
    if (this.voteCount === this.annotators.length) this.grow();
    const vote = this.voteCount++;
    this.annotators[vote] = annotator;
    this.classes[vote] = given;
    this.durations[vote] = duration;
    this.days[vote] = Math.floor(at / DAY_MS);
    this.first[annotator] = Math.min(this.first[annotator]!, at);
    this.last[annotator] = Math.max(this.last[annotator]!, at);
  }

  /** @param outcome 1 to 3 */
  other(annotator: number, outcome: number): void {
    this.others[annotator * OTHERS + outcome - 1]!++;
  }

  private grow(): void {
    const size = this.annotators.length * 2;
    const grown = <Column extends Int32Array | Int16Array>(column: Column, larger: Column): Column => {
      larger.set(column);
      return larger;
    };
    this.annotators = grown(this.annotators, new Int32Array(size));
    this.classes = grown(this.classes, new Int16Array(size));
    this.durations = grown(this.durations, new Int32Array(size));
    this.days = grown(this.days, new Int32Array(size));
  }
}

/** Of the selected votes, those on selected items. */
export async function readActivity(client: pg.Client, task: ReportTask<{ selection: VoteSelection }>): Promise<Activity> {
  const activity = new Activity(task.annotatorCount);
  const isSelected = selectedItems(task);
  // The log is read in its order, as snapshots are.
  await client.query('set local enable_bitmapscan = off');
  for await (const rows of readCopy(client, `select item_code, annotator_code, class_index, outcome, coalesce(duration_ms, -1), ${GIVEN_AT} ${selectedAnswers(task)}`)) {
    while (rows.next()) {
      if (!isSelected(rows.int4())) continue;
      const annotator = rows.int4();
      const given = rows.int2();
      const outcome = rows.int2();
      if (outcome === 0) activity.vote(annotator, given, rows.int4(), rows.milliseconds());
      else activity.other(annotator, outcome);
    }
  }
  return activity;
}

function selectedItems({ itemCount, request: { selection: { items } } }: ReportTask<{ selection: VoteSelection }>): (item: number) => boolean {
  if (!items) return () => true;
  const mask = new Uint8Array(itemCount);
  for (const item of items) mask[item] = 1;
  return (item) => mask[item] === 1;
}
