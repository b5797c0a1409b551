import type pg from 'pg';
import { ascendingOrder } from '../aggregation/index.js';
import type { Reported, ReportTask } from '../reports/report-kind.js';
import type { ReportedTable } from '../reports/report-pages.js';
import { histogram, leadTimes, type LeadTimes } from './lead-times.js';
import { OTHERS, readActivity, type Activity } from './read-activity.js';
import type { VoteSelection } from './vote-selection.js';

/** Complete. */
export interface ActivityRequest {
  classes: string[];
  selection: VoteSelection;
}

export interface ActivityResult {
  votes: number;
  /** SKIP, UNSURE, CANNOT_LABEL. */
  others: number[];
  withoutLeadTime: number;
  leadTime: (LeadTimes & { histogram: number[] }) | null;
}

export function read(client: pg.Client, task: ReportTask<ActivityRequest>): Promise<Activity> {
  return readActivity(client, task);
}

export function report(activity: Activity, { request: { classes } }: ReportTask<ActivityRequest>): Reported<ActivityResult> {
  const { voteCount, others } = activity;
  const known = activity.durations.subarray(0, voteCount).filter((duration) => duration >= 0);
  const overall = leadTimes(known);
  const sums = Array.from({ length: OTHERS }, (_, o) => others.reduce((sum, count, i) => (i % OTHERS === o ? sum + count : sum), 0));
  return {
    result: { votes: voteCount, others: sums, withoutLeadTime: voteCount - known.length, leadTime: overall && { ...overall, histogram: histogram(known) } },
    tables: tablesOf(activity, classes.length),
  };
}

function tablesOf(activity: Activity, classCount: number): ReportedTable[] {
  const { annotatorCount, voteCount, others, first, last } = activity;
  const offsets = offsetsOf(activity);
  const places = placesOf(activity, offsets);
  const isThere = (j: number) => offsets[j + 1]! > offsets[j]! || others.subarray(j * OTHERS, (j + 1) * OTHERS).some((count) => count > 0);
  const annotators = Int32Array.from({ length: annotatorCount }, (_, j) => j).filter(isThere);
  const cells = runLengths(moved(activity.classes.subarray(0, voteCount), places), offsets);
  const days = runLengths(moved(activity.days.subarray(0, voteCount), places), offsets);
  const durations = moved(activity.durations.subarray(0, voteCount), places);
  const times = Array.from(annotators, (j) => leadTimes(durations.subarray(offsets[j], offsets[j + 1]).filter((duration) => duration >= 0)));
  const votes = annotators.map((j) => offsets[j + 1]! - offsets[j]!);
  const time = (of: (one: LeadTimes) => number) => Float64Array.from(times, (one) => (one ? of(one) : NaN));
  const [median, lastVote] = [time((one) => one.median), Float64Array.from(annotators, (j) => last[j]!)];
  const crowd = new Int32Array(classCount);
  for (let vote = 0; vote < voteCount; vote++) crowd[activity.classes[vote]!]!++;
  return [
    {
      name: 'annotators',
      columns: {
        annotator: annotators, votes, ...othersOf(annotators, others), ...stretchesOf('Cell', annotators, cells.offsets), ...stretchesOf('Day', annotators, days.offsets),
        timed: Int32Array.from(times, (one) => one?.votes ?? 0), mean: time((one) => one.mean), median, p10: time((one) => one.p10), p90: time((one) => one.p90),
        firstVote: Float64Array.from(annotators, (j) => first[j]!), lastVote,
      },
      orders: {
        ANNOTATOR: rows(annotators.length),
        VOTES: ascendingOrder(Float64Array.from(votes, (count) => -count)),
        // Those without one come last.
        LEAD_TIME: ascendingOrder(median.map((one) => (Number.isNaN(one) ? Infinity : one))),
        LAST_VOTE: ascendingOrder(lastVote.map((one) => -one)),
      },
    },
    { name: 'cells', columns: { class: cells.values, votes: cells.counts, crowd: cells.values.map((k) => crowd[k]!) }, orders: { ANNOTATOR: rows(cells.values.length) } },
    { name: 'days', columns: { day: days.values, votes: days.counts }, orders: { ANNOTATOR: rows(days.values.length) } },
  ];
}

function othersOf(annotators: Int32Array, others: Int32Array) {
  const [skip, unsure, cannotLabel] = Array.from({ length: OTHERS }, (_, o) => annotators.map((j) => others[j * OTHERS + o]!));
  return { skip: skip!, unsure: unsure!, cannotLabel: cannotLabel! };
}

/** Where an annotator's rows lie in another table: firstCell and cellCount, for one. */
function stretchesOf(name: 'Cell' | 'Day', annotators: Int32Array, offsets: Int32Array): Record<string, Int32Array> {
  return { [`first${name}`]: annotators.map((j) => offsets[j]!), [`${name.toLowerCase()}Count`]: annotators.map((j) => offsets[j + 1]! - offsets[j]!) };
}

/** Where the votes of each annotator begin once they lie together. */
function offsetsOf({ annotators, voteCount, annotatorCount }: Activity): Int32Array {
  const offsets = new Int32Array(annotatorCount + 1);
  for (let vote = 0; vote < voteCount; vote++) offsets[annotators[vote]! + 1]!++;
  for (let j = 0; j < annotatorCount; j++) offsets[j + 1]! += offsets[j]!;
  return offsets;
}

/** Where each vote goes, so that those of one annotator lie together. */
function placesOf({ annotators, voteCount }: Activity, offsets: Int32Array): Int32Array {
  const next = offsets.slice();
  const places = new Int32Array(voteCount);
  for (let vote = 0; vote < voteCount; vote++) places[vote] = next[annotators[vote]!]!++;
  return places;
}

function moved(column: Int32Array | Int16Array, places: Int32Array): Int32Array {
  const target = new Int32Array(column.length);
  for (let vote = 0; vote < column.length; vote++) target[places[vote]!] = column[vote]!;
  return target;
}

/** The distinct values of each stretch, ascending, and how often each is there. Sorts the stretches in place. */
function runLengths(column: Int32Array, offsets: Int32Array): { offsets: Int32Array; values: Int32Array; counts: Int32Array } {
  const own = new Int32Array(offsets.length);
  const values = new Int32Array(column.length);
  const counts = new Int32Array(column.length);
  let run = -1;
  for (let j = 0; j + 1 < offsets.length; j++) {
    const stretch = column.subarray(offsets[j], offsets[j + 1]).sort();
    for (let i = 0; i < stretch.length; i++) {
      if (i === 0 || stretch[i] !== stretch[i - 1]) values[++run] = stretch[i]!;
      counts[run]!++;
    }
    own[j + 1] = run + 1;
  }
  return { offsets: own, values: values.slice(0, run + 1), counts: counts.slice(0, run + 1) };
}

function rows(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => row);
}
