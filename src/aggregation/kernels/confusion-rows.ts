import type { ConfusionMatrices } from '../method.js';
import type { VoteTable } from '../vote-table.js';

/**
 * Which entries the confusion matrices keep: one row for each (annotator, class the annotator used), K true classes wide.
 * Rows run by annotator, then by class, so that one annotator's rows lie together.
 */
export interface ConfusionRows {
  /** M + 1: the rows of annotator a are offsets[a] up to offsets[a + 1]. */
  offsets: Int32Array;
  /** The class of each row. */
  labels: Int32Array;
  /** One a vote: where its row starts in a rows x K array, row * K; for a vote for a candidate set, ~i with i into `sets`. */
  codes: Int32Array;
  /** Of the votes for candidate sets: the starts of their members' rows, `starts[offsets[i]]` up to `offsets[i + 1]`. */
  sets: { offsets: Int32Array; starts: Int32Array } | null;
}

/** Two rows x K arrays of doubles; more is refused, since a run would die for want of memory instead of saying so. */
const LIMIT_BYTES = 4 * 2 ** 30;

/** Entries of the table from (annotator, class) to row; annotators are taken in blocks that fit in it. */
const TABLE_ENTRIES = 2 ** 24;

/**
 * @param known rows to keep besides those the votes use (what is known of annotators from elsewhere).
 * @throws RangeError with the memory it would take, above 4 GiB.
 */
export function confusionRows(votes: VoteTable, known?: ConfusionMatrices): ConfusionRows {
  const { annotatorCount: M, classCount: K, annotators, classes, candidateSets, voteCount } = votes;
  const offsets = new Int32Array(M + 1);
  const labels: number[] = [];
  const codes = new Int32Array(voteCount);
  const sets = candidateSets && setVotes(votes, codes);

  const block = Math.max(1, Math.min(M, Math.floor(TABLE_ENTRIES / K)));
  const table = new Int32Array(block * K);
  for (let from = 0; from < M; from += block) {
    const to = Math.min(M, from + block);
    table.fill(-1);
    // Mark what is used, number it in order, look every vote up.
    for (let vote = 0; vote < voteCount; vote++) {
      const annotator = annotators[vote]!;
      if (annotator < from || annotator >= to) continue;
      const at = (annotator - from) * K;
      const label = classes[vote]!;
      if (label < K) table[at + label] = 0;
      else for (let m = candidateSets!.offsets[label - K]!; m < candidateSets!.offsets[label - K + 1]!; m++) table[at + candidateSets!.classes[m]!] = 0;
    }
    if (known) for (let a = from; a < to; a++) for (let row = known.offsets[a]!; row < known.offsets[a + 1]!; row++) table[(a - from) * K + known.labels[row]!] = 0;
    for (let annotator = from; annotator < to; annotator++) {
      for (let label = 0; label < K; label++) if (table[(annotator - from) * K + label] === 0) table[(annotator - from) * K + label] = labels.push(label) - 1;
      offsets[annotator + 1] = labels.length;
      const bytes = 2 * 8 * K * labels.length;
      if (bytes > LIMIT_BYTES) throw tooLarge(votes, bytes, annotator + 1);
    }
    for (let vote = 0; vote < voteCount; vote++) {
      const annotator = annotators[vote]!;
      if (annotator < from || annotator >= to) continue;
      const at = (annotator - from) * K;
      const label = classes[vote]!;
      if (label < K) {
        codes[vote] = table[at + label]! * K;
        continue;
      }
      const first = candidateSets!.offsets[label - K]!;
      const start = sets!.offsets[~codes[vote]!]!;
      for (let m = first; m < candidateSets!.offsets[label - K + 1]!; m++) sets!.starts[start + m - first] = table[at + candidateSets!.classes[m]!]! * K;
    }
  }
  return { offsets, labels: Int32Array.from(labels), codes, sets };
}

/** Numbers the votes for candidate sets and makes room for their members' rows. */
function setVotes({ classes, classCount: K, candidateSets }: VoteTable, codes: Int32Array): ConfusionRows['sets'] {
  const offsets = [0];
  for (let vote = 0; vote < classes.length; vote++) {
    const set = classes[vote]! - K;
    if (set < 0) continue;
    codes[vote] = ~(offsets.length - 1);
    offsets.push(offsets.at(-1)! + candidateSets!.offsets[set + 1]! - candidateSets!.offsets[set]!);
  }
  return offsets.length > 1 ? { offsets: Int32Array.from(offsets), starts: new Int32Array(offsets.at(-1)!) } : null;
}

function tooLarge(votes: VoteTable, bytes: number, annotators: number): RangeError {
  const expected = ((bytes / annotators) * votes.annotatorCount) / 2 ** 30;
  return new RangeError(
    `confusion matrices of ${votes.annotatorCount} annotators over ${votes.classCount} classes would take about ${expected.toFixed(1)} GiB, ` +
      `more than ${LIMIT_BYTES / 2 ** 30}: use a method without confusion matrices (e.g. one-coin), or fewer classes`,
  );
}

/** Adds matrices over some of the same rows to a rows x K array. */
export function addMatrices(into: Float64Array, rows: Pick<ConfusionRows, 'offsets' | 'labels'>, matrices: ConfusionMatrices, K: number): void {
  for (let annotator = 0; annotator + 1 < rows.offsets.length; annotator++) {
    let row = rows.offsets[annotator]!;
    for (let source = matrices.offsets[annotator]!; source < matrices.offsets[annotator + 1]!; source++) {
      while (rows.labels[row] !== matrices.labels[source]) row++;
      for (let k = 0; k < K; k++) into[row * K + k]! += matrices.values[source * K + k]!;
    }
  }
}
