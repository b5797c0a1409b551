import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../src/formats/csv/csv.js';
import { ndjson } from '../../src/formats/ndjson/ndjson.js';
import type { RecordSink } from '../../src/formats/text/scanner.js';
import { goldTable, voteTable } from '../../src/formats/rows/tables.js';
import { readVoteColumns } from '../../src/formats/vote-columns.js';
import { anyId, chunked, packed, readBack, written } from './streams.js';

const columns = [{ name: 'item', required: true }, { name: 'class', required: true }];
const faulty = { csv: ['a,b,c', 'a', '"a"b,c', '"a","b",'], ndjson: ['{"item":1', '{"item":"a","item":"b"}', '[]', '{"item":"\\ud800"}', 'null'] };

describe.each([csv, ndjson].map((format) => [format.id as 'csv' | 'ndjson', format] as const))('%s', (id, format) => {
  /** A sink that tells what it got. */
  function telling(): { found: string[]; sink: RecordSink } {
    const found: string[] = [];
    return {
      found,
      sink: {
        record: (line, { bytes, starts, ends }) => void found.push(`${line}: ${JSON.stringify([0, 1].map((slot) => bytes.toString('utf8', starts[slot], ends[slot])))}`),
        reject: (line, fault) => void found.push(`${line}: ${fault.message}`),
      },
    };
  }

  /** What the scanner finds when the bytes come in pieces, each piece shown as soon as it is there. */
  function scanned(bytes: Buffer, cuts: readonly number[]): string[] {
    const { found, sink } = telling();
    const scanner = format.scanner(columns, sink, Buffer.alloc(0));
    let work = Buffer.alloc(0);
    for (const [from, to] of [...cuts, bytes.length].map((cut, rank, all) => [all[rank - 1] ?? 0, cut] as const)) {
      work = Buffer.concat([work, bytes.subarray(from, to), Buffer.alloc(1)]);
      work = work.subarray(scanner.scan(work, work.length - 1, to === bytes.length), work.length - 1);
    }
    return found;
  }

  it('finds the same records and faults wherever the bytes are cut', async () => {
    const row = fc.oneof({ weight: 4, arbitrary: fc.tuple(anyId, anyId) }, { weight: 1, arbitrary: fc.constantFrom(...faulty[id], '', '\r') });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.infiniteStream(fc.nat()), async (rows, numbers) => {
        const parts = await Promise.all(rows.map(async (one) => (typeof one === 'string' ? `${one}\n` : withoutHeader((await written(format, ['item', 'class'], [one])).toString()))));
        const bytes = Buffer.from(`${id === 'csv' ? 'item,class\n' : ''}${parts.join('')}`);
        const whole = scanned(Buffer.from(bytes), []);
        expect(whole.length).toBe(rows.filter((one) => one !== '' && one !== '\r').length);
        const cuts = [...numbers.take(5)].map((at) => at % (bytes.length + 1)).sort((a, b) => a - b);
        expect(scanned(Buffer.from(bytes), cuts)).toEqual(whole);
        expect(scanned(Buffer.from(bytes), Array.from({ length: bytes.length }, (_, at) => at))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('reads the bytes it is shown, whatever stands behind them from records before', () => {
    const head = id === 'csv' ? '' : '{"item":"a","class":"b"}\n';
    const texts = id === 'csv'
      ? ['item,class\na,"b ""c"""\nd,\'=1\n']
      : ['{"item":"\\ud83d\\ude42\\u00e9\\n","class":-1.5e+3}', '{"item":[{"a":[true,false,null]},"\\ud83d\\ude42"],"class":"\\\\"}'];
    const behind = ['', '"', '\\ude42"}', 'ude42"}', '0000"}', '5}', '}', ']}', '\n', '""', ',b\n', 'e5}', 'ull}', 'rue}'].map((text) => Buffer.from(text));
    for (const text of texts) {
      for (let length = 0; length <= text.length; length++) {
        const bytes = Buffer.from(head + text.slice(0, length));
        const foundBefore = (after: Buffer) => {
          const { found, sink } = telling();
          try {
            format.scanner(columns, sink, Buffer.alloc(0)).scan(Buffer.concat([bytes, after, Buffer.alloc(1)]), bytes.length, true);
          } catch (fault) {
            found.push((fault as Error).message);
          }
          return found;
        };
        const alone = foundBefore(Buffer.alloc(0));
        for (const after of behind) expect(foundBefore(after), `${text.slice(0, length)}|${after.toString()}`).toEqual(alone);
        if (id === 'ndjson' && length > 0 && length < text.length) expect(alone.at(-1), text.slice(0, length)).toMatch(/ends inside/);
      }
    }
  });

  const withoutHeader = (text: string) => (id === 'csv' ? text.slice(text.indexOf('\n') + 1) : text);

  it('reads a file of several megabytes in chunks of any size, with rows longer than the chunks', async () => {
    const rows = Array.from({ length: 2_000 }, (_, i) => [`item ${i}`, `annotator "${i % 17}"`, i % 500 === 0 ? 'x,"\n\\'.repeat(12_000) : 'short', `c${i % 3}`]);
    const bytes = await written(format, ['item', 'annotator', 'comment', 'class'], rows);
    for (const sizes of [[1 << 20], [777, 65_536, 3], [64]]) {
      const read = await readBack(format, voteTable, sizes[0] === 777 ? packed(bytes) : bytes, sizes, 300);
      expect(read.fault).toBeNull();
      expect(read.rows.map((row) => [row.item, row.annotator, row.comment, row.class])).toEqual(rows);
      const file = await readVoteColumns(chunked(bytes, sizes));
      expect(file.itemIds.texts()).toEqual(rows.map(([item]) => item));
      expect([...file.classes]).toEqual(rows.map((_, i) => i % 3));
    }
  });

  it('counts lines the way an editor does', async () => {
    const text = id === 'csv' ? '\n\r\nitem,class\n"a\nb\r\nc",x\n\n,y\n' : '\n\r\n  \n{"item":"a","class":"x"}\n\n{"class":"y"}\n';
    const read = await readBack(format, goldTable, text);
    expect(read.rows.map(({ line }) => line)).toEqual([4]);
    expect(read.rejects.map(({ line }) => line)).toEqual([id === 'csv' ? 8 : 6]);
  });

  it('holds a bounded part of a long stream', async () => {
    const row = Buffer.from(id === 'csv' ? `item-${'x'.repeat(200)},ann,cat\n` : `{"item":"item-${'x'.repeat(200)}","annotator":"ann","class":"cat"}\n`);
    const block = Buffer.concat(Array.from({ length: 4_000 }, () => row));
    let asked = 0;
    let most = 0;
    let rows = 0;
    async function* endless() {
      if (id === 'csv') yield Buffer.from('item,annotator,class\n');
      for (let i = 0; i < 100; i++) {
        asked += block.length;
        yield block;
      }
    }
    for await (const batch of format.read(endless(), voteTable, { batchSize: 500 })) {
      rows += batch.rows.length;
      most = Math.max(most, asked - rows * row.length);
    }
    expect(rows).toBe(400_000);
    expect(most).toBeLessThan(2 * block.length);
  });
});

it('tells ids apart by their bytes, however many there are and whatever their hashes', async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => `${i.toString(36)},${i % 2 ? 'é' : 'e\u0301'},${'xy'[i % 2]}`);
  const file = await readVoteColumns(chunked(Buffer.from(`item,annotator,class\n${rows.join('\n')}`)));
  expect([file.itemIds.size, file.annotatorIds.texts(), file.classIds.texts()]).toEqual([200_000, ['e\u0301', 'é'], ['x', 'y']]);
  expect(file.items.every((code, vote) => code === vote)).toBe(true);
  expect(file.itemIds.text(199_999)).toBe((199_999).toString(36));
  expect(file.itemIds.find('nobody')).toBe(-1);
});

it('counts votes that are no class apart, and keeps who gave them', async () => {
  const text = 'item,annotator,class,outcome\ni1,a1,x,\ni1,a2,,SKIP\ni2,a2,,UNSURE\ni3,a3,y,CLASS\n';
  const file = await readVoteColumns(chunked(Buffer.from(text)));
  expect([file.itemIds.texts(), file.annotatorIds.texts(), file.classIds.texts()]).toEqual([['i1', 'i2', 'i3'], ['a1', 'a2', 'a3'], ['x', 'y']]);
  expect([[...file.items], [...file.annotators], [...file.classes]]).toEqual([[0, 0, 1, 2], [0, 1, 1, 2], [0, -1, -2, 1]]);
});
