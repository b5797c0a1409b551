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

/**
 * @param known rows to keep besides those the votes use (what is known of annotators from elsewhere).
 * @throws RangeError with the memory it would take, above 4 GiB.
 */
export function confusionRows(votes: VoteTable, known?: ConfusionMatrices): ConfusionRows {
  const { annotatorCount: M, classCount: K, classes, candidateSets } = votes;
  const byAnnotator = votes.byAnnotator();
  const offsets = new Int32Array(M + 1);
  const labels: number[] = [];
  const codes = new Int32Array(votes.voteCount);
  const setOffsets = [0];
  const setStarts: number[] = [];
  const rowOf = new Int32Array(K).fill(-1);

  const classesOf = (code: number): ArrayLike<number> =>
    code < K ? [code] : candidateSets!.classes.subarray(candidateSets!.offsets[code - K], candidateSets!.offsets[code - K + 1]);

  for (let annotator = 0; annotator < M; annotator++) {
    const first = byAnnotator.offsets[annotator]!;
    const last = byAnnotator.offsets[annotator + 1]!;
    const used: number[] = [];
    const use = (label: number) => {
      if (rowOf[label] === -1) {
        rowOf[label] = 0;
        used.push(label);
      }
    };
    for (let i = first; i < last; i++) {
      const code = classes[byAnnotator.votes[i]!]!;
      if (code < K) use(code);
      else Array.from(classesOf(code), use);
    }
    for (let row = known?.offsets[annotator] ?? 0; row < (known?.offsets[annotator + 1] ?? 0); row++) use(known!.labels[row]!);
    used.sort((a, b) => a - b);
    for (const label of used) rowOf[label] = labels.push(label) - 1;
    for (let i = first; i < last; i++) {
      const vote = byAnnotator.votes[i]!;
      const code = classes[vote]!;
      if (code < K) {
        codes[vote] = rowOf[code]! * K;
        continue;
      }
      codes[vote] = ~(setOffsets.length - 1);
      for (const label of Array.from(classesOf(code))) setStarts.push(rowOf[label]! * K);
      setOffsets.push(setStarts.length);
    }
    for (const label of used) rowOf[label] = -1;
    offsets[annotator + 1] = labels.length;
    const bytes = 2 * 8 * K * labels.length;
    if (bytes > LIMIT_BYTES) throw tooLarge(votes, bytes, annotator + 1);
  }
  return {
    offsets,
    labels: Int32Array.from(labels),
    codes,
    sets: setOffsets.length > 1 ? { offsets: Int32Array.from(setOffsets), starts: Int32Array.from(setStarts) } : null,
  };
}

function tooLarge(votes: VoteTable, bytes: number, annotators: number): RangeError {
  const expected = ((bytes / annotators) * votes.annotatorCount) / 2 ** 30;
  return new RangeError(
    `confusion matrices of ${votes.annotatorCount} annotators over ${votes.classCount} classes would take about ${expected.toFixed(1)} GiB, ` +
      `more than ${LIMIT_BYTES / 2 ** 30}: use a method without confusion matrices (e.g. one-coin), or fewer classes`,
  );
}
