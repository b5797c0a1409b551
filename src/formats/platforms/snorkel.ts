import { FileRefused, type Fates } from '../foreign/fates.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import type { ForeignRecord } from '../foreign/record.js';
import { requireColumn } from './wide.js';

export const snorkel: Platform = {
  id: 'snorkel',
  title: 'Snorkel label matrices',
  files: 'CSV with a row an item and a column a labelling function; --classes names the classes in the order of their numbers',
  forms: ['table'],
  table: ({ noHeader = false }) => ({ noHeader, keepsBlank: true }),
  heeds: ['classes', 'itemId', 'abstain', 'firstClass', 'noHeader'],
  open: (options, classes) => new SnorkelReader(options, options.classes ?? classes),
};

class SnorkelReader implements PlatformReader {
  private readonly abstain: number;
  private readonly first: number;
  private functions: readonly string[] = [];
  private row = 0;

  constructor(private readonly options: ImportOptions, private readonly classes: readonly string[] | null) {
    this.abstain = wholeNumber('abstain', options.abstain ?? '-1');
    this.first = wholeNumber('firstClass', options.firstClass ?? '0');
  }

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    const { itemId } = this.options;
    this.row = 0;
    if (this.classes === null) throw new FileRefused('OPTION_MISSING', 'the matrix has numbers, and nothing tells the classes; name them in order with --classes');
    if (itemId !== undefined) requireColumn(columns!, itemId);
    this.functions = columns!.filter((name) => name !== '' && name !== itemId);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    const { itemId } = this.options;
    const item = itemId === undefined ? String(this.row) : row.cell(itemId) || null;
    this.row++;
    let hasOpinion = false;
    for (const name of this.functions) {
      const cell = row.cell(name).trim();
      const value = /^[+-]?\d+(\.0*)?$/.test(cell) ? Number(cell) : NaN;
      if (value === this.abstain) continue;
      hasOpinion = true;
      const place = `${at}/${name}`;
      const label = this.classes![value - this.first];
      if (Number.isNaN(value)) fates.refuse(place, /^[+-]?\d+\.\d+$/.test(cell) ? 'OUT_OF_RANGE' : 'WRONG_TYPE', `${name} ${quoted(cell)} is no whole number`);
      else if (label === undefined) fates.refuse(place, 'OUT_OF_RANGE', this.outOfRange(name, cell));
      else fates.vote({ at: place, item, annotator: name, answer: { class: label } });
    }
    if (!hasOpinion) fates.pass(at, 'ABSTAIN');
  }

  private outOfRange(name: string, cell: string): string {
    const last = this.first + this.classes!.length - 1;
    return `${name} ${quoted(cell)} is the number of no class; there are ${this.first} to ${last}, and ${this.abstain} for no opinion. Snorkel before 0.9 abstains by 0 and counts classes from 1: --abstain 0 --first-class 1`;
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new RangeError(`${name} is ${JSON.stringify(text)}; it is a whole number`);
  return Number(text);
}
