/**
 * What a run found about items lies in blocks of bytes, little-endian, each a row of label_blocks; (project, run, part, block) is its key.
 *
 * | part | a block holds |
 * |---|---|
 * | labels | the records of 256 items by code, and in `starts` where each begins and the last one ends; one without a label takes no byte |
 * | consensus | of 8,192 items the class of the largest probability, of tied ones the first, plus 32,768 where it is tied (uint16 each); 65,535 without a label |
 * | confidence, entropy, votes | 1,024 labels in the ascending order of the figure, of equal ones in that of the item: float64 each, and then int32 each; `first` and `first_item` are those of the first |
 * | findings and those behind it | of 8,192 items one number each that the method found, in the order of runs.item_findings: see packed-numbers.ts |
 *
 * Nothing is compressed, so that a record or a number is read without the rest of its block.
 */
export const part = { labels: 0, consensus: 1, confidence: 2, entropy: 3, votes: 4, findings: 16 } as const;

export type OrderPart = 'confidence' | 'entropy' | 'votes';

/** Powers of two. */
export const LABEL_BITS = 8;
export const LABELS_A_BLOCK = 2 ** LABEL_BITS;
export const ITEMS_A_COLUMN_BLOCK = 2 ** 13;
export const ENTRIES_A_BLOCK = 1024;
export const ENTRY_BYTES = 12;

export const TIED = 0x8000;
export const UNLABELLED = 0xffff;

/** Whose results they are. */
export interface RunKey {
  projectId: number;
  runId: number;
}

/** Numbers of a block, wherever in a buffer they lay. */
export function float64s(bytes: Buffer, from = 0, count = (bytes.length - from) / 8): Float64Array {
  return new Float64Array(copied(bytes, from, from + 8 * count));
}

export function int32s(bytes: Buffer, from: number, count: number): Int32Array {
  return new Int32Array(copied(bytes, from, from + 4 * count));
}

export function uint16s(bytes: Buffer): Uint16Array {
  return new Uint16Array(copied(bytes, 0, bytes.length));
}

/** A buffer's own slice would share its memory, where numbers may lie at any byte. */
function copied(bytes: Buffer, from: number, to: number): ArrayBuffer {
  return Uint8Array.prototype.slice.call(bytes, from, to).buffer;
}
