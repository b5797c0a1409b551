import type { Command } from 'commander';
import { type AggregationMethod, findingColumn, findMethod, methods } from '../../aggregation/index.js';
import { optionRange } from '../option-values.js';
import { checking } from '../refusal.js';
import { printFacts, printTable } from '../tables.js';
import { say } from '../terminal.js';

export function configure(command: Command): void {
  command
    .argument('[id]', 'only this method, with its options')
    .option('--json', 'print JSON instead of tables')
    .action((id: string | undefined, { json }: { json?: true }) => {
      const chosen = id == null ? methods : [checking(() => findMethod(id), '', true)];
      if (json) say(JSON.stringify(chosen.map(described)));
      else if (id == null) printAll();
      else print(chosen[0]!);
    });
}

/** The record without its code. */
function described(method: AggregationMethod): Omit<AggregationMethod, 'run'> {
  return { ...method, run: undefined } as Omit<AggregationMethod, 'run'>;
}

function printAll(): void {
  printTable(
    ['method', 'title', 'source', 'options (default; range)'],
    methods.map(({ id, title, source, options }) => [id, title, source, options.map((option) => `${option.name} (${option.default}; ${optionRange(option)})`).join('\n')]),
    [Math.max(...methods.map(({ id }) => id.length)) + 2, 24, 44, 56],
  );
}

function print({ id, version, earlier = [], title, source, reads, returns, cost, quality, options, finds = [] }: AggregationMethod): void {
  printFacts({ method: id, version: String(version), 'earlier versions': earlier.map((one) => one.version).join(', ') || undefined, title, source, reads: reads.join(', '), returns: returns.join(', '), 'annotator quality': quality, cost });
  if (options.length > 0) {
    printTable(['option', 'default', 'range', 'what it does'], options.map((option) => [option.name, String(option.default), optionRange(option), option.doc]), [20, 12, 28, 60]);
  }
  if (finds.length > 0) {
    printTable(['finds', 'per', 'column of files', 'what it says'], finds.map((spec) => [spec.name, spec.per, spec.per === 'item' || spec.per === 'annotator' ? findingColumn(spec) : '', spec.meaning]), [24, 12, 24, 60]);
  }
}
