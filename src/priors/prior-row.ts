import { USUAL_PRIOR_VOTES } from '../aggregation/index.js';
import { rejectedRow, requireRowCount, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { ClassNames } from '../projects/class-names.js';

/** One row as a caller sends it. */
export interface PriorRow {
  annotator: string;
  accuracy?: number | null;
  counts?: { truth: string; vote: string; count: number }[] | null;
  votes?: number | null;
  reason?: string | null;
}

/** What may be written of an annotator: an accuracy, or counts of any scale. */
export interface CheckedPrior {
  index: number;
  annotator: string;
  votes: number;
  accuracy: number | null;
  cells: { truths: number[]; labels: number[]; counts: number[] } | null;
  reason: string | null;
  source: { projectId: number; runId: number } | null;
}

const REASON_BYTES = 10_000;
export const MOST_VOTES = 1_000_000;
const MOST_CELLS = 100_000;

type Fault = [code: string, message: string];

/**
 * Rows that may be written, and the results of those that may not.
 * @throws for no rows and for too many.
 */
export function checkPriorRows(rows: readonly PriorRow[], classes: readonly string[]): { accepted: CheckedPrior[]; results: RowResult[] } {
  requireRowCount(rows, 'input.rows');
  const names = new ClassNames(classes);
  const { accepted: named, results } = checkAnnotators(rows.map((row) => row.annotator), 'input.rows');
  const accepted: CheckedPrior[] = [];
  for (const [annotator, index] of named) {
    const checked = checkPrior(rows[index]!, names);
    if (Array.isArray(checked)) results[index] = rejectedRow(index, ...checked);
    else accepted.push({ index, annotator, ...checked, source: null });
  }
  return { accepted, results };
}

function checkPrior({ accuracy = null, counts = null, votes = null, reason = null }: PriorRow, names: ClassNames): Fault | Omit<CheckedPrior, 'index' | 'annotator' | 'source'> {
  const unclear = reason == null ? null : textFault(reason, REASON_BYTES);
  if (unclear) return ['INVALID_REASON', `reason ${excerpt(reason!)}: ${unclear}`];
  if ((accuracy == null) === (counts == null)) return ['INVALID_PRIOR', `give an accuracy or counts, ${accuracy == null ? 'one of them' : 'not both'}`];
  if (votes != null && !(votes > 0 && votes <= MOST_VOTES)) return ['INVALID_VOTES', `votes ${votes} is not above 0 and at most ${MOST_VOTES}`];
  if (accuracy != null) {
    if (!(accuracy >= 0 && accuracy <= 1)) return ['INVALID_ACCURACY', `accuracy ${accuracy} is not from 0 to 1${accuracy > 1 && accuracy <= 100 ? '; a percentage is given as its hundredth' : ''}`];
    return { accuracy, cells: null, votes: votes ?? USUAL_PRIOR_VOTES, reason };
  }
  const cells = cellsOf(counts!, names);
  if (Array.isArray(cells)) return cells;
  const total = cells.counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return ['INVALID_COUNTS', 'the counts are all 0, which tells nothing; leave the annotator out, or remove what is known of them (removeAnnotatorPriors)'];
  if (votes == null && total > MOST_VOTES) return ['INVALID_COUNTS', `the counts sum to ${total}, more than ${MOST_VOTES}; say by votes how much they count as`];
  return { accuracy: null, cells, votes: votes ?? total, reason };
}

function cellsOf(counts: readonly { truth: string; vote: string; count: number }[], names: ClassNames): Fault | NonNullable<CheckedPrior['cells']> {
  if (counts.length > MOST_CELLS) return ['INVALID_COUNTS', `there are ${counts.length} counts, more than ${MOST_CELLS}; leave out those of 0`];
  const cells = { truths: [] as number[], labels: [] as number[], counts: [] as number[] };
  const seen = new Set<string>();
  for (const { truth, vote, count } of counts) {
    const places: number[] = [];
    for (const name of [truth, vote]) {
      const place = names.indexOf(name);
      if (place == null) return ['UNKNOWN_CLASS', names.refusal(name, names.nearest(name))];
      places.push(place);
    }
    if (!(count >= 0 && count < Infinity)) return ['INVALID_COUNTS', `the count ${count} of votes for ${excerpt(vote)} where ${excerpt(truth)} is true is not 0 or more`];
    if (seen.has(places.join())) return ['INVALID_COUNTS', `votes for ${excerpt(vote)} where ${excerpt(truth)} is true are counted twice; give their sum once`];
    seen.add(places.join());
    if (count === 0) continue;
    cells.truths.push(places[0]!);
    cells.labels.push(places[1]!);
    cells.counts.push(count);
  }
  return cells;
}

/** Annotators that are named, each with the row that names them first, and the results of the other rows. */
export function checkAnnotators(ids: readonly string[], field: string): { accepted: Map<string, number>; results: RowResult[] } {
  requireRowCount(ids, field);
  const accepted = new Map<string, number>();
  const results: RowResult[] = [];
  ids.forEach((id, index) => {
    const fault = textFault(id);
    const earlier = accepted.get(id);
    if (fault) results[index] = rejectedRow(index, 'INVALID_ID', `annotator ${excerpt(id)}: ${fault}`);
    else if (earlier != null) results[index] = rejectedRow(index, 'REPEATED_ROW', `annotator ${excerpt(id)} is row ${earlier} already`);
    else accepted.set(id, index);
  });
  return { accepted, results };
}
