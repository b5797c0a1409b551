import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet/src/metadata.js';
import { FormatError } from '../text/fault.js';
import { matchHeader, missingColumns, namesShown, remedyFor } from '../text/header.js';
import type { WantedColumns } from '../text/scanner.js';
import type { ColumnPlan } from './column-reader.js';
import { textForm } from './text-form.js';

/** What of a file is wanted; structured data, since it goes to another thread. */
export interface WantedFile {
  /** Those that are given back as text; where there are numbers, the column of their lists and those with one each come last. */
  columns: WantedColumns;
  texts: number;
}

/** Where what is wanted lies in a file. */
export interface FilePlan {
  rowCount: number;
  /** Null for a column that the file does not have. */
  texts: (ColumnPlan | null)[];
  list: ColumnPlan | null;
  parts: ColumnPlan[] | null;
  /** Columns nobody reads, at most 20. */
  unread: string[];
}

const numbers = ['FLOAT', 'DOUBLE', 'INT32', 'INT64'];
const named = 20;

/** @throws FormatError where a column is missing, there twice, or of a kind that cannot be read. */
export function planFile(metadata: FileMetaData, wanted: WantedFile): FilePlan {
  const columns = parquetSchema(metadata).children;
  const { slotOf, clash } = matchHeader(columns.map(nameOf), wanted.columns);
  if (clash) throw new FormatError(`the file has the columns ${listed(clash.names)}, all for ${wanted.columns[clash.slot]!.name}; keep one`);
  const columnOf = new Map(slotOf.map((slot, place) => [slot, columns[place]!]));
  const found = wanted.columns.map((_, slot) => columnOf.get(slot) ?? null);
  const plan = (column: SchemaTree) => planColumn(metadata, column);

  const [list, ...parts] = found.slice(wanted.texts);
  const there = parts.findIndex((part) => part !== null);
  if (list && there >= 0) throw new FormatError(`the file has both ${nameOf(list)} and ${nameOf(parts[there]!)}; keep one`);
  const missing = missingColumns(slotOf, wanted.columns);
  if (missing.length > 0) {
    const needed = missing[0]!.insteadOf === undefined ? missing.map(namesShown).join(', ') : `${missing[0]!.insteadOf}, or ${listed(wanted.columns.slice(wanted.texts + 1).map(({ name }) => name))}`;
    throw new FormatError(`the file has the columns ${listed(columns.map(nameOf))}, and needs ${needed}${remedyFor(missing)}`);
  }
  const texts = found.slice(0, wanted.texts).map((column) => {
    if (column && textForm(column.element) === null) throw unlike(column, 'text, whole numbers or times');
    return column && plan(column);
  });
  const rowCount = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!Number.isSafeInteger(rowCount) || metadata.row_groups.some((group) => group.num_rows < 0)) throw new FormatError('the Parquet file does not say how many rows it has; write it anew');
  return {
    rowCount, texts,
    list: list ? listOf(list, plan(list)) : null,
    parts: there >= 0 ? parts.map((column) => numbersOf(column!, plan(column!))) : null,
    unread: columns.filter((_, place) => slotOf[place]! < 0).slice(0, named).map(nameOf),
  };
}

/** Levels are counted from the root's children down to the leaf, which a list has one of. */
function planColumn(metadata: FileMetaData, column: SchemaTree): ColumnPlan {
  const path = [column];
  while (path.at(-1)!.children.length === 1) path.push(path.at(-1)!.children[0]!);
  const leaf = path.at(-1)!;
  if (leaf.children.length > 0 || !leaf.element.type) throw unlike(column, 'a list of numbers, or plain values');
  const isNull = path.map(({ element }) => element.repetition_type !== 'REQUIRED');
  const repeated = path.findIndex(({ element }) => element.repetition_type === 'REPEATED');
  const key = leaf.path.join('\0');
  const chunks = metadata.row_groups.map(({ columns }) => {
    const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema.join('\0') === key);
    if (!chunk?.meta_data || chunk.file_path) throw new FormatError(`the column ${JSON.stringify(nameOf(column))} lies outside of the Parquet file, or is encrypted; write one plain file`);
    return chunk.meta_data;
  });
  return {
    name: nameOf(column), chunks, elementLevel: isNull.slice(0, repeated + 1).filter(Boolean).length,
    form: {
      type: leaf.element.type, typeLength: leaf.element.type_length,
      maxDefinition: isNull.filter(Boolean).length, maxRepetition: path.filter(({ element }) => element.repetition_type === 'REPEATED').length,
    },
  };
}

function listOf(column: SchemaTree, plan: ColumnPlan): ColumnPlan {
  if (plan.form.maxRepetition !== 1 || !numbers.includes(plan.form.type) || isScaled(leafOf(column))) throw unlike(column, 'a list of FLOAT or DOUBLE');
  return plan;
}

function numbersOf(column: SchemaTree, plan: ColumnPlan): ColumnPlan {
  if (plan.form.maxRepetition !== 0 || !numbers.includes(plan.form.type) || isScaled(leafOf(column))) throw unlike(column, 'FLOAT or DOUBLE');
  return plan;
}

/** Whole numbers that mean others. */
function isScaled({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return ['DECIMAL', 'DATE', 'TIME', 'TIMESTAMP'].some((kind) => converted?.startsWith(kind) || logical?.type === kind);
}

function leafOf(column: SchemaTree): SchemaElement {
  return column.children.length > 0 ? leafOf(column.children[0]!) : column.element;
}

function unlike(column: SchemaTree, wanted: string): FormatError {
  const { type, converted_type: converted, logical_type: logical } = leafOf(column);
  const kind = column.children.length > 0 || column.element.repetition_type === 'REPEATED' ? 'a list or group of ' : '';
  return new FormatError(`the column ${JSON.stringify(nameOf(column))} is ${kind}${logical?.type ?? converted ?? type}; write it as ${wanted}`);
}

function listed(names: readonly string[]): string {
  return names.length > named ? `${names.slice(0, named).join(', ')} and ${names.length - named} more` : names.join(', ') || '(none)';
}

function nameOf({ element }: SchemaTree): string {
  return element.name;
}
