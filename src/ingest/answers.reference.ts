import { passingReasons } from '../formats/foreign/fates.js';
import { platforms } from '../formats/platforms/platforms.js';
import { refusalMembers } from '../platform/http/refusals.js';
import { count, counts, flag, listOf, type Members, object, oneOf, orNull, type Schema, text } from '../platform/openapi.js';
import type { BulkAnswer } from './bulk.service.js';
import { type BulkReject, type BulkTally, REJECTS_TOLD, WARNINGS_TOLD } from './bulk-tally.js';
import type { ForeignAnswer, ForeignRefusal } from './foreign-import.service.js';

const line = count('The line of the file, from 1, where the row begins.');
const reject = object<BulkReject>('RejectedRow', { line, code: text('Why, for programs.'), message: text('Why, for people: with the value and the remedy.') });
const warning = object<BulkTally['warnings'][number]>('Warning', { line, message: text() });

const tally: Members<BulkTally> = {
  rows: count('Rows that were read, rejected ones included.'),
  rejected: count('Rows that were refused.'),
  rejects: listOf(reject, `The first ${REJECTS_TOLD} of them, in the order of the file.`),
  emptyRows: count('Rows of empty cells: they are passed over, and in no other count.'),
  unanswered: count('Rows whose answer is empty: they are passed over, and in no other count.'),
  unreadCells: count('Cells that could not be read and count as empty, in rows that are stored.'),
  warnings: listOf(warning, `The first ${WARNINGS_TOLD} of them, and names of classes that are all but the project's, each once.`),
  unreadColumns: listOf(text(), 'Columns of the file that mean nothing here.'),
};
const further: Members<Omit<BulkAnswer, keyof BulkTally>> = {
  resumedAfterRows: count('Rows that an earlier upload with the same key had brought, and that were not written again.'),
  replayed: flag('Whether an earlier upload with the same key had brought all of them.'),
};

const named = (name: string) => name[0]!.toUpperCase() + name.slice(1);
const countsOf = (counted: readonly string[]) => Object.fromEntries(counted.map((name) => [name, count()]));

/** @param counted what becomes of accepted rows, by the words of their sink */
export function uploadAnswer(name: string, counted: readonly string[]): Schema {
  return object<Record<string, unknown>>(`Uploaded${named(name)}`, { ...countsOf(counted), ...tally, ...further });
}

/** The answer to a file that cannot be read on. */
export function brokenUpload(name: string, counted: readonly string[]): Schema {
  const { code, message, requestId } = refusalMembers;
  const error = object(null, { code, message, line: orNull(count('Where the file cannot be read on; null where that is in no line.')), requestId });
  return object<Record<string, unknown>>(`Broken${named(name)}`, { error, ...countsOf(counted), ...tally });
}

const refusal = object<ForeignRefusal>('RefusedRecord', {
  file: text(), at: text('Where in the file: a line, a JSON pointer, both, or what the file itself calls the place.'), code: text('Why, for programs.'), message: text('Why, for people: with the value and the remedy.'),
});
const found = count('As found in the file.');

/** The answer to a file of another platform. */
export const foreignAnswer = object<ForeignAnswer>('Imported', {
  platform: oneOf(platforms.map(({ id }) => id)),
  dryRun: flag('Whether nothing was written.'),
  votes: object<ForeignAnswer['votes']>(null, { found, created: count(), superseded: count(), duplicate: count() }),
  classes: counts('Votes of a class, as found.'),
  outcomes: counts('Votes of an outcome, as found.'),
  unknownClasses: counts('Votes of classes that the project does not have, which are refused.'),
  annotators: count(),
  items: object<ForeignAnswer['items']>(null, { found, created: count() }),
  gold: object<ForeignAnswer['gold']>(null, { found, created: count(), updated: count() }),
  predictions: object<ForeignAnswer['predictions']>(null, { found, created: count() }),
  passed: counts('Records that are no votes by the word of the platform, by reason.', { enum: Object.keys(passingReasons) }),
  refused: counts('Records that were refused, by code.'),
  refusals: listOf(refusal, `The first ${REJECTS_TOLD} of them.`),
  notes: listOf(text()),
});
