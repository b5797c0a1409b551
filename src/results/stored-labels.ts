import { int4Array } from '../platform/database/binary-array.js';
import { sqlInteger, type ReadRows } from '../platform/database/binary-copy-reader.js';
import type { Asked } from '../platform/database/prepared.js';
import { ITEMS_A_COLUMN_BLOCK, LABEL_BITS, LABELS_A_BLOCK, part, type RunKey } from './blocks.js';
import { readRecord } from './label-record.js';
import { HEAD_BYTES, numberAt, unpackNumbers, type NumberBytes } from './packed-numbers.js';

/** A soft label as a run found it. */
export interface StoredLabel {
  /** That the run read. */
  votes: number;
  /** K. */
  probabilities: Float64Array;
}

/** The items $3 that have a label: `wanted.code`, its place, and its block, found by its key. */
const LABELLED = `
  (select code, code & ${LABELS_A_BLOCK - 1} as place from unnest($3::int4[]) as given(code)) wanted
  join lateral (
    select starts, bytes from label_blocks where project_id = $1 and run_id = $2 and part = ${part.labels} and block = wanted.code >> ${LABEL_BITS} offset 0
  ) block on block.starts[2 + wanted.place] > block.starts[1 + wanted.place]`;

const RECORDS = `
  select wanted.code, substr(block.bytes, 1 + block.starts[1 + wanted.place], block.starts[2 + wanted.place] - block.starts[1 + wanted.place]) as record from ${LABELLED}`;

/** Those of the items that have one, by code. */
export async function readLabels(database: Asked, { projectId, runId }: RunKey, K: number, codes: ArrayLike<number>): Promise<Map<number, StoredLabel>> {
  const rows = await database.query<{ code: number; record: Buffer }>(RECORDS, [projectId, runId, int4Array(codes)]);
  return new Map(rows.map(({ code, record }) => {
    const probabilities = new Float64Array(K);
    return [code, { votes: readRecord(viewOf(record), 0, record.length, probabilities, 0, K), probabilities }];
  }));
}

/** Shown to whoever reads all labels: the record lies in `view` from `at` to `end`. */
export type ShowRecord = (item: number, view: DataView, at: number, end: number) => void;

/** The records of a block, by item. @param bytes of the places from one up to another */
export function eachRecord(block: number, starts: ArrayLike<number>, bytes: Buffer, show: ShowRecord, from = 0, to = LABELS_A_BLOCK): void {
  const view = viewOf(bytes);
  const before = starts[from]!;
  for (let place = from; place < to; place++) {
    if (starts[place + 1]! > starts[place]!) show(block * LABELS_A_BLOCK + place, view, starts[place]! - before, starts[place + 1]! - before);
  }
}

/** Of all items with a label the probabilities, in the order of codes: target[item K...]. @param seen told of each */
export async function readAllLabels(read: ReadRows, key: RunKey, K: number, target: Float64Array, seen: (item: number) => void): Promise<void> {
  const { projectId, runId } = sqlKey(key);
  await read(`select block, starts, bytes from label_blocks where project_id = ${projectId} and run_id = ${runId} and part = ${part.labels} order by block`, (rows) => {
    eachRecord(rows.int4(), rows.int4s(), rows.raw(), (item, view, at, end) => {
      readRecord(view, at, end, target, item * K, K);
      seen(item);
    });
  });
}

/** How many bytes a number of a column's block takes; only the first of its bytes is read. */
const WIDTH = 'get_byte(substr(label.bytes, 1, 1), 0)';

const FOUND = `
  select wanted.code, column_block.part - ${part.findings} as finding, column_block.number
  from ${LABELLED}
  cross join generate_series(${part.findings}, ${part.findings} - 1 + $4::int4) as wanted_part(part)
  cross join lateral (
    select label.part, substr(label.bytes, ${1 + HEAD_BYTES} + ${WIDTH} * (wanted.code & ${ITEMS_A_COLUMN_BLOCK - 1}), ${WIDTH}) as number from label_blocks label
    where label.project_id = $1 and label.run_id = $2 and label.part = wanted_part.part::smallint and label.block = wanted.code / ${ITEMS_A_COLUMN_BLOCK} offset 0
  ) column_block`;

/** What was found about those of the items that have a label, by code: `count` numbers each, NaN for what is unknown. */
export async function readItemFindings(database: Asked, { projectId, runId }: RunKey, count: number, codes: ArrayLike<number>): Promise<Map<number, Float64Array>> {
  const rows = await database.query<{ code: number; finding: number; number: Buffer }>(FOUND, [projectId, runId, int4Array(codes), count]);
  const found = new Map<number, Float64Array>();
  for (const { code, finding, number } of rows) {
    if (!found.has(code)) found.set(code, new Float64Array(count).fill(NaN));
    found.get(code)![finding] = numberAt(number, number.length as NumberBytes, 0);
  }
  return found;
}

/**
 * Labels behind an item, so many at most that there is room for them: of several blocks, or of a part of one, as long as that need be for many classes.
 * @returns the last item that was looked at; null where there are no more labels
 */
export async function readLabelsBehind(read: ReadRows, key: RunKey, item: number, most: number, show: ShowRecord): Promise<number | null> {
  const { projectId, runId } = sqlKey(key);
  const next = sqlInteger(item + 1);
  const blocks = Math.max(1, Math.floor(most / LABELS_A_BLOCK));
  const places = sqlInteger(Math.max(1, Math.min(most, LABELS_A_BLOCK)));
  let last: number | null = null;
  await read(
    `select block, place, least(${LABELS_A_BLOCK}, place + ${places}), starts, substr(bytes, 1 + starts[1 + place], starts[1 + least(${LABELS_A_BLOCK}, place + ${places})] - starts[1 + place])
     from (
       select block, greatest(0, ${next} - block * ${LABELS_A_BLOCK}) as place, starts, bytes from label_blocks
       where project_id = ${projectId} and run_id = ${runId} and part = ${part.labels} and block >= ${next >> LABEL_BITS} order by block limit ${blocks}
     ) label order by block`,
    (rows) => {
      const [block, from, to] = [rows.int4(), rows.int4(), rows.int4()];
      eachRecord(block, rows.int4s(), rows.raw(), show, from, to);
      last = block * LABELS_A_BLOCK + to - 1;
    },
  );
  return last;
}

/** The number at a place among a run's findings, of an item; NaN is unknown. */
export type FoundNumber = (place: number, item: number) => number;

/** What was found about the items from one code up to another. */
export async function findingsOfItems(read: ReadRows, key: RunKey, count: number, from: number, to: number): Promise<FoundNumber> {
  const { projectId, runId } = sqlKey(key);
  const [low, high] = [sqlInteger(from), sqlInteger(to)];
  const size = ITEMS_A_COLUMN_BLOCK;
  const parts = Array.from({ length: count }, (_, f) => part.findings + f);
  const columns = parts.map(() => new Float64Array(to - from).fill(NaN));
  await read(
    `select part, block, ${WIDTH}, substr(bytes, ${1 + HEAD_BYTES} + ${WIDTH} * greatest(0, ${low} - block * ${size}), ${WIDTH} * (least(${high}, (block + 1) * ${size}) - greatest(${low}, block * ${size})))
     from label_blocks label where project_id = ${projectId} and run_id = ${runId} and part = any('{${parts.join(',')}}'::int2[]) and block between ${Math.floor(low / size)} and ${Math.floor((high - 1) / size)}`,
    (rows) => {
      const column = columns[rows.int2() - part.findings]!;
      const first = rows.int4() * size;
      const width = rows.int4() as NumberBytes;
      unpackNumbers(rows.raw(), width, column, Math.max(0, first - from));
    },
  );
  return (place, item) => columns[place]![item - from]!;
}

export function sqlKey({ projectId, runId }: RunKey): RunKey {
  return { projectId: sqlInteger(projectId), runId: sqlInteger(runId) };
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
