import { describe, expect, it } from 'vitest';
import { csv } from '../../src/formats/csv/csv.js';
import { ndjson } from '../../src/formats/ndjson/ndjson.js';
import { parquet } from '../../src/formats/parquet/parquet.js';
import { asWide, mapped } from '../../src/formats/rows/table.js';
import { voteTable } from '../../src/formats/rows/tables.js';
import { readVoteColumns, type VoteFile } from '../../src/formats/vote-columns.js';
import { chunked, readBack } from './streams.js';

const wide = asWide(voteTable);
const rows = async (text: string, map = {}) => readBack(csv, mapped(wide, map), text);
const told = async (text: string, map = {}) => (await rows(text, map)).rows.map(({ line, item, annotator, class: answer }) => [line, item, annotator, answer]);
const columns = (text: string, sizes?: number[], map = {}) => readVoteColumns(chunked(Buffer.from(text), sizes), { wide: true, map });
const votesIn = ({ items, annotators, classes, itemIds, annotatorIds, classIds }: VoteFile) =>
  Array.from(items, (item, v) => [itemIds.text(item), annotatorIds.text(annotators[v]!), classIds.text(classes[v]!)]);

describe('a wide table', () => {
  const table = ',r1,"r 2",r3\r\n0,1,1,\r\n1,1,"a ""b"", c",1\r\n,,,\r\n2,,,\r\n"3\n3",,, x\r\n';
  const votes = [[2, '0', 'r1', '1'], [2, '0', 'r 2', '1'], [3, '1', 'r1', '1'], [3, '1', 'r 2', 'a "b", c'], [3, '1', 'r3', '1'], [6, '3\n3', 'r3', ' x']];

  it('is read row by row and column by column; empty cells are no votes, and rows without any are counted', async () => {
    const read = await rows(table);
    expect(read).toMatchObject({ rejects: [], fault: null });
    expect(await told(table)).toEqual(votes);
    for await (const batch of csv.read(chunked(Buffer.from(table)), wide)) expect(batch).toMatchObject({ unanswered: 1, emptyRows: 1, unread: [] });
  });

  it.each([[1], [7], [1000]])('is the same to a computation, whatever pieces of %i bytes it comes in', async (size) => {
    const file = await columns(table, [size]);
    expect(votesIn(file)).toEqual(votes.map((vote) => vote.slice(1)));
    expect(file).toMatchObject({ unanswered: 1, emptyRows: 1, times: null, unread: [] });
  });

  it('has its item in the mapped column, in that of its name, or in the first; blanks around names are passed over, and what numbers rows', async () => {
    const expected = [[2, 'a', 'x', '1'], [2, 'a', 'y', '2']];
    expect(await told('whatever, x , y\na,1,2\n')).toEqual(expected);
    expect(await told('x;Item;y\n1;a;2\n')).toEqual(expected);
    expect(await told('x\ttask id\ty\n1\ta\t2\n', { item: 'task id' })).toEqual(expected);
    expect(await told(',item,x,y\n0,a,1,2\n')).toEqual(expected);
    expect(await told('id,x,y,,\na,1,2,,\n')).toEqual(expected);
  });

  it('keeps all votes where rows are many, long, and more than its memory', async () => {
    const crowd = Array.from({ length: 300 }, (_, a) => `annotator ${a}`);
    const answer = (i: number, a: number) => (i % 50 === a % 50 ? '' : `${(i * a) % 7} ${'é'.repeat((i + a) % 40)}`);
    const text = `id,${crowd.join(',')}\n${Array.from({ length: 400 }, (_, i) => `item ${i},${crowd.map((_, a) => answer(i, a)).join(',')}\n`).join('')}`;
    const expected = Array.from({ length: 400 }, (_, i) => crowd.flatMap((name, a) => (answer(i, a) === '' ? [] : [`item ${i},${name},${answer(i, a)}`]))).flat().join('\n');
    expect(votesIn(await columns(text, [10_000])).join('\n') === expected).toBe(true);
    expect((await told(text)).map((vote) => vote.slice(1)).join('\n') === expected).toBe(true);
    const long = 'x'.repeat(700_000);
    expect((await rows(`id,a\ni,${long}\nj,1\n`)).rejects).toMatchObject([{ line: 2, code: 'TOO_LONG' }]);
  });

  it.each([
    ['id,a,b,a\n', 'the header has "a" twice; a wide table has one column for an annotator'],
    ['id,a, a\n', 'the header has "a" twice; a wide table has one column for an annotator'],
    ['item,annotator,class\n', 'the header has the column "annotator", so that the table has a row a vote and is not wide; leave out --wide (?wide=true)'],
    ['Task,Worker,answer\n', 'the header has the column "Worker", so that the table has a row a vote and is not wide; leave out --wide (?wide=true)'],
    ['id,Label\n', 'the header has the column "Label", so that the table has a row a vote and is not wide; leave out --wide (?wide=true)'],
    ['id,a,b,gold\n', 'the column "gold" would be an annotator, as all of a wide table; take it out, or call it otherwise if it is one'],
    ['item,a,Item\n', 'the column "Item" would be an annotator, as all of a wide table; take it out, or call it otherwise if it is one'],
    ['id\n', 'the header has the columns "id"; a wide table has one for the item, and one for each annotator'],
    ['id,,\n', 'the header has the columns "id,,"; a wide table has one for the item, and one for each annotator'],
    ['task,item,a\n', 'the header has "task" and "item", both for item; keep one'],
    [`id,${'a'.repeat(1025)}\n`, `annotator "${'a'.repeat(60)}" (1025 bytes) is 1025 bytes long; ids have at most 1024`],
    ['', 'the file is empty; a wide table has a header with a column for the item, and one for each annotator'],
  ])('is refused with the header %j', async (text, reason) => {
    expect((await rows(text)).fault).toMatchObject({ reason });
    await expect(columns(text)).rejects.toMatchObject({ reason });
  });

  it('is refused without the column that is mapped, and maps none but that', async () => {
    expect((await rows('id,a\n', { item: 'task id' })).fault).toMatchObject({ reason: 'the header has the columns "id,a", and needs task id for the item' });
    expect(() => mapped(wide, { annotator: 'a' })).toThrow('there is no column "annotator" in a wide table to map: its annotators are its columns, and their answers the cells; it has: item');
  });

  it('has rows refused whole: those with answers of no item, or of nobody', async () => {
    expect(await rows('id,a,,b\n,x,,y\n1,x,,y\n2,x,z,y\n')).toMatchObject({
      rows: [{ item: '1', annotator: 'a' }, { item: '1', annotator: 'b' }],
      rejects: [
        { line: 2, code: 'MISSING', message: 'the row has the answer "x" of "a", and no item; every row of a wide table needs one' },
        { line: 4, code: 'MISSING', message: 'the answer "z" is in a column without a name; each column of a wide table is called as its annotator' },
      ],
    });
    await expect(columns('id,a\n,x\n')).rejects.toMatchObject({ line: 2, reason: expect.stringContaining('and no item') as string });
    expect((await rows('id,a,b\n1,x\n')).rejects).toMatchObject([{ line: 2, message: 'the row has 2 cells, the header 3; a cell that holds a comma goes in quotes' }]);
  });

  it('is a CSV file, whose first bytes are looked at', async () => {
    await expect(columns('{"id":1,"a":"x"}\n')).rejects.toThrow('a wide table is a CSV file, and this is ndjson; leave out --wide (?wide=true), or write it as CSV');
    for (const format of [ndjson, parquet]) expect((await readBack(format, wide, '{}')).fault).toMatchObject({ reason: `a wide table is a CSV file, and this is ${format.id}; leave out --wide (?wide=true), or write it as CSV` });
  });
});
