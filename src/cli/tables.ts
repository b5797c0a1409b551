import Table from 'cli-table3';

/** Names and values, one pair a line; what is undefined is left out. */
export function printFacts(facts: Record<string, string | number | boolean | undefined>): void {
  const table = new Table({ colAligns: ['left', 'right'], style: plain() });
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) table.push([name, shownValue(value)]);
  console.log(table.toString());
}

export function printTable(head: string[], rows: string[][], widths?: number[]): void {
  const table = new Table({ head, style: plain(), ...(widths && { colWidths: widths, wordWrap: true }) });
  table.push(...rows);
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
