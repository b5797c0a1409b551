import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FileRefused, type Fate, type FateOf } from '../../../src/formats/foreign/fates.js';
import { Order } from '../../../src/formats/foreign/in-order.js';
import { importOptions, importOptionSpecs } from '../../../src/formats/foreign/options.js';
import type { ForeignFile } from '../../../src/formats/foreign/platform.js';
import { FaultInFile } from '../../../src/formats/foreign/read.js';
import { momentIn } from '../../../src/formats/text/moment.js';
import { openForeign } from '../../../src/formats/platforms/open.js';

/** What a case's options.json says. */
export interface Case {
  files: string[];
  options: Record<string, unknown> & { from: string };
  classes?: string[];
  fileRefused?: { code: string; names: string[] };
}

/** The cells of a small CSV file. */
export function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g);
  let row: string[] = [];
  for (const [, quoted, plain, end] of cells) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (end === '') break;
  }
  return rows;
}

/** The rows of a table of what is expected, without its header; none where it is not there. */
export function expectedRows(folder: string, name: string): string[][] {
  const path = join(folder, name);
  return existsSync(path) ? cellsOf(readFileSync(path, 'utf8')).slice(1) : [];
}

/** A case's options as a caller has them. */
export function optionsOf(options: Case['options'], folder: string) {
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'from').map(([name, value]) => {
    if (name === 'pairs') return ['pair', new Map(value as [string, string][])];
    const { kind } = importOptionSpecs.find((spec) => spec.name === camel(name))!;
    return [camel(name), kind === 'json' ? readFileSync(join(folder, value as string), 'utf8') : value];
  }));
  return importOptions(given);
}

export function fileAt(folder: string, path: string): ForeignFile {
  return { name: basename(path), path, open: () => createReadStream(join(folder, path)) };
}

export interface Found {
  fates: Fate[];
  /** In the order in which they are sent. */
  votes: FateOf<'vote'>[];
  refused: FileRefused | null;
}

/** All that comes of files, read as an import does. @throws what is no refusal of a file */
export async function found(from: string, files: ForeignFile[], options: ReturnType<typeof importOptions>, classes: readonly string[] | null): Promise<Found> {
  const result: Found = { fates: [], votes: [], refused: null };
  try {
    const foreign = await openForeign(from, files, options, classes);
    const order = new Order();
    for await (const fates of foreign.fates()) {
      order.see(fates);
      result.fates.push(...fates);
    }
    for await (const votes of order.votes(foreign.fates())) result.votes.push(...votes);
  } catch (fault) {
    if (!(fault instanceof FaultInFile) || !(fault.fault instanceof FileRefused)) throw fault;
    result.refused = fault.fault;
  }
  return result;
}

export function ofKind<Kind extends Fate['fate']>(fates: readonly Fate[], kind: Kind): FateOf<Kind>[] {
  return fates.filter((fate): fate is FateOf<Kind> => fate.fate === kind);
}

/** A row of expected.csv, its time as a moment. */
export function voteRow([item, annotator, label, outcome, voteId, time, durationMs, comment]: string[]): unknown[] {
  return [item, annotator, label, outcome, voteId, time === '' ? null : momentIn(time!), durationMs, comment];
}

/** The same of a vote that was read. */
export function rowOfVote(vote: FateOf<'vote'>): unknown[] {
  return [vote.item, vote.annotator, vote.class ?? '', vote.outcome ?? 'CLASS', vote.voteId ?? '', vote.time, vote.durationMs === null ? '' : String(vote.durationMs), vote.comment ?? ''];
}

const inOrder = (rows: readonly unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();

/** Rows whatever their order, told as text. */
export const asSet = inOrder;
