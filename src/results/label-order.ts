import type { Asked } from '../platform/database/prepared.js';
import { ENTRIES_A_BLOCK, ENTRY_BYTES, float64s, int32s, LABEL_BITS, LABELS_A_BLOCK, part, type OrderPart, type RunKey } from './blocks.js';

/** A place in an order: the figure, and of equal ones the item. */
export interface Place {
  value: number;
  item: number;
}

/** What lies strictly between two places, from the lower end or, descending, from the upper one on. */
export interface Stretch {
  above: Place;
  below: Place;
  descending: boolean;
  limit: number;
}

/** Before and behind all places with this figure. */
export const BEFORE_ITEMS = -1;
export const BEHIND_ITEMS = 2 ** 31 - 1;

export function isBefore(a: Place, b: Place): boolean {
  return a.value < b.value || (a.value === b.value && a.item < b.item);
}

/** The block that a place lies in, or would. */
const blockOf = (value: string, item: string) => `coalesce((
  select block from label_blocks where project_id = $1 and run_id = $2 and part = $3 and first is not null and (first, first_item) <= (${value}::float8, ${item}::int4)
  order by first desc, first_item desc limit 1), 0)`;

const walk = (descending: boolean) => `
  select block, bytes from label_blocks
  where project_id = $1 and run_id = $2 and part = $3 and block ${descending ? '<' : '>'}= ${blockOf('$4', '$5')}
  order by block ${descending ? 'desc' : 'asc'} limit $6`;

/**
 * Labels of a run by a figure that it keeps in order: what they cost is the blocks that they lie in, at most two more than
 * they fill.
 * @param database one whose statements follow an index, see platform/database/by-index.ts
 */
export async function walkOrder(database: Asked, { projectId, runId }: RunKey, order: OrderPart, { above, below, descending, limit }: Stretch): Promise<Place[]> {
  const from = descending ? below : above;
  const blocks = 1 + Math.ceil(limit / ENTRIES_A_BLOCK);
  const rows = await database.query<{ block: number; bytes: Buffer }>(walk(descending), [projectId, runId, part[order], from.value, from.item, blocks]);
  const places: Place[] = [];
  for (const { bytes } of rows) {
    const count = bytes.length / ENTRY_BYTES;
    const [values, items] = [float64s(bytes, 0, count), int32s(bytes, 8 * count, count)];
    for (let i = 0; i < count; i++) {
      const at = descending ? count - 1 - i : i;
      const place = { value: values[at]!, item: items[at]! };
      if (descending ? !isBefore(place, below) : !isBefore(above, place)) continue;
      if (places.length === limit || (descending ? !isBefore(above, place) : !isBefore(place, below))) return places;
      places.push(place);
    }
  }
  return places;
}

const ITEMS = (descending: boolean) => `
  select block, starts from label_blocks
  where project_id = $1 and run_id = $2 and part = ${part.labels} and block between $3 and $4
  order by block ${descending ? 'desc' : 'asc'} limit $5`;

/** Items with a label between two codes, neither of them included. */
export async function walkItems(database: Asked, { projectId, runId }: RunKey, { above, below, descending, limit }: Omit<Stretch, 'above' | 'below'> & { above: number; below: number }): Promise<number[]> {
  const items: number[] = [];
  let [low, high] = [Math.max(0, above + 1), below - 1];
  while (low <= high) {
    const blocks = 1 + Math.ceil((limit - items.length) / LABELS_A_BLOCK);
    const rows = await database.query<{ block: number; starts: number[] }>(ITEMS(descending), [projectId, runId, low >> LABEL_BITS, high >> LABEL_BITS, blocks]);
    for (const { block, starts } of rows) {
      for (let i = 0; i < LABELS_A_BLOCK; i++) {
        const place = descending ? LABELS_A_BLOCK - 1 - i : i;
        const item = block * LABELS_A_BLOCK + place;
        if (item < low || item > high || starts[place + 1] === starts[place]) continue;
        if (items.push(item) === limit) return items;
      }
    }
    if (rows.length < blocks) break;
    const last = rows.at(-1)!.block;
    if (descending) high = last * LABELS_A_BLOCK - 1;
    else low = (last + 1) * LABELS_A_BLOCK;
  }
  return items;
}
