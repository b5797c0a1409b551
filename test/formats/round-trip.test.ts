import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats, findFormat, formatOfContentType } from '../../src/formats/formats.js';
import { guarded, unguard } from '../../src/formats/text/formula-guard.js';
import { goldTable, itemTable, predictionTable, voteTable } from '../../src/formats/rows/tables.js';
import { readVoteColumns } from '../../src/formats/vote-columns.js';
import { anyId, anySizes, chunked, packed, readBack, written } from './streams.js';

/** A download of votes: by these columns a reader knows what a writer of ours guarded. */
const exported = [...Object.keys(voteTable.columns), 'receivedAt'];
const votes = fc.array(fc.tuple(anyId, anyId, anyId), { minLength: 1, maxLength: 40 });

describe.each(formats.map((format) => [format.id, format] as const))('%s', (_id, format) => {
  it('gives back every vote it wrote: any ids, any chunks, packed or not', async () => {
    await fc.assert(
      fc.asyncProperty(votes, anySizes, fc.boolean(), fc.integer({ min: 1, max: 50 }), async (rows, sizes, gzip, batchSize) => {
        const bytes = await written(format, exported, rows);
        const read = await readBack(format, voteTable, gzip ? packed(bytes) : bytes, sizes, batchSize);
        expect(read.fault).toBeNull();
        expect(read.rejects).toEqual([]);
        expect(read.rows.map((row) => [row.item, row.annotator, row.class])).toEqual(rows);
        expect(Math.max(...read.batchSizes)).toBeLessThanOrEqual(batchSize);
      }),
      { numRuns: 150 },
    );
  });

  it('gives vote columns the same ids as rows, in order of first appearance', async () => {
    await fc.assert(
      fc.asyncProperty(votes, anySizes, fc.boolean(), async (rows, sizes, gzip) => {
        const bytes = await written(format, exported, rows);
        const file = await readVoteColumns(chunked(gzip ? packed(bytes) : bytes, sizes));
        const back = rows.map((_, vote) => [file.itemIds.text(file.items[vote]!), file.annotatorIds.text(file.annotators[vote]!), file.classIds.text(file.classes[vote]!)]);
        expect(back).toEqual(rows);
        expect(file.itemIds.texts()).toEqual([...new Set(rows.map(([item]) => item))]);
        expect(rows.every(([item], vote) => file.itemIds.find(item) === file.items[vote])).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('gives back times, durations, comments and outcomes', async () => {
    const any = fc.record({
      item: anyId,
      annotator: anyId,
      answer: fc.oneof(fc.record({ class: anyId, outcome: fc.constantFrom(null, 'CLASS') }), fc.record({ class: fc.constant(null), outcome: fc.constantFrom('SKIP', 'UNSURE', 'CANNOT_LABEL') })),
      voteId: fc.option(anyId),
      time: fc.option(fc.date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })),
      durationMs: fc.option(fc.nat()),
      comment: fc.option(anyId),
      guidelineVersion: fc.option(anyId),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(any, { maxLength: 10 }), async (rows) => {
        const expected = rows.map(({ item, annotator, answer, ...rest }) => ({ item, annotator, class: answer.class, outcome: answer.outcome, ...rest }));
        const columns = Object.keys(voteTable.columns) as (keyof (typeof expected)[number])[];
        const bytes = await written(format, exported, expected.map((row) => columns.map((column) => row[column])));
        const read = await readBack(format, voteTable, bytes);
        expect(read.rejects).toEqual([]);
        expect(read.rows.map(({ line: _line, ...row }) => row)).toEqual(expected.map((row) => ({ ...row, line: undefined })).map(({ line: _line, ...row }) => row));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every bit of a number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), async (value) => {
        const bytes = (await written(format, ['p'], [[value]])).toString();
        const text = bytes.trimEnd().split(format.id === 'csv' ? '\n' : ':').at(-1)!.replace('}', '');
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('writes what is not finite as no value', async () => {
    const text = (await written(format, ['item', 'a', 'b', 'c'], [['x', NaN, Infinity, null]])).toString();
    expect(text).toBe(format.id === 'csv' ? 'item,a,b,c\nx,,,\n' : '{"item":"x","a":null,"b":null,"c":null}\n');
  });
});

describe('csv', () => {
  const csv = findFormat('csv');

  it('agrees with an independent reader on what was written, but for the guard against formulas', async () => {
    await fc.assert(
      fc.asyncProperty(votes, async (rows) => {
        const text = (await written(csv, ['item', 'annotator', 'class'], rows)).toString();
        const [header, ...read] = parse(text, { relax_column_count: false });
        expect(header).toEqual(['item', 'annotator', 'class']);
        expect(read).toEqual(rows.map((row) => row.map(guarded)));
      }),
      { numRuns: 150 },
    );
  });

  it('reads what an independent reader reads: any quoting, LF or CRLF, a byte order mark', async () => {
    const quoted = fc.tuple(anyId, fc.boolean()).map(([text, always]) => ({ text, written: always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(quoted, quoted), { minLength: 1, maxLength: 20 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean(), anySizes, async (rows, end, mark, ended, sizes) => {
        const text = `${mark ? '\ufeff' : ''}item,class${end}${rows.map((row) => row.map((one) => one.written).join(',')).join(end)}${ended ? end : ''}`;
        const expected = parse(text, { bom: true, from_line: 1, record_delimiter: end });
        const read = await readBack(csv, goldTable, text, sizes);
        expect(read.rejects).toEqual([]);
        expect(read.rows.map((row) => [row.item, row.class])).toEqual(expected.slice(1));
        expect(expected.slice(1)).toEqual(rows.map((row) => row.map((one) => one.text)));
      }),
      { numRuns: 150 },
    );
  });

  it('guards what follows a separator of other spreadsheets within a cell, full-width signs and blanks before a sign, and takes it all off again', async () => {
    const texts = [
      'a;=1+1', ';=1+1;', ';;=x', 'a;\'=x', 'a;-1', 'a; =x', 'a\n=1+1', 'a\r\n@x', 'a\t+1', 'a\r\nb', 'a;b', '\uff1d1+1', '\uff0b1', '\uff0d1', '\uff20x', ' =1', '\u00a0=1', '\u3000-x', "' =1", ';', ';\'', "a;''=x",
    ];
    const cells = texts.map(guarded);
    expect(cells.slice(0, 6)).toEqual(["a;'=1+1", ";'=1+1;", ";;'=x", "a;''=x", "a;'-1", "a;' =x"]);
    expect([guarded('a;b'), guarded('a\r\nb'), guarded('-1.5e3')]).toEqual(['a;b', 'a\r\nb', '-1.5e3']);
    for (const cell of cells) {
      // As a spreadsheet takes the cell apart that knows nothing of our quotes.
      for (const part of cell.split(/[;\t\r\n]/)) expect(part).not.toMatch(/^[ \u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
    }
    for (const text of texts) {
      const bytes = Buffer.from(guarded(text));
      expect(bytes.toString('utf8', 0, unguard(bytes, 0, bytes.length))).toBe(text);
    }
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(';', "'", '=', '-', ' ', '\u3000', '\uff1d', '\uff20', '\ufffd', '\t', '\n', '\r', '1', '\u00a0', 'x') }), (text) => {
      const bytes = Buffer.from(guarded(text));
      return bytes.toString('utf8', 0, unguard(bytes, 0, bytes.length)) === text;
    }), { numRuns: 5000 });
  });

  it('leaves no text cell that a spreadsheet would run, and leaves numbers alone', async () => {
    const text = (await written(csv, ['item', 'p'], [['=1+1', 0.5], ['+cmd', -3], ['-1', -0.5], ['@sum', 1e-9], ['\tx', 1], ['\rx', 1], ["'=x", 1], ["it's", 1], ['-2+3', 1], ['+', 1], ["'-", 1]])).toString();
    expect(text).toBe(`item,p\n'=1+1,0.5\n'+cmd,-3\n-1,-0.5\n'@sum,1e-9\n'\tx,1\n"'\rx",1\n''=x,1\nit's,1\n'-2+3,1\n+,1\n''-,1\n`);
    fc.assert(
      fc.property(anyId, (id) => {
        expect(/^[=+\-@\t\r\n]/.test(guarded(id)) && !/^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|.)$/i.test(guarded(id))).toBe(false);
      }),
    );
  });

  it('calls the column of a class as cells name the class, and reads both', async () => {
    const classes = ['+', '-', '+ve', '=x', '@', '@home', '-1', "'-", 'a;=b', 'it, "too"'];
    const names = ['item', 'label', 'confidence', 'entropy', 'votes', 'tie', ...classes.map((name) => `p_${name}`)];
    const bytes = await written(csv, names, classes.map((name, k) => ['=i', name, 1, 0, 3, false, ...classes.map((_, l) => (k === l ? 1 : 0))]));
    const [header, ...rows] = parse(bytes);
    expect(header!.slice(6, 12)).toEqual(['p_+', 'p_-', "p_'+ve", "p_'=x", 'p_@', "p_'@home"]);
    for (const row of rows) expect(row[header!.indexOf(`p_${row[1]}`)]).toBe('1');
    const predicted = await readBack(csv, predictionTable(classes), bytes);
    expect(predicted.rows.map(({ item, probabilities }) => [item, probabilities.indexOf(1)])).toEqual(classes.map((_, k) => ['=i', k]));
    expect((await readBack(csv, goldTable, bytes)).rows.map((row) => row.class)).toEqual(classes);
  });

  it.each([
    ['', 'item,annotator,class\n\'-5,\'@ann,\'=x\n', ["'-5", "'@ann", "'=x"]],
    [' with some columns of a download', 'item,annotator,class,outcome,voteId,time\n\'-5,\'@ann,\'=x,,,\n', ["'-5", "'@ann", "'=x"]],
    [' of ours', `${exported.join(',')}\n'-5,''@ann,it's,,,,,,,\n`, ['-5', "'@ann", "it's"]],
    [' of ours with further columns, through a spreadsheet', `${exported.join(';')};state\r\n'-5;''@ann;"it's";;;;;;;;\r\n`, ['-5', "'@ann", "it's"]],
  ])('takes apostrophes before signs for the guard in its own files alone: a file%s', async (_, text, cells) => {
    const { rows } = await readBack(csv, voteTable, text);
    expect(rows.map(({ item, annotator, class: answer }) => [item, annotator, answer])).toEqual([cells]);
    const file = await readVoteColumns(chunked(Buffer.from(text)));
    expect([file.itemIds.text(0), file.annotatorIds.text(0), file.classIds.text(0)]).toEqual(cells);
  });

  it('takes columns in any order, by their other names, and tells which it did not read', async () => {
    const read = await readBack(csv, voteTable, 'country,label,worker,task\nde,cat,ann,i1\n');
    expect(read.rows).toMatchObject([{ line: 2, item: 'i1', annotator: 'ann', class: 'cat', voteId: null }]);
    expect(read.unread).toEqual(['country']);
  });
});

describe('ndjson', () => {
  const ndjson = findFormat('ndjson');

  it('reads what JSON.stringify writes: any values in other columns, any order, any white space', async () => {
    const other = fc.dictionary(fc.string({ minLength: 1 }).filter((name) => !(name in voteTable.columns) && !['task', 'worker', 'performer', 'label'].includes(name)), fc.jsonValue(), { maxKeys: 3, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyId, anyId, other, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 10 }), anySizes, async (rows, sizes) => {
        const text = rows.map(([item, label, rest, first, spaced]) => {
          const row = first ? { ...rest, item, class: label } : { class: label, item, ...rest };
          return spaced ? JSON.stringify(row, null, 1).replaceAll('\n', '\r\t') : JSON.stringify(row);
        });
        const read = await readBack(ndjson, goldTable, text.join('\n'), sizes);
        expect(read.fault).toBeNull();
        expect(read.rejects).toEqual([]);
        expect(read.rows.map(({ item, class: label }) => [item, label])).toEqual(rows.map(([item, label]) => [item, label]));
      }),
      { numRuns: 150 },
    );
  });

  it('reads every escape of JSON', async () => {
    const text = String.raw`{"item":"\u0041\u00e9\u20ac\ud83d\ude42\"\\\/\b\f\n\r\t","\u0063lass":"\uD834\udd1e"}`;
    expect((await readBack(ndjson, goldTable, text)).rows).toEqual([{ line: 1, reason: null, ...(JSON.parse(text) as object) }]);
  });

  it('keeps every digit of an id that is a number, and takes true and false as text', async () => {
    const read = await readBack(ndjson, goldTable, '{"item":12345678901234567890,"class":true}\n{"item":12345678901234567891,"class":1.50}\n');
    expect(read.rows.map(({ item, class: label }) => [item, label])).toEqual([['12345678901234567890', 'true'], ['12345678901234567891', '1.50']]);
  });

  it('accepts and refuses the same lines as JSON.parse does', async () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', '-', '0', '.', 'e', '+', 'true', 'null', '\\', 'u00', 'x', ' '), maxLength: 14 }),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const line = `{"item":"a","class":"b","other":${value}}\n`;
        const read = await readBack(ndjson, goldTable, line);
        expect(read.rows.length === 1).toBe(acceptedByJsonParse(line));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('items', () => {
  it.each(formats.map((format) => format.id))('carry any JSON payload in %s', async (id) => {
    const payload = { url: 'https://example.org/?a="b",c', n: [1, 2.5, null, true], deep: { text: 'é\n🙂' } };
    const text = id === 'csv' ? `item,payload\ni1,"${JSON.stringify(payload).replaceAll('"', '""')}"\ni2,\n` : `${JSON.stringify({ item: 'i1', payload })}\n{"item":"i2"}\n`;
    expect((await readBack(findFormat(id), itemTable, text)).rows.map((row) => [row.item, row.payload])).toEqual([['i1', payload], ['i2', null]]);
  });
});

it('a format is found by its id, and by a content type whatever its parameters and case', () => {
  expect(formatOfContentType('Text/CSV; header=present')?.id).toBe('csv');
  expect(formatOfContentType('application/x-ndjson')?.id).toBe('ndjson');
  expect(formatOfContentType('application/pdf')).toBeUndefined();
  expect(() => findFormat('xls')).toThrow('there is no format "xls"; there are: csv, ndjson');
});

/** As JSON.parse, but that a name may not come twice and half a surrogate pair is no text. */
function acceptedByJsonParse(line: string): boolean {
  try {
    const row = JSON.parse(line) as object;
    return Object.keys(row).filter((name) => ['item', 'class', 'other'].includes(name)).length === Object.keys(row).length;
  } catch {
    return false;
  }
}
