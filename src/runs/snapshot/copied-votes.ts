import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** Votes for a class, one entry a vote. */
export interface Snapshot {
  voteCount: number;
  items: Int32Array;
  annotators: Int32Array;
  classes: Int32Array;
}

/** PGCOPY\n\377\r\n\0, flags, and the length of a header extension, which is 0. */
const HEADER_BYTES = 19;
/** int16 3; then three fields, each int32 length and value: int4, int4, int2. */
const ROW_BYTES = 2 + (4 + 4) + (4 + 4) + (4 + 2);

/** @param select of item_code, annotator_code and class_index. COPY takes no parameters, see `integer`. */
export async function copiedVotes(client: Client, select: string): Promise<Snapshot> {
  const columns = new GrowingColumns();
  const stream = client.query(copyTo(`copy (${select}) to stdout (format binary)`));
  let rest: Buffer = Buffer.alloc(0);
  let skip = HEADER_BYTES;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (bytes.length < skip) {
      rest = bytes;
      continue;
    }
    rest = bytes.subarray(skip + columns.append(bytes, skip));
    skip = 0;
  }
  // What is left is the trailer: a field count of -1.
  if (skip > 0 || rest.length !== 2 || rest.readInt16BE(0) !== -1) throw new Error(`the vote log's copy ended amid a row, after ${columns.voteCount} votes`);
  return columns.trimmed();
}

/** For the text of a COPY. */
export function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
  return value;
}

class GrowingColumns {
  voteCount = 0;
  private items = new Int32Array(1 << 16);
  private annotators = new Int32Array(1 << 16);
  private classes = new Int32Array(1 << 16);

  /** Takes the whole rows from `start` on. @returns how many bytes they were. */
  append(bytes: Buffer, start: number): number {
    const rows = Math.floor((bytes.length - start) / ROW_BYTES);
    this.reserve(this.voteCount + rows);
    const { items, annotators, classes } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let vote = this.voteCount;
    let at = start;
    for (let row = 0; row < rows; row++, at += ROW_BYTES, vote++) {
      if (view.getInt16(at) !== 3) throw new Error(`the vote log's copy has a row of ${view.getInt16(at)} fields after ${vote} votes`);
      items[vote] = view.getInt32(at + 6);
      annotators[vote] = view.getInt32(at + 14);
      classes[vote] = view.getInt16(at + 22);
    }
    this.voteCount = vote;
    return at - start;
  }

  trimmed(): Snapshot {
    const { voteCount } = this;
    return {
      voteCount,
      items: this.items.subarray(0, voteCount),
      annotators: this.annotators.subarray(0, voteCount),
      classes: this.classes.subarray(0, voteCount),
    };
  }

  private reserve(votes: number): void {
    if (votes <= this.items.length) return;
    const size = Math.max(votes, this.items.length * 2);
    this.items = grown(this.items, size);
    this.annotators = grown(this.annotators, size);
    this.classes = grown(this.classes, size);
  }
}

function grown(column: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(column);
  return larger;
}
