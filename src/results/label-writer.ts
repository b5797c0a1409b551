import type { ClientBase } from 'pg';
import { ascendingOrder, bestClass, entropy, tiedClasses } from '../aggregation/index.js';
import { BinaryCopy } from '../platform/database/binary-copy.js';
import { ENTRIES_A_BLOCK, ENTRY_BYTES, ITEMS_A_COLUMN_BLOCK, LABEL_BITS, LABELS_A_BLOCK, part, TIED, UNLABELLED, type RunKey } from './blocks.js';
import { mostRecordBytes, writeRecord } from './label-record.js';
import { packNumbers } from './packed-numbers.js';

const COLUMNS = ['project_id', 'run_id', 'part', 'block', 'first', 'first_item', 'starts', 'bytes'];

/**
 * The soft labels of a run into their blocks, by one COPY: items in ascending order by `add`, `await flush()` where `isFull`, and
 * `end` for what is known of all of them. Beside its record an item takes 38 bytes of the disk, and 30 of memory meanwhile.
 */
export class LabelWriter {
  private readonly copy: BinaryCopy;
  private readonly starts = new Int32Array(LABELS_A_BLOCK + 1);
  private bytes = Buffer.alloc(0);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private block = -1;
  private place = -1;
  private count = 0;
  private readonly items: Int32Array;
  private readonly figures: Record<'confidence' | 'entropy' | 'votes', Float64Array>;
  private readonly consensus: Uint16Array;

  /** @param N one more than the greatest code of an item */
  constructor(client: ClientBase, private readonly key: RunKey, private readonly N: number, private readonly K: number) {
    this.copy = new BinaryCopy(client, 'label_blocks', COLUMNS);
    this.items = new Int32Array(N);
    this.figures = { confidence: new Float64Array(N), entropy: new Float64Array(N), votes: new Float64Array(N) };
    this.consensus = new Uint16Array(N).fill(UNLABELLED);
  }

  /** @param row holds the K probabilities from `from` on @throws RangeError for an item that is not behind the last one, or not below N */
  add(item: number, votes: number, row: Float64Array, from: number): void {
    const { N, K, count, figures } = this;
    const last = count > 0 ? this.items[count - 1]! : -1;
    if (!(item > last && item < N)) throw new RangeError(`item ${item} comes behind item ${last}, of ${N}`);
    if (item >> LABEL_BITS !== this.block) this.nextBlock(item >> LABEL_BITS);
    const place = item & (LABELS_A_BLOCK - 1);
    this.reserve(mostRecordBytes(K));
    // Those between the last one and this have no label.
    for (let passed = this.place + 1; passed <= place; passed++) this.starts[passed] = this.at;
    this.place = place;
    this.at = writeRecord(this.view, this.at, votes, row, from, K);
    const best = bestClass(row, from, K);
    this.items[count] = item;
    figures.confidence[count] = row[from + best]!;
    figures.entropy[count] = entropy(row, from, K);
    figures.votes[count] = votes;
    this.consensus[item] = best + (tiedClasses(row, from, K) > 1 ? TIED : 0);
    this.count++;
  }

  get isFull(): boolean {
    return this.copy.isFull;
  }

  /** @throws what the server answered */
  flush(): Promise<void> {
    return this.copy.flush();
  }

  /** @param findings of each, N numbers by item */
  async end(findings: readonly Float64Array[]): Promise<void> {
    this.nextBlock(-1);
    await this.writeColumn(part.consensus, (from, to) => bytesOf(this.consensus.subarray(from, to)));
    for (const name of ['confidence', 'entropy', 'votes'] as const) await this.writeOrder(part[name], this.figures[name].subarray(0, this.count));
    for (const [f, column] of findings.entries()) await this.writeColumn(part.findings + f, (from, to) => packNumbers(column.subarray(from, to)));
    await this.copy.end();
  }

  private nextBlock(block: number): void {
    this.starts.fill(this.at, this.place + 1);
    if (this.block >= 0) this.write(part.labels, this.block, this.bytes.subarray(0, this.at), { starts: this.starts });
    this.block = block;
    this.place = -1;
    this.at = 0;
  }

  /** @param bytes of the items from one up to another */
  private async writeColumn(which: number, bytes: (from: number, to: number) => Uint8Array): Promise<void> {
    for (let from = 0, block = 0; from < this.N; from += ITEMS_A_COLUMN_BLOCK, block++) {
      this.write(which, block, bytes(from, Math.min(from + ITEMS_A_COLUMN_BLOCK, this.N)));
      await this.flush();
    }
  }

  private async writeOrder(which: number, values: Float64Array): Promise<void> {
    const order = ascendingOrder(values);
    const bytes = new Uint8Array(ENTRIES_A_BLOCK * ENTRY_BYTES);
    for (let from = 0, block = 0; from < order.length; from += ENTRIES_A_BLOCK, block++) {
      const count = Math.min(ENTRIES_A_BLOCK, order.length - from);
      const ofBlock = new Float64Array(bytes.buffer, 0, count);
      const items = new Int32Array(bytes.buffer, 8 * count, count);
      for (let i = 0; i < count; i++) {
        ofBlock[i] = values[order[from + i]!]!;
        items[i] = this.items[order[from + i]!]!;
      }
      this.write(which, block, bytes.subarray(0, count * ENTRY_BYTES), { first: ofBlock[0]!, firstItem: items[0]! });
      if (this.isFull) await this.flush();
    }
  }

  private write(which: number, block: number, bytes: Uint8Array, { starts, first, firstItem }: { starts?: Int32Array; first?: number; firstItem?: number } = {}): void {
    const { copy, key } = this;
    copy.row(COLUMNS.length);
    copy.int4(key.projectId);
    copy.int8(key.runId);
    copy.int2(which);
    copy.int4(block);
    if (first == null || firstItem == null) {
      copy.null();
      copy.null();
    } else {
      copy.float8(first);
      copy.int4(firstItem);
    }
    if (starts) copy.int4Array(starts, 0, starts.length);
    else copy.null();
    copy.bytes(bytes);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.bytes.length, this.at + bytes));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
