import { classScale, sortedClasses } from './numeric/class-scale.js';
import { classWarnings } from './near-misses.js';
import { refuseUnknownKeys } from './options.js';
import { VoteTable } from './vote-table.js';

/** [item, annotator, class]: any strings, told apart byte for byte. */
export type VoteRow = readonly [item: string, annotator: string, label: string];

/** A table of votes with the names behind its indices. */
export interface NamedVotes {
  table: VoteTable;
  /** Names by index: items and annotators in order of first appearance, classes as given, or sorted: numbers by value, then other names by code unit. */
  items: string[];
  annotators: string[];
  classes: string[];
  /** What may be meant otherwise than it is counted: classes that all but look alike, names for no answer. */
  warnings: string[];
}

/**
 * Rows of names to a `VoteTable`. With `classes`, their order is kept and a vote for any other is refused.
 * @throws TypeError for a row that is not three strings or a class given twice; RangeError for a class that is not among
 *   `classes`, and for no vote and no class.
 */
export function votes(rows: Iterable<VoteRow>, options: { classes?: readonly string[] } = {}): NamedVotes {
  refuseUnknownKeys(options, ['classes'], 'the options');
  const items = new Map<string, number>();
  const annotators = new Map<string, number>();
  const classes = new Map<string, number>();
  for (const name of options.classes ?? []) {
    if (classes.has(name)) throw new TypeError(`class ${JSON.stringify(name)} is given twice`);
    classes.set(name, classes.size);
  }
  const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  for (const row of rows) {
    const vote = columns.items.length;
    if (!Array.isArray(row) || row.length !== 3 || row.some((cell) => typeof cell !== 'string')) {
      throw new TypeError(`vote ${vote}: ${JSON.stringify(row)} is not [item, annotator, class], three strings`);
    }
    if (options.classes && !classes.has(row[2])) {
      throw new RangeError(`vote ${vote}: class ${JSON.stringify(row[2])} is not among ${JSON.stringify(options.classes)}`);
    }
    columns.items.push(codeOf(items, row[0]));
    columns.annotators.push(codeOf(annotators, row[1]));
    columns.classes.push(codeOf(classes, row[2]));
  }
  let names = [...classes.keys()];
  if (!options.classes) {
    const sorted = sortedClasses(names);
    const rank = new Map(sorted.map((name, k) => [name, k]));
    const rankOf = names.map((name) => rank.get(name)!);
    columns.classes = columns.classes.map((code) => rankOf[code]!);
    names = sorted;
  }
  const table = new VoteTable({ ...columns, itemCount: items.size, annotatorCount: annotators.size, classCount: names.length, classScale: classScale(names, options.classes != null) });
  return { table, items: [...items.keys()], annotators: [...annotators.keys()], classes: names, warnings: classWarnings(names) };
}

function codeOf(codes: Map<string, number>, name: string): number {
  const known = codes.get(name);
  if (known !== undefined) return known;
  codes.set(name, codes.size);
  return codes.size - 1;
}
