import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { sqlInteger, type ReadRows } from '../platform/database/binary-copy-reader.js';
import { ENTRY_BYTES, float64s, int32s, ITEMS_A_COLUMN_BLOCK, part, TIED, uint16s, UNLABELLED, type OrderPart, type RunKey } from './blocks.js';
import { isBefore, type Place, type Stretch } from './label-order.js';
import { HEAD_BYTES, unpackNumbers, type NumberBytes } from './packed-numbers.js';
import { sqlKey } from './stored-labels.js';

/** A figure of every label: one that is kept in order, or the finding at this place of the run's. */
export type Figure = OrderPart | number;

/** Both ends belong to it. */
export interface Range {
  figure: Figure;
  min: number;
  max: number;
}

export interface Wanted {
  /** Class index of the consensus. */
  consensus?: number;
  tie?: boolean;
  ranges: readonly Range[];
}

/** Bytes of columns that are kept in memory over all runs; one of a run of a million labels is 8 MB. */
const KEPT_BYTES = 64 * 2 ** 20;
/** Labels that are looked at before others have their turn. */
const LABELS_AT_ONCE = 2 ** 19;

type Numbers = Float64Array | Uint16Array;

/**
 * Labels by what no order has: all of a run are looked at, a column for each figure that is asked for. Results never change,
 * so that the columns which were read last stay in memory for the next page.
 */
@Injectable()
export class LabelFigures {
  private readonly kept = new Map<string, Promise<Numbers>>();
  private readonly sizes = new Map<string, number>();
  private keptBytes = 0;
  private readonly mostBytes = KEPT_BYTES;

  /**
   * @param N one more than the greatest code of an item
   * @param by null for the order of items, whose places have 0 as their value; labels whose figure is unknown have `unknown`
   */
  async find(read: ReadRows, key: RunKey, N: number, wanted: Wanted, by: Figure | null, unknown: number, stretch: Stretch): Promise<Place[]> {
    const consensus = await this.column(read, key, N, 'consensus') as Uint16Array;
    const ranges = [];
    for (const range of wanted.ranges) ranges.push({ ...range, values: await this.column(read, key, N, range.figure) as Float64Array });
    const values = by == null ? null : await this.column(read, key, N, by) as Float64Array;
    const nearest = new Nearest(stretch);
    const fits = new Uint8Array(LABELS_AT_ONCE);
    for (let first = 0; first < N; first += LABELS_AT_ONCE) {
      if (first > 0) await nextTurn();
      const last = Math.min(first + LABELS_AT_ONCE, N);
      byClass(consensus, wanted, first, last, fits);
      for (const range of ranges) within(range, range.values, first, last, fits);
      for (let item = first; item < last; item++) {
        if (fits[item - first] === 0) continue;
        const value = values ? values[item]! : 0;
        // Only NaN is not itself.
        nearest.offer(value === value ? value : unknown, item);
      }
    }
    return nearest.places();
  }

  private column(read: ReadRows, { projectId, runId }: RunKey, N: number, figure: Figure | 'consensus'): Promise<Numbers> {
    const name = `${projectId}:${runId}:${figure}`;
    const known = this.kept.get(name);
    if (known) {
      // The one used last is given up last.
      this.kept.delete(name);
      this.kept.set(name, known);
      return known;
    }
    const column = readColumn(read, { projectId, runId }, N, figure);
    this.kept.set(name, column);
    column.then((numbers) => this.keep(name, numbers.byteLength), () => this.kept.delete(name));
    return column;
  }

  private keep(name: string, bytes: number): void {
    this.sizes.set(name, bytes);
    this.keptBytes += bytes;
    for (const [oldest, size] of [...this.kept.keys()].map((one) => [one, this.sizes.get(one)] as const)) {
      if (this.keptBytes <= this.mostBytes) break;
      if (size == null) continue;
      this.kept.delete(oldest);
      this.sizes.delete(oldest);
      this.keptBytes -= size;
    }
  }
}

/** N numbers by item, NaN for those without. */
export function readFigure(read: ReadRows, key: RunKey, N: number, figure: Figure): Promise<Float64Array> {
  return readColumn(read, key, N, figure) as Promise<Float64Array>;
}

/** N numbers by item: NaN, or UNLABELLED, for those without. */
async function readColumn(read: ReadRows, key: RunKey, N: number, figure: Figure | 'consensus'): Promise<Numbers> {
  const isOrder = figure === 'confidence' || figure === 'entropy' || figure === 'votes';
  const which = typeof figure === 'number' ? part.findings + figure : part[figure];
  const column = figure === 'consensus' ? new Uint16Array(N).fill(UNLABELLED) : new Float64Array(N).fill(NaN);
  const { projectId, runId } = sqlKey(key);
  await read(`select block, bytes from label_blocks where project_id = ${projectId} and run_id = ${runId} and part = ${sqlInteger(which)}`, (rows) => {
    const [block, bytes] = [rows.int4(), rows.raw()];
    if (column instanceof Uint16Array) column.set(uint16s(bytes), block * ITEMS_A_COLUMN_BLOCK);
    else if (isOrder) scatter(bytes, column);
    else unpackNumbers(bytes.subarray(HEAD_BYTES), bytes[0] as NumberBytes, column, block * ITEMS_A_COLUMN_BLOCK);
  });
  return column;
}

function scatter(bytes: Buffer, column: Float64Array): void {
  const count = bytes.length / ENTRY_BYTES;
  const [values, items] = [float64s(bytes, 0, count), int32s(bytes, 8 * count, count)];
  for (let i = 0; i < count; i++) column[items[i]!] = values[i]!;
}

function byClass(consensus: Uint16Array, { consensus: index, tie }: Wanted, first: number, last: number, fits: Uint8Array): void {
  for (let item = first; item < last; item++) {
    const code = consensus[item]!;
    fits[item - first] = code !== UNLABELLED && (index == null || (code & ~TIED) === index) && (tie == null || (code >= TIED) === tie) ? 1 : 0;
  }
}

/** NaN is within nothing. */
function within({ min, max }: Range, values: Float64Array, first: number, last: number, fits: Uint8Array): void {
  for (let item = first; item < last; item++) if (!(values[item]! >= min && values[item]! <= max)) fits[item - first] = 0;
}

/** Of many places those that come first in a stretch. */
class Nearest {
  private found: Place[] = [];
  /** What lies behind it is not wanted any more. */
  private last: Place | null = null;

  constructor(private readonly stretch: Stretch) {}

  offer(value: number, item: number): void {
    const { stretch: { above, below, descending, limit }, last } = this;
    if (last && (descending ? value < last.value || (value === last.value && item < last.item) : value > last.value || (value === last.value && item > last.item))) return;
    const place = { value, item };
    if (!isBefore(above, place) || !isBefore(place, below)) return;
    if (this.found.push(place) >= 8 * limit + 1000) this.cut();
  }

  places(): Place[] {
    this.cut();
    return this.found;
  }

  private cut(): void {
    const { descending, limit } = this.stretch;
    const sign = descending ? -1 : 1;
    this.found.sort((a, b) => sign * (a.value - b.value || a.item - b.item));
    this.found.length = Math.min(this.found.length, limit);
    if (this.found.length === limit) this.last = this.found[limit - 1]!;
  }
}
