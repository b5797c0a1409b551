import Table from 'cli-table3';
import { visible } from './terminal.js';

/** Names and values, one pair a line; what is undefined is left out. */
export function printFacts(facts: Record<string, string | number | boolean | undefined>): void {
  const table = new Table({ colAligns: ['left', 'right'], style: plain() });
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) table.push([visible(name), visible(shownValue(value))]);
  console.log(table.toString());
}

export function printTable(head: string[], rows: string[][], widths?: number[]): void {
  const table = new Table({ head, style: plain(), ...(widths && { colWidths: widths, wordWrap: true }) });
  // Cells of ours may have several lines; names have none.
  table.push(...rows.map((row) => row.map((cell) => cell.split('\n').map(visible).join('\n'))));
  console.log(table.toString());
}

export function shownValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(4);
}

/** Colours only where someone looks. */
function plain() {
  return process.stdout.isTTY ? { compact: true } : { compact: true, head: [], border: [] };
}
