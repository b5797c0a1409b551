import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { classScale, classWarnings, repeatPolicies, sortedClasses, standingVotes, VoteTable, type Repeats } from '../../aggregation/index.js';
import type { Dictionary } from '../../formats/rows/dictionary.js';
import { asWide, columnMap, mapped, type ColumnMap } from '../../formats/rows/table.js';
import { voteTable } from '../../formats/rows/tables.js';
import { readForeignVotes } from '../../formats/foreign-votes.js';
import { openForeign } from '../../formats/platforms/open.js';
import { readVoteColumns, type VoteFile } from '../../formats/vote-columns.js';
import { type ForeignFlags, fromHelp, fromOptions, linesOf, optionsFrom, requireFrom, withFiles } from '../foreign/options.js';
import type { PhaseBar } from '../progress.js';
import { checking, Refusal, refusing } from '../refusal.js';
import { visible } from '../terminal.js';

/** A file of votes, ready for any method. */
export interface Votes {
  table: VoteTable;
  /** Ids by index, items and annotators in the order of the file. */
  itemIds: Dictionary;
  annotatorIds: Dictionary;
  /** As `--classes` has them, else sorted: see `sortedClasses`. */
  classes: string[];
  /** Standing rows such as SKIP, which are no votes. */
  otherOutcomes: number;
  /** Rows that do not count since another vote of the same annotator on the same item stands. */
  repeats: number;
  /** What the user should know of the file. */
  notes: string[];
}

/** Options of importing that commands on votes have by the same name for something else, or for themselves. */
const ownNames = ['classes', 'gold', 'predictions'] as const;

/** What `votesOptions` takes. */
export interface VotesFlags extends Omit<ForeignFlags, (typeof ownNames)[number]> {
  /** The classes in their order; those that have votes, sorted, if absent. */
  classes?: string[];
  /** A policy of projects, in small letters with hyphens. */
  repeats: string;
  /** The file's names for columns. */
  map?: ColumnMap;
  wide?: boolean;
  /** False with `--no-header`. */
  header?: boolean;
}

export interface ReadingOptions extends Partial<VotesFlags> {
  /** Whether a file without votes will do; it is refused if absent. */
  mayBeEmpty?: boolean;
  /** Classes to have beside those that are voted. */
  also?: string[];
}

/**
 * How a file of votes is to be read.
 * @param classes what the list of classes is for
 */
export function votesOptions(command: Command, classes: string): Command {
  return fromOptions(command.option('--classes <list>', classes, classList).addOption(repeatsOption()).addOption(mapOption()).addOption(wideOption()), ownNames);
}

export const votesHelp = `
VOTES is a CSV file with a header or an NDJSON file, gzip or not; - is standard input. Columns: item (or task), annotator
(or worker, performer), class (or label); optional: outcome (CLASS, SKIP, UNSURE, CANNOT_LABEL),
time. Rows without an answer are passed over. With --wide it is a CSV file with a row an item: the item in the column item, in the one
that --map item=NAME tells, or in the first, and a column for each annotator; empty cells are no votes. One vote of an annotator on an item counts, see --repeats.${fromHelp}`;

export function bytesOf(path: string): AsyncIterable<Uint8Array> {
  return path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
}

/**
 * @param paths one file; several only where they are another platform's
 * @throws Refusal naming file, line and value
 */
export async function readVotes(paths: readonly string[], bar: PhaseBar, options: ReadingOptions = {}): Promise<Votes> {
  const { classes: list, also, repeats: written = 'keep-last', mayBeEmpty = false } = options;
  const policy = written.toUpperCase().replace('-', '_') as Repeats;
  const { file, notes } = options.from === undefined ? await readOwn(paths, bar, options) : await readForeign(paths, bar, options);
  return checking(() => {
    const { votes, repeats } = standing(file, policy);
    if (votes.classes.length === 0 && !mayBeEmpty) throw new RangeError(['there are no votes', ...notes].join('; '));
    const { classes, codes } = inOrder(file.classIds, votes.classes, list, also);
    const table = new VoteTable({
      items: votes.items, annotators: votes.annotators, classes: codes,
      itemCount: file.itemIds.size, annotatorCount: file.annotatorIds.size, classCount: classes.length,
      classScale: classScale(classes, list != null),
    });
    const { itemIds, annotatorIds } = file;
    return { table, itemIds, annotatorIds, classes, otherOutcomes: votes.otherOutcomes, repeats, notes: [...notes, ...notesOn(file, repeats, policy, classes)] };
  }, `${paths[0] === '-' ? 'standard input' : paths[0]}: `);
}

interface ReadVotes {
  file: VoteFile;
  notes: string[];
}

async function readOwn(paths: readonly string[], bar: PhaseBar, { map, wide = false, ...flags }: ReadingOptions): Promise<ReadVotes> {
  requireFrom(flags, ownNames);
  const [path, second] = paths;
  if (second !== undefined) throw new Refusal(`${visible(second)} is a second file; several files are read with --from, which tells whose they are`, true);
  checking(() => mapped(wide ? asWide(voteTable) : voteTable, map ?? {}), '--map: ', true);
  const file = await refusing(path!, async () => {
    bar.start('read', path === '-' ? 0 : (await stat(path!)).size);
    return readVoteColumns(bytesOf(path!), { onBytes: (bytes) => bar.advance(bytes), map, wide });
  });
  return { file, notes: [] };
}

/** Votes of another platform; what else is in its files is told. */
async function readForeign(paths: readonly string[], bar: PhaseBar, { from, map, wide, classes, ...flags }: ReadingOptions): Promise<ReadVotes> {
  if (map || wide) throw new Refusal(`${map ? '--map' : '--wide'} is for files without --from, which knows the columns of a platform`, true);
  const options = await optionsFrom({ ...flags, from }, { classes });
  return withFiles(paths, (bytes) => bar.advance(bytes), async (files, bytes) => {
    bar.start('read', bytes);
    const opened = await openForeign(from!, files, options, classes ?? null).catch((error: unknown) => checking(() => { throw error; }, '', true));
    const { file, survey, refused, notes } = await readForeignVotes(opened);
    const gold = survey.gold > 0 ? [`gold answers are left to assay import, which sets them: ${survey.gold} in the file`] : [];
    return { file, notes: [...linesOf(survey, refused, notes), ...gold] };
  });
}

/** The votes that stand by the policy, those for classes apart from other outcomes. */
function standing(file: VoteFile, policy: Repeats) {
  const { items, annotators, classes: answers, times, itemIds, annotatorIds } = file;
  const { stands, repeats } = standingVotes({ items, annotators, answers, times, itemCount: itemIds.size, annotatorCount: annotatorIds.size }, policy);
  const otherOutcomes = answers.reduce((count, answer, vote) => (answer < 0 && stands[vote] ? count + 1 : count), 0);
  if (repeats === 0 && otherOutcomes === 0) return { votes: { items, annotators, classes: answers, otherOutcomes }, repeats };
  const isVote = (_: number, vote: number) => stands[vote] === 1 && answers[vote]! >= 0;
  return { votes: { items: items.filter(isVote), annotators: annotators.filter(isVote), classes: answers.filter(isVote), otherOutcomes }, repeats };
}

const whatStands: Record<Repeats, string> = {
  KEEP_LAST: 'the last of one annotator on one item counts', KEEP_FIRST: 'the first of one annotator on one item counts',
  REJECT: 'the first of one annotator on one item counts', KEEP_ALL: 'all count',
};

function notesOn({ unanswered, emptyRows, lostTimes, firstLostTime, unread }: VoteFile, repeats: number, policy: Repeats, classes: readonly string[]): string[] {
  const rows = (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`;
  return [
    ...(repeats > 0 ? [`${rows(repeats)} repeated an annotator's vote on an item: ${whatStands[policy]}; --repeats chooses otherwise`] : []),
    ...(unanswered > 0 ? [`${rows(unanswered)} without an answer passed over`] : []),
    ...(emptyRows > 0 ? [`${rows(emptyRows)} of empty cells passed over`] : []),
    ...(lostTimes > 0 ? [`${lostTimes} ${lostTimes === 1 ? 'time' : 'times'} not read, the votes are; the first: ${firstLostTime}`] : []),
    ...classWarnings(classes),
    ...(unread.length > 0 ? [`columns not read: ${unread.map(visible).join(', ')}`] : []),
  ];
}

function repeatsOption(): Option {
  const names = repeatPolicies.map((policy) => policy.toLowerCase().replace('_', '-'));
  return new Option('--repeats <policy>', 'which of several votes of one annotator on one item count, by their times where both have one, else by the order of the file')
    .choices(names).default(names[0]);
}

function mapOption(): Option {
  return new Option('--map <list>', "the file's names for columns, such as item=task_id,annotator=worker_id").argParser((written) => {
    try {
      mapped(voteTable, columnMap(written));
      return columnMap(written);
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
  });
}

/** `--wide`: the file of votes has a row an item. */
export function wideOption(): Option {
  return new Option('--wide', 'a row of the file is an item, and each column but that of the item an annotator');
}

/** A list separated by commas, or a JSON list where a class has a comma. */
function classList(written: string): string[] {
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
function inOrder(ids: Dictionary, codes: Int32Array, list: string[] | undefined, also: string[] = []): { classes: string[]; codes: Int32Array } {
  const names = ids.texts();
  const classes = list ?? sortedClasses(new Set([...names, ...also]));
  const place = new Map(classes.map((name, k) => [name, k]));
  const missing = names.find((name) => !place.has(name));
  if (missing !== undefined) throw new Refusal(`--classes leaves out ${JSON.stringify(missing)}, which has votes`, true);
  const placeOf = Int32Array.from(names, (name) => place.get(name)!);
  for (let vote = 0; vote < codes.length; vote++) codes[vote] = placeOf[codes[vote]!]!;
  return { classes, codes };
}
