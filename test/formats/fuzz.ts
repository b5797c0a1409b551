import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readableFormats } from '../../src/formats/formats.js';
import { goldTable, itemTable, predictionTable, voteTable } from '../../src/formats/rows/tables.js';
import type { Table } from '../../src/formats/rows/table.js';
import { FormatError } from '../../src/formats/text/fault.js';
import { VoteRowCheck, type VoteRow } from '../../src/votes/vote-row.js';
import { readBack } from './streams.js';

const parquetFolder = new URL('parquet/', import.meta.url);

const texts: Record<'csv' | 'ndjson', string[]> = {
  csv: [
    'item,annotator,class,outcome,voteId,time,durationMs,comment\ni1,a1,yes,,v1,2026-01-02T03:04:05Z,1200,"said ""no"", then\nyes"\ni2,a2,,SKIP,,,,\n',
    'item\tannotator\tlabel\r\ni1\ta\tb\r\n\r\n\t\t\r\n', 'Item;Worker;Answer\n"é;";a;b\n', '\ufeffitem,class,reason\ni,c,\'=1\n', 'item,p_a,p_b\ni,0.25,0.75\nj,1e-3,.999\n', 'item,payload\ni,"{""url"":[1,2,{}]}"\n',
  ],
  ndjson: [
    '{"item":"i1","annotator":"a1","class":"yes","time":"2026-01-02T03:04:05Z","comment":"\\u00e9\\ud83d\\ude42"}\n{"item":2,"annotator":"b","outcome":"SKIP"}\n',
    '[{"item":"i","annotator":"a","class":"c"},\n {"item":"j","annotator":"a","class":"c","extra":[[{"x":null}]]}]\n', '{"item":"i","payload":{"a":[1,2.5e3,true,null,"x"]}}\n', '{"item":"i","probabilities":[0.5,0.5]}\n{"item":"j","p_a":1,"p_b":0}\n',
  ],
};

/** Files of a format that are read, to be damaged. */
export function seedsOf(format: string): Buffer[] {
  if (format === 'parquet') return readdirSync(parquetFolder).map((name) => readFileSync(new URL(name, parquetFolder)));
  const plain = texts[format as 'csv' | 'ndjson'].map((text) => Buffer.from(text));
  return [...plain, gzipSync(plain[0]!)];
}

export type Draw = (below: number) => number;

/** The same numbers for the same seed. */
export function draws(seed: number): Draw {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const pieces = ['"', '""', ',', '\n', '\r', '\r\n', '\t', ';', '{', '}', '[', ']', ':', '\\', '\\u', '\\ud800', '\0', '\ufeff', '\u2028', 'null', '-0', '1e309', 'NaN', '9'.repeat(40), '{"'.repeat(50), '['.repeat(300), '"'.repeat(3), 'item', ' ', '\'='].map((text) => Buffer.from(text));
const bytes = [Buffer.from([0xff, 0xfe]), Buffer.from([0xc0, 0x80]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf4, 0x90, 0x80, 0x80]), Buffer.alloc(9), Buffer.alloc(4, 0xff), Buffer.from([0x1f, 0x8b, 8, 0])];

/** A file of one to several changes: bits, bytes, pieces put in, taken out, doubled, or another file's. */
export function damaged(seeds: readonly Buffer[], draw: Draw): Buffer {
  let file = Buffer.from(seeds[draw(seeds.length)]!);
  for (let change = 0, count = 1 + draw(6); change < count; change++) {
    const at = draw(file.length + 1);
    const to = Math.min(file.length, at + draw(1 + Math.min(64, file.length)));
    switch (draw(7)) {
      case 0: if (file.length > 0) file[at % file.length]! ^= 1 << draw(8); break;
      case 1: if (file.length > 0) file[at % file.length] = draw(256); break;
      case 2: file = Buffer.concat([file.subarray(0, at), pieces[draw(pieces.length)]!, file.subarray(at)]); break;
      case 3: file = Buffer.concat([file.subarray(0, at), file.subarray(to)]); break;
      case 4: file = Buffer.concat([file.subarray(0, to), file.subarray(at)]); break;
      case 5: file = Buffer.concat([file.subarray(0, at), bytes[draw(bytes.length)]!, file.subarray(at)]); break;
      default: { const other = seeds[draw(seeds.length)]!; file = Buffer.concat([file.subarray(0, at), other.subarray(draw(other.length + 1))]); }
    }
  }
  return file;
}

const tables: readonly Table[] = [voteTable, goldTable, itemTable, predictionTable(['a', 'b'])];

/** Reads a file as each kind of table. @throws Error telling what is wrong with the reader: a fault that is none of the file's, or another result for other cuts. */
export async function tryReader(format: string, file: Uint8Array, draw: Draw): Promise<void> {
  const reader = readableFormats.find((one) => one.id === format)!;
  const table = tables[draw(tables.length)]!;
  const whole = await readBack(reader, table, file);
  if (whole.fault && !(whole.fault instanceof FormatError)) throw new Error(`${format}: ${whole.fault.stack}`);
  const told = ({ rows, rejects, fault }: typeof whole) => JSON.stringify({ rows, rejects, fault: fault?.message ?? null });
  const cut = await readBack(reader, table, file, [1 + draw(7), 1 + draw(300)]);
  // How much of broken gzip can be unpacked depends on the pieces.
  const isPacked = [whole, cut].some(({ fault }) => fault?.message.includes('gzip'));
  if (!isPacked && told(cut) !== told(whole)) throw new Error(`${format} reads otherwise in other pieces:\n${told(whole).slice(0, 500)}\n${told(cut).slice(0, 500)}`);
}

const oddTexts = ['', ' ', 'a', 'SKIP', 'CLASS', '\0', '\ud800', 'x'.repeat(1024), 'é'.repeat(600), 'x'.repeat(20_000), '2026-01-01', '__proto__', 'toString', '=1'];
const oddTimes = [new Date(NaN), new Date(8.64e15), new Date(-1), new Date(0), new Date(1e12)];
const oddNumbers = [0, -1, 1.5, NaN, 1e309, 2 ** 31, 2 ** 53, -0];

/** Checks a vote of odd values. @throws where the check does more than answer. */
export function tryVote(draw: Draw): void {
  const names = ['item', 'annotator', 'class', 'outcome', 'voteId', 'time', 'durationMs', 'comment', 'guidelineVersion'];
  const valueOf = (name: string) => {
    const odd: readonly unknown[] = name === 'time' ? oddTimes : name === 'durationMs' ? oddNumbers : oddTexts;
    return draw(4) === 0 && name !== 'item' && name !== 'annotator' ? null : odd[draw(odd.length)];
  };
  const row = Object.fromEntries(names.flatMap((name) => (draw(3) === 0 && name !== 'item' && name !== 'annotator' ? [] : [[name, valueOf(name)]])));
  const check = new VoteRowCheck(['a', 'b', '__proto__']);
  const fault = check.fault(row as unknown as VoteRow, draw(10));
  if (fault === null) check.indexOf(row as unknown as VoteRow);
  else if (!/^[A-Z_]+$/.test(fault.code) || fault.message.length > 2000) throw new Error(`a fault that is no answer: ${JSON.stringify(fault).slice(0, 300)}`);
}
