import { severalClasses } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

const usualMissing = ['', 'NA', 'N/A', 'nan', 'NaN', 'null', 'None'];

export const wide: Platform = {
  id: 'wide',
  title: 'wide tables',
  files: 'a row an item and a column an annotator; with --no-header neither is named',
  forms: ['table'],
  table: ({ noHeader = false }) => ({ noHeader, keepsBlank: noHeader }),
  heeds: ['annotatorColumns', 'itemId', 'goldColumn', 'missing', 'noHeader'],
  open: (options) => new WideReader(options),
};

export const oneHot: Platform = {
  id: 'one-hot',
  title: 'one-hot tables',
  files: 'a row an answer and a column a class, 1 where it was chosen',
  forms: ['table'],
  heeds: ['classColumns', 'itemId', 'annotatorId', 'cannotColumn'],
  needs: ['classColumns'],
  open: (options) => new OneHotReader(options),
};

class WideReader implements PlatformReader {
  private readonly missing: ReadonlySet<string>;
  private item: string | null = null;
  private annotators: readonly string[] = [];
  private row = 0;

  constructor(private readonly options: ImportOptions) {
    this.missing = new Set(options.missing ?? usualMissing);
  }

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    const { annotatorColumns, itemId, goldColumn, noHeader } = this.options;
    const names = columns!;
    this.row = 0;
    for (const name of [itemId, goldColumn]) if (name !== undefined) requireColumn(names, name);
    this.item = itemId ?? (noHeader ? null : names[0]!);
    if (annotatorColumns === undefined && !noHeader) {
      throw new FileRefused('OPTION_MISSING', `nothing tells which columns are annotators; name them with --annotator-columns, of ${names.slice(0, 20).join(', ')}`, names.slice(0, 20));
    }
    const others = new Set([this.item, goldColumn]);
    this.annotators = annotatorColumns === undefined ? names.filter((name) => !others.has(name)) : annotatorColumns.flatMap((pattern) => matching(names, pattern)).filter((name) => !others.has(name));
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    this.row++;
    const item = this.item === null ? String(this.row) : row.cell(this.item);
    const { goldColumn } = this.options;
    if (item === '') throw new RecordFault('MISSING', `${this.item!} is empty; every row needs an item`);
    const data = row.columns.filter((name) => name !== '' && name !== this.item && name !== goldColumn && !this.annotators.includes(name));
    fates.item({ at, item, payload: data.length > 0 ? Object.fromEntries(data.map((name) => [name, row.cell(name)])) : null });
    let isAnswered = false;
    for (const annotator of this.annotators) {
      const cell = row.cell(annotator);
      if (this.missing.has(cell) || cell === '') continue;
      isAnswered = true;
      fates.vote({ at: `${at}/${annotator}`, item, annotator, answer: { class: cell } });
    }
    if (!isAnswered) fates.pass(at, 'NO_ANSWER');
    if (goldColumn !== undefined && !this.missing.has(row.cell(goldColumn)) && row.cell(goldColumn) !== '') fates.gold({ at, item, class: row.cell(goldColumn) });
  }
}

class OneHotReader implements PlatformReader {
  private item = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    const { classColumns, itemId, annotatorId, cannotColumn, annotator } = this.options;
    for (const name of [...classColumns!, itemId, annotatorId, cannotColumn]) if (name !== undefined) requireColumn(columns!, name);
    if (annotatorId === undefined && annotator === undefined) throw new FileRefused('NO_ANNOTATOR', 'nothing tells who answered; name the column with --annotator-id, or the one person with --annotator');
    this.item = itemId ?? columns![0]!;
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    const { classColumns = [], annotatorId, cannotColumn } = this.options;
    const vote = { at, item: row.cell(this.item) || null, annotator: annotatorId === undefined ? null : row.cell(annotatorId) || null };
    if (cannotColumn !== undefined && isTrue(row.cell(cannotColumn))) return fates.vote({ ...vote, answer: { outcome: 'CANNOT_LABEL' } });
    const classes = classColumns.filter((name) => isTrue(row.cell(name)));
    if (classes.length > 1) throw new RecordFault('SEVERAL_CLASSES', severalClasses('the row', classes));
    const count = classColumns.find((name) => /^\d+(\.0+)?$/.test(row.cell(name)) && Number(row.cell(name)) > 1);
    if (count !== undefined) throw new RecordFault('OUT_OF_RANGE', `${count} is ${row.cell(count)}; a row has 1 for the class that was chosen, and 0 for others. Counts of votes name no annotators, and are not read`);
    if (classes.length === 0) fates.pass(at, 'NO_ANSWER');
    else fates.vote({ ...vote, answer: { class: classes[0]! } });
  }
}

function isTrue(cell: string): boolean {
  return /^(1(\.0+)?|true)$/i.test(cell);
}

/** The columns that a name with an asterisk at its end stands for. @throws FileRefused */
function matching(names: readonly string[], pattern: string): string[] {
  if (!pattern.endsWith('*')) {
    requireColumn(names, pattern);
    return [pattern];
  }
  const found = names.filter((name) => name.startsWith(pattern.slice(0, -1)));
  if (found.length === 0) throw noColumn(names, pattern);
  return found;
}

export function requireColumn(names: readonly string[], name: string): void {
  if (!names.includes(name)) throw noColumn(names, name);
}

function noColumn(names: readonly string[], name: string): FileRefused {
  return new FileRefused('NO_SUCH_INPUT', `there is no column ${JSON.stringify(name)}; there are ${names.slice(0, 20).map((one) => JSON.stringify(one)).join(', ')}${names.length > 20 ? ` and ${names.length - 20} more` : ''}`, names.slice(0, 20));
}
