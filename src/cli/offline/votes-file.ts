import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { classScale, sortedClasses, VoteTable } from '../../aggregation/index.js';
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
  /** As `--classes` has them, else sorted: see `sortedClasses`. */
  classes: string[];
  /** Rows such as SKIP, which are no votes. */
  otherOutcomes: number;
  unread: string[];
}

export interface ReadingOptions {
  /** The classes in their order; those that have votes, sorted, if absent. */
  classes?: string[];
  /** Whether a file without votes will do; it is refused if absent. */
  mayBeEmpty?: boolean;
}

export const votesHelp = `
VOTES is a CSV file with a header or an NDJSON file, gzip or not; - is standard input. Columns: item (or task), annotator
(or worker, performer), class (or label); optional: outcome (CLASS, SKIP, UNSURE, CANNOT_LABEL). Every row counts, repeats too.`;

export function bytesOf(path: string): AsyncIterable<Uint8Array> {
  return path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
}

/** @throws Refusal naming file, line and value. */
export async function readVotes(path: string, bar: PhaseBar, { classes: list, mayBeEmpty = false }: ReadingOptions = {}): Promise<Votes> {
  const file = await refusing(path, async () => {
    bar.start('read', path === '-' ? 0 : (await stat(path)).size);
    return readVoteColumns(bytesOf(path), (bytes) => bar.advance(bytes));
  });
  const { classes, codes } = inOrder(file.classIds, file.classes, list);
  const table = checking(() => {
    if (codes.length === 0 && !mayBeEmpty) throw new RangeError('there are no votes');
    return new VoteTable({
      items: file.items, annotators: file.annotators, classes: codes,
      itemCount: file.itemIds.size, annotatorCount: file.annotatorIds.size, classCount: classes.length,
      classScale: classScale(classes, list != null),
    });
  }, `${path === '-' ? 'standard input' : path}: `);
  const { itemIds, annotatorIds, otherOutcomes, unread } = file;
  return { table, itemIds, annotatorIds, classes, otherOutcomes, unread };
}

/** `--classes`: a list separated by commas, or a JSON list where a class has a comma. */
export function classList(written: string): string[] {
  const list: unknown = written.startsWith('[') ? parsed(written) : written.split(',');
  if (!Array.isArray(list) || list.length === 0 || list.some((name) => typeof name !== 'string' || name === '')) throw new InvalidArgumentError('It must be a list such as low,medium,high, or ["low","medium","high"].');
  const repeated = (list as string[]).find((name, k) => list.indexOf(name) !== k);
  if (repeated !== undefined) throw new InvalidArgumentError(`${JSON.stringify(repeated)} is named twice.`);
  return list as string[];
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return null;
  }
}

/** @throws Refusal where a class that has votes is not on the list. */
function inOrder(ids: Dictionary, codes: Int32Array, list: string[] | undefined): { classes: string[]; codes: Int32Array } {
  const names = ids.texts();
  const classes = list ?? sortedClasses(names);
  const place = new Map(classes.map((name, k) => [name, k]));
  const missing = names.find((name) => !place.has(name));
  if (missing !== undefined) throw new Refusal(`--classes leaves out ${JSON.stringify(missing)}, which has votes`, true);
  const placeOf = Int32Array.from(names, (name) => place.get(name)!);
  for (let vote = 0; vote < codes.length; vote++) codes[vote] = placeOf[codes[vote]!]!;
  return { classes, codes };
}
