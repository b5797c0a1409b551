import { describe, expect, it } from 'vitest';
import { csv } from '../../src/formats/csv/csv.js';
import { ndjson } from '../../src/formats/ndjson/ndjson.js';
import { predictionTable, voteTable } from '../../src/formats/rows/tables.js';
import { momentIn } from '../../src/formats/text/moment.js';
import { readVoteColumns } from '../../src/formats/vote-columns.js';
import { chunked } from './streams.js';

async function read(format: typeof csv, text: string) {
  for await (const batch of format.read(chunked(Buffer.from(text)), voteTable)) return batch;
  throw new Error('there is no batch');
}

const columns = (text: string) => readVoteColumns(chunked(Buffer.from(text)));

describe('times', () => {
  const noon = Date.UTC(2017, 4, 31, 12, 33, 46);

  it.each([
    ['2017-05-31 12:33:46 UTC', noon], ['2017-05-31 12:33:46', noon], ['2017-05-31T12:33:46', noon], ['2017-05-31T12:33:46+0200', noon - 7_200_000],
    ['2017-05-31 12:33:46+00:00', noon], ['2017-05-31T12:33:46.1234567Z', noon + 123], ['2017-05-31 12:33:46.5-07', noon + 500 + 25_200_000], ['2017-05-31', noon - 45_226_000],
    ['Wed May 31 05:33:46 PDT 2017', noon], ['Wed May  3 12:33:46 UTC 2017', noon - 28 * 86_400_000], ['1496234026', noon], ['1496234026.25', noon + 250],
    ['1496234026000', noon], ['1.496234026e+09', noon], ['0099-12-31T00:00:00Z', Date.parse('0099-12-31T00:00:00Z')], ['9999-12-31T23:59:59.999Z', Date.parse('9999-12-31T23:59:59.999Z')], ['1496234026000000', noon], ['1496234026000000000', noon],
  ])('%s is read', (written, moment) => {
    expect(momentIn(written)).toBe(moment);
  });

  it.each(['', 'yesterday', '5/6/2017 12:33', '2026-02-30', '2026-01-31T25:00:00Z', '12345', '2017-05-31+02:00', '0000-01-01', 'NaT', 'Wed May 31 12:33:46 XYZ 2017', '99999999999999999999'])('%j is none', (written) => {
    expect(momentIn(written)).toBeNaN();
  });

  it('that cannot be read are lost and told; their votes are not', async () => {
    const text = 'item,annotator,class,time\n1,a,x,2017-05-31 12:33:46 UTC\n2,a,x,last week\n3,a,y,\n';
    const { rows, rejects, lost } = await read(csv, text);
    expect(rows.map((row) => row.time?.getTime() ?? null)).toEqual([noon, null, null]);
    expect(rejects).toEqual([]);
    expect(lost).toEqual([{ line: 3, message: 'time "last week" is no moment such as 2026-01-31T12:00:00Z' }]);
    const file = await columns(text);
    expect([file.items.length, [...file.times!.slice(0, 3)], file.lostTimes, file.firstLostTime]).toEqual([3, [noon, NaN, NaN], 1, expect.stringContaining('line 3: time "last week"')]);
  });
});

describe('rows without an answer', () => {
  it('are no votes, and are counted: empty cells of CSV, null and "" of NDJSON', async () => {
    const inCsv = 'item,annotator,class\n0,a,1\n1,a,\n,,\n2,b,1\n,,\r\n';
    expect(await read(csv, inCsv)).toMatchObject({ rows: [{ item: '0' }, { item: '2' }], rejects: [], unanswered: 1, emptyRows: 2 });
    expect(await columns(inCsv)).toMatchObject({ unanswered: 1, emptyRows: 2, items: Int32Array.of(0, 1) });
    const asJson = ['"x"', 'null', '""'].map((answer, i) => `{"item":${i},"annotator":"a","class":${answer}}`).join('\n');
    expect(await read(ndjson, asJson)).toMatchObject({ rows: [{ item: '0' }], rejects: [], unanswered: 2 });
  });

  it('are refused where another cell says that there is one', async () => {
    expect((await read(csv, 'item,annotator,class,outcome\n1,a,,CLASS\n')).rejects).toMatchObject([{ line: 2, code: 'MISSING' }]);
    expect((await read(ndjson, '{"item":1,"annotator":"a"}\n')).rejects).toMatchObject([{ line: 1, code: 'MISSING' }]);
  });
});

describe('headers', () => {
  const three = { rows: [{ item: '1', annotator: 'a', class: 'x' }, { item: '1', annotator: 'b', class: 'y' }], rejects: [], unread: [] };

  it.each([
    ['in other case', 'Item,ANNOTATOR,Label\n1,a,x\n1,b,y\n'],
    ['with blanks', ' item, annotator ,label\r\n1,a,x\r\n1,b,y\r\n'],
    ['and cells with tabs between', 'item\tannotator\tlabel\n1\ta\tx\n\t\t\n1\tb\ty\n'],
    ['and cells with semicolons between, quoted or not', '"Task";"Worker";"Label"\n1;a;"x"\n1;b;y\n'],
    ['with columns that have no name', 'item,annotator,label,,\n1,a,x,,\n1,b,y,,\n'],
  ])('%s are read, by rows and by columns, whole or byte by byte', async (_what, text) => {
    expect(await read(csv, text)).toMatchObject(three);
    const file = await readVoteColumns(chunked(Buffer.from(text), [1]));
    expect([file.itemIds.texts(), file.annotatorIds.texts(), file.classIds.texts(), file.unread]).toEqual([['1'], ['a', 'b'], ['x', 'y'], []]);
  });

  it('keep commas and semicolons inside the cells of a file with tabs', async () => {
    expect(await read(csv, 'item\tannotator\tlabel\tnotes, others;\n1,5\ta;b\tx, y\tz\n')).toMatchObject({ rows: [{ item: '1,5', annotator: 'a;b', class: 'x, y' }], unread: ['notes, others;'] });
  });

  it('mean the column that is named to the letter where another is nearly', async () => {
    expect(await read(csv, 'Item,item,annotator,class\n9,1,a,x\n')).toMatchObject({ rows: [{ item: '1' }], unread: ['Item'] });
    await expect(read(csv, 'Item,ITEM,annotator,class\n9,1,a,x\n')).rejects.toThrow('the header has "Item" and "ITEM", both for item; keep one');
    const classes = predictionTable(['a', 'A']);
    const batches = csv.read(chunked(Buffer.from('ITEM,p_A,p_a\n1,0.9,0.1\n')), classes);
    for await (const batch of batches) expect(batch.rows).toMatchObject([{ item: '1', probabilities: [0.1, 0.9] }]);
  });

  it('of NDJSON are read the same way, and the name to the letter goes before one that is nearly', async () => {
    const both = '{"Item":9,"item":1,"annotator":"a","class":"x"}\n{"item":1,"Item":9,"annotator":"b","class":"y"}\n';
    expect(await read(ndjson, both)).toMatchObject({ ...three, unread: [] });
    const twice = '{"Item":1,"ITEM":1,"annotator":"a","class":"x"}\n{"item":1,"task":1,"annotator":"a","class":"x"}\n{"Item":1,"item":1,"item ":1,"task":1,"annotator":"a","class":"x"}\n';
    expect((await read(ndjson, twice)).rejects.map(({ line, message }) => [line, message])).toEqual([1, 2, 3].map((line) => [line, 'item is given twice; keep one']));
    expect(await read(ndjson, '{"Item":1,"annotator ":"a","LABEL":"x"}\n{"item":1,"Annotator":"b","class":"y"}\n')).toMatchObject(three);
  });
});

describe('a JSON list of rows', () => {
  const rows = [{ item: 1, annotator: 'a', label: '}],"\\' }, { item: 2, annotator: { of: ['x'] } }, { item: '3', annotator: 'c', label: null }, { item: 4, annotator: 'é🙂', class: 'y' }];

  it.each([[0], [2], [8]])('is read row by row, however it is broken into lines and chunks: indented by %i', async (indent) => {
    const text = JSON.stringify(rows, null, indent);
    for (const size of [1, 3, 1000]) {
      const found = [];
      for await (const batch of ndjson.read(chunked(Buffer.from(text), [size]), voteTable)) found.push(batch);
      expect(found).toMatchObject([{ rows: [{ item: '1', class: '}],"\\' }, { item: '4', annotator: 'é🙂' }], unanswered: 1, rejects: [{ message: 'annotator is an object or a list; it must be text' }] }]);
      if (indent > 0) expect(found[0]!.rejects[0]!.line).toBe(7);
    }
    expect(await columns(JSON.stringify([rows[0], rows[3]], null, indent))).toMatchObject({ items: Int32Array.of(0, 1) });
  });

  it.each([
    ['[{"item":1}', 'the file ends before its list does; a ] is missing'],
    ['[{"item":1},{"item', 'the file ends inside a row: "{\\"item"'],
    ['[1,2]', 'each row of the list must be an object such as'],
    ['[{"item":1} {"item":2}]', 'a comma goes between rows, and ] behind the last'],
    ['[{"item":1},]', 'each row of the list must be an object such as'],
    ['[]\n[]', 'nothing may follow the list'],
  ])('that is broken is refused: %s', async (text, message) => {
    await expect(async () => {
      for await (const _ of ndjson.read(chunked(Buffer.from(text)), voteTable));
    }).rejects.toThrow(message);
  });
});
