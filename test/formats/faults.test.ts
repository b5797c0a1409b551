import { describe, expect, it } from 'vitest';
import { csv } from '../../src/formats/csv/csv.js';
import { ndjson } from '../../src/formats/ndjson/ndjson.js';
import { itemTable, voteTable } from '../../src/formats/rows/tables.js';
import { readVoteColumns } from '../../src/formats/vote-columns.js';
import { chunked, packed, readBack } from './streams.js';

const header = 'item,annotator,class';
const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** One bad row between two good ones: what is said about it. */
const badRows: [string, typeof csv, Buffer, string, string][] = [
  ['a NUL', csv, bytes('a\0b,w,c'), 'INVALID_TEXT', 'item "a\\x00b" holds a NUL character; leave it out'],
  ['bytes that are no UTF-8', csv, bytes('i,caf', [0xe9], ',c'), 'INVALID_TEXT', 'annotator "caf\\xe9" is not valid UTF-8; save the file as UTF-8'],
  ['a surrogate as UTF-8 bytes', csv, bytes('i,w,', [0xed, 0xa0, 0x80]), 'INVALID_TEXT', 'class "\\xed\\xa0\\x80" is not valid UTF-8; save the file as UTF-8'],
  ['an id of 64 KB', csv, bytes('i'.repeat(65_536), ',w,c'), 'TOO_LONG', `item "${'i'.repeat(60)}" (65536 bytes) is 65536 bytes long; ids have at most 1024`],
  ['an id one byte too long', csv, bytes('i', 'é'.repeat(512), ',w,c'), 'TOO_LONG', `(1025 bytes) is 1025 bytes long; ids have at most 1024`],
  ['no item', csv, bytes(',w,c'), 'MISSING', 'item is missing or empty; every vote needs one'],
  ['no class', ndjson, bytes('{"item":"i","annotator":"w"}'), 'MISSING', 'class is missing or empty; give one, or an outcome: SKIP, UNSURE, CANNOT_LABEL'],
  ['too few cells', csv, bytes('i,w'), 'MALFORMED', 'the row has 2 cells, the header 3; a cell that holds a comma goes in quotes'],
  ['too many cells', csv, bytes('i,w,c,d'), 'MALFORMED', 'the row has 4 cells, the header 3; a cell that holds a comma goes in quotes'],
  ['text behind a closing quote', csv, bytes('"i"x,w,c'), 'MALFORMED', '"x" follows a closing quote; a quote inside quotes is written twice'],
  ['no JSON', ndjson, bytes('nonsense'), 'MALFORMED', '"{" is expected, found "n"'],
  ['an array', ndjson, bytes('["i","w","c"]'), 'MALFORMED', '"{" is expected, found "["'],
  ['two objects on a line', ndjson, bytes('{"item":"i","annotator":"w","class":"c"} {}'), 'MALFORMED', 'something follows the object; give every row a line of its own'],
  ['a cut line', ndjson, bytes('{"item":"i","annotator":"w'), 'MALFORMED', 'the line ends inside the row'],
  ['a lone high surrogate', ndjson, bytes('{"item":"\\ud800","annotator":"w","class":"c"}'), 'INVALID_TEXT', '\\ud800 is half of a surrogate pair, which is no character'],
  ['a lone low surrogate', ndjson, bytes('{"item":"\\udc00\\ud800","annotator":"w","class":"c"}'), 'INVALID_TEXT', '\\udc00 is half of a surrogate pair, which is no character'],
  ['an escaped NUL', ndjson, bytes('{"item":"a\\u0000","annotator":"w","class":"c"}'), 'INVALID_TEXT', 'item "a\\x00" holds a NUL character; leave it out'],
  ['a bare NUL', ndjson, bytes('{"item":"a\0","annotator":"w","class":"c"}'), 'MALFORMED', 'a control character in a string must be escaped, found byte 0x00'],
  ['bytes that are no UTF-8', ndjson, bytes('{"item":"', [0xff], '","annotator":"w","class":"c"}'), 'INVALID_TEXT', 'item "\\xff" is not valid UTF-8; save the file as UTF-8'],
  ['a name given twice', ndjson, bytes('{"item":"i","item":"j","annotator":"w","class":"c"}'), 'MALFORMED', 'item is given twice; keep one'],
  ['a name and its other name', ndjson, bytes('{"item":"i","task":"j","annotator":"w","class":"c"}'), 'MALFORMED', 'item is given twice; keep one'],
  ['an id that is an object', ndjson, bytes('{"item":{"id":1},"annotator":"w","class":"c"}'), 'WRONG_TYPE', 'item is an object or a list; it must be text'],
  ['an id that is null', ndjson, bytes('{"item":null,"annotator":"w","class":"c"}'), 'MISSING', 'item is missing or empty; every vote needs one'],
  ['NaN', ndjson, bytes('{"item":"i","annotator":"w","class":NaN}'), 'MALFORMED', 'a value is expected, found "N"'],
  ['values nested too deep', ndjson, bytes(`{"item":"i","annotator":"w","class":"c","x":${'['.repeat(100_000)}`), 'MALFORMED', 'values nested more than 64 deep are not read, found "["'],
];

describe.each(badRows)('%s (%#)', (_name, format, row, code, message) => {
  const good = (name: string) => (format === csv ? `${name},w,c` : `{"item":"${name}","annotator":"w","class":"c"}`);
  const file = bytes(format === csv ? `${header}\n` : '\n', good('first'), '\n', [...row], '\n', good('last'), '\n');

  it('is refused by itself, and told by line, value and remedy', async () => {
    const read = await readBack(format, voteTable, file);
    expect(read.fault).toBeNull();
    expect(read.rows.map(({ item, line }) => [item, line])).toEqual([['first', 2], ['last', 4]]);
    expect(read.rejects).toEqual([{ line: 3, code, message: expect.stringContaining(message) as string }]);
  });

  it('ends the reading of vote columns with the same words', async () => {
    await expect(readVoteColumns(chunked(Buffer.from(file)))).rejects.toMatchObject({ name: 'FormatError', line: 3, reason: expect.stringContaining(message) as string });
  });
});

describe('other cells', () => {
  it.each([
    ['durationMs', '1e309', 'OUT_OF_RANGE', 'durationMs "1e309" is out of range; it must be from 0 to 2147483647'],
    ['durationMs', 'NaN', 'WRONG_TYPE', 'durationMs "NaN" is not a number'],
    ['durationMs', '-1', 'OUT_OF_RANGE', 'durationMs "-1" is out of range; it must be from 0 to 2147483647'],
    ['durationMs', '1.5', 'WRONG_TYPE', 'durationMs "1.5" is not a whole number'],
    ['durationMs', '0x10', 'WRONG_TYPE', 'durationMs "0x10" is not a number'],
    ['outcome', 'skip', 'OUT_OF_RANGE', 'outcome "skip" is not one of CLASS, SKIP, UNSURE, CANNOT_LABEL'],
    ['outcome', 'SKIP', 'MALFORMED', 'a vote has a class or an outcome such as SKIP, not both'],
  ])('%s %s is refused', async (column, value, code, message) => {
    const read = await readBack(csv, voteTable, `${header},${column}\ni,w,c,${value}\n`);
    expect(read.rows).toEqual([]);
    expect(read.rejects).toEqual([{ line: 2, code, message }]);
  });

  it('a payload that is no JSON, or holds half a surrogate pair or a NUL, is refused', async () => {
    for (const payload of ['{a:1}', '"\\ud800"', '{"x":"\\u0000"}', '[1,]', '1 2']) {
      const read = await readBack(csv, itemTable, `item,payload\ni,"${payload.replaceAll('"', '""')}"\n`);
      expect(read.rejects).toMatchObject([{ line: 2, code: 'MALFORMED', message: expect.stringContaining('is not JSON') as string }]);
    }
    expect((await readBack(csv, itemTable, 'item,payload\ni,"""\\\\u0000"""\n')).rows).toMatchObject([{ payload: '\\u0000' }]);
  });
});

describe('a file that cannot be read on', () => {
  const votes = (count: number) => `${header}\n${Array.from({ length: count }, (_, i) => `item-${i},w,c\n`).join('')}`;

  it.each([
    ['an empty file', '', 'the file is empty; a header with item or task, annotator or worker or performer, class or label is needed'],
    ['a header without the class', 'item,annotator,vote\ni,w,c\n', 'line 1: the header has the columns "item,annotator,vote", and needs item or task, annotator or worker or performer, class or label; tell by --map class=NAME (in a request ?map=class=NAME) what the file calls it'],
    ['a wide header', ',r1,r2\n', 'line 1: the header has the columns ",r1,r2", and needs item or task, annotator or worker or performer, class or label; tell by --map item=NAME,annotator=NAME,class=NAME (in a request ?map=item=NAME,annotator=NAME,class=NAME) what the file calls them, or by --wide (?wide=true) that each of its columns is an annotator\'s'],
    ['upright bars', 'item|annotator|class\n', 'line 1: the header has the columns "item|annotator|class", and needs item or task, annotator or worker or performer, class or label; cells are separated by commas, tabs or semicolons'],
    ['a column given twice', 'item,class,annotator,label\n', 'line 1: the header has "class" and "label", both for class; keep one'],
    ['UTF-16', Buffer.from('\ufeffitem,annotator,class\n', 'utf16le'), 'line 1: the file is UTF-16; save it as UTF-8'],
    ['a header that is no UTF-8', bytes([0x80], ',item,annotator,class\n'), 'line 1: column 1 of the header "\\x80" is not valid UTF-8; save the file as UTF-8'],
    ['a quote never closed', `${header}\ni,w,c\n"i,w,c\n`, 'line 3: a quote is opened here and never closed; the file ends inside the cell'],
    ['a quote never closed for megabytes', `${header}\n"i,w,c\n${'i,w,c\n'.repeat(500_000)}`, 'line 2: a row is longer than 1 MB; is a quote not closed, or is this another kind of file?'],
    ['a line without an end', Buffer.alloc(3 << 20, 0x61), 'line 1: a row is longer than 1 MB; is a quote not closed, or is this another kind of file?'],
  ])('%s', async (_name, content, message) => {
    const read = await readBack(csv, voteTable, content);
    expect(read.fault?.message).toBe(message);
    await expect(readVoteColumns(chunked(Buffer.from(content as string)))).rejects.toThrow(message);
  });

  it('an NDJSON file cut inside its last row names the row, and keeps the rows before it', async () => {
    const text = '{"item":"i","annotator":"w","class":"c"}\n{"item":"j","annotator":"w","cla';
    const read = await readBack(ndjson, voteTable, text);
    expect(read.rows).toHaveLength(1);
    expect(read.fault?.message).toBe('line 2: the file ends inside a row: "{\\"item\\":\\"j\\",\\"annotator\\":\\"w\\",\\"cla"');
  });

  it('a last row without a line end is a row', async () => {
    expect((await readBack(ndjson, voteTable, '{"item":"i","annotator":"w","class":"c"}')).rows).toHaveLength(1);
    expect((await readBack(csv, voteTable, `${header}\ni,w,c`)).rows).toHaveLength(1);
  });

  it('gzip that breaks off, or whose bytes are wrong, keeps the rows before and names the line', async () => {
    const whole = packed(Buffer.from(votes(100_000)));
    const cut = await readBack(csv, voteTable, whole.subarray(0, whole.length / 2));
    expect(cut.fault?.message).toMatch(/^line \d+: the gzip data breaks off after \d+ bytes of text \(unexpected end of file\); pack or send the file again$/);
    expect(cut.rows.length).toBeGreaterThan(10_000);
    expect(cut.rows.map(({ item }) => item)).toEqual(cut.rows.map((_, i) => `item-${i}`));
    expect((cut.fault as unknown as { line: number }).line).toBe(cut.rows.at(-1)!.line + 1);
    const wrong = Buffer.from(whole);
    wrong.fill(0xff, 5_000, 5_100);
    expect((await readBack(csv, voteTable, wrong)).fault?.message).toMatch(/the gzip data breaks off after \d+ bytes of text \(invalid/);
    const checksum = Buffer.from(whole);
    checksum[checksum.length - 6]! ^= 1;
    expect((await readBack(csv, voteTable, checksum)).fault?.message).toMatch(/incorrect data check/);
  });

  it('what is said to be gzip and is not is refused', async () => {
    await expect(async () => {
      for await (const _ of csv.read(chunked(Buffer.from(votes(1))), voteTable, { gzip: true }));
    }).rejects.toThrow('the data is not gzip');
  });

  it('a stream that fails hands on its own error', async () => {
    async function* failing() {
      yield Buffer.from(votes(10));
      throw new Error('connection reset');
    }
    const rows: string[] = [];
    await expect(async () => {
      for await (const batch of csv.read(failing(), voteTable)) rows.push(...batch.rows.map(({ item }) => item));
    }).rejects.toThrow('connection reset');
  });

  it('a reader that stops early closes the stream, packed or not', async () => {
    for (const content of [Buffer.from(votes(50_000)), packed(Buffer.from(votes(50_000)))]) {
      let closed = false;
      async function* source() {
        try {
          yield* chunked(content, [1_000]);
        } finally {
          closed = true;
        }
      }
      for await (const batch of csv.read(source(), voteTable, { batchSize: 10 })) {
        expect(batch.rows).toHaveLength(10);
        break;
      }
      await expect.poll(() => closed).toBe(true);
    }
  });
});
