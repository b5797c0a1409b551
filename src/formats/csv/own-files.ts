import { classColumn } from '../rows/tables.js';
import { unguard } from '../text/formula-guard.js';

/**
 * What files that Assay writes, and may be given again, begin with. By it alone a reader knows that apostrophes before signs were put
 * there by a writer of ours (see formula-guard.ts) and are no part of the text: a mark of another kind would not outlive
 * a spreadsheet or a data frame, which keep the columns.
 */
const beginnings: readonly (readonly string[])[] = [
  ['item', 'annotator', 'class', 'outcome', 'voteId', 'time', 'durationMs', 'comment', 'guidelineVersion', 'receivedAt'],
  ['item', 'class', 'reason', 'receivedAt'],
  ['item', 'payload', 'state', 'flagged', 'votes', 'otherOutcomes', 'leases', 'createdAt'],
  ['item', 'label', 'confidence', 'entropy', 'votes', 'tie'],
  ['item', 'kind', 'score', 'votes'],
];
/** Of predictions, which have nothing behind but a column for each class. */
const predictions = ['item', 'model', 'version'];

/** Whether a writer of ours wrote a file with these columns. */
export function isOwnFile(names: readonly string[]): boolean {
  const begins = (wanted: readonly string[]) => wanted.every((name, column) => names[column] === name);
  return beginnings.some(begins) || (begins(predictions) && names.length > predictions.length && names.slice(predictions.length).every((name) => name.startsWith(classColumn(''))));
}

/** A column's name without the guard that the writer put into it: into what stands for a class, as into cells that name it. */
export function unguardedName(name: string): string {
  const prefix = classColumn('');
  const start = name.startsWith(prefix) ? prefix.length : 0;
  const bytes = Buffer.from(name.slice(start));
  return name.slice(0, start) + bytes.toString('utf8', 0, unguard(bytes, 0, bytes.length));
}
