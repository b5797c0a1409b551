import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { VoteTable } from '../../aggregation/index.js';
import type { Dictionary } from '../../formats/rows/dictionary.js';
import { readVoteColumns } from '../../formats/vote-columns.js';
import type { PhaseBar } from '../progress.js';
import { checking, Refusal, refusing } from '../refusal.js';

/** A file of votes, ready for any method. */
export interface Votes {
  table: VoteTable;
  /** Ids by index, items and annotators in the order of the file. */
  itemIds: Dictionary;
  annotatorIds: Dictionary;
  /** As the caller lists them; else sorted, so that their order does not depend on the order of the rows: as numbers where all are, else by code unit. */
  classes: string[];
  /** Rows such as SKIP, which are no votes. */
  otherOutcomes: number;
  unread: string[];
}

export const votesHelp = `
VOTES is a CSV file with a header or an NDJSON file, gzip or not; - is standard input. Columns: item (or task), annotator
(or worker, performer), class (or label); optional: outcome (CLASS, SKIP, UNSURE, CANNOT_LABEL). Every row counts, repeats too.`;

export function bytesOf(path: string): AsyncIterable<Uint8Array> {
  return path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
}

/** @param list the classes in their order, those without votes among them @throws Refusal naming file, line and value. */
export async function readVotes(path: string, bar: PhaseBar, list?: readonly string[], mayBeEmpty = false): Promise<Votes> {
  const repeated = list?.find((name, k) => list.indexOf(name) !== k);
  if (repeated !== undefined) throw new Refusal(`--classes names ${JSON.stringify(repeated)} twice`, true);
  if (list && list.length < 2) throw new Refusal(`--classes names ${JSON.stringify(list[0])} alone; there must be at least two classes`, true);
  const file = await refusing(path, async () => {
    bar.start('read', path === '-' ? 0 : (await stat(path)).size);
    return readVoteColumns(bytesOf(path), (bytes) => bar.advance(bytes));
  });
  const { classes, codes } = orderedClasses(file.classIds, file.classes, list);
  const table = checking(() => {
    if (codes.length > 0 && classes.length === 1) {
      throw new RangeError(`all ${codes.length} votes are for the class ${JSON.stringify(classes[0])}; there must be at least two classes`);
    }
    if (codes.length === 0 && !mayBeEmpty) throw new RangeError('there are no votes');
    return new VoteTable({
      items: file.items, annotators: file.annotators, classes: codes,
      itemCount: file.itemIds.size, annotatorCount: file.annotatorIds.size, classCount: classes.length,
    });
  }, `${path === '-' ? 'standard input' : path}: `);
  const { itemIds, annotatorIds, otherOutcomes, unread } = file;
  return { table, itemIds, annotatorIds, classes, otherOutcomes, unread };
}

export function isNumber(name: string): boolean {
  return /^[+-]?\d+(\.\d+)?$/.test(name);
}

/** @param list their order; sorted where there is none. @throws Refusal for a class with votes that the list leaves out. */
function orderedClasses(ids: Dictionary, codes: Int32Array, list?: readonly string[]): { classes: string[]; codes: Int32Array } {
  const names = ids.texts();
  const classes = list ? [...list] : sorted(names);
  const rank = new Map(classes.map((name, k) => [name, k]));
  const missing = names.find((name) => !rank.has(name));
  if (missing !== undefined) throw new Refusal(`--classes leaves out ${JSON.stringify(missing)}, which has votes`, true);
  const rankOf = Int32Array.from(names, (name) => rank.get(name)!);
  for (let vote = 0; vote < codes.length; vote++) codes[vote] = rankOf[codes[vote]!]!;
  return { classes, codes };
}

function sorted(names: readonly string[]): string[] {
  const areNumbers = names.every(isNumber);
  return names.toSorted((a, b) => (areNumbers ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
}
