import { Option, type Command } from 'commander';
import { crowdAnnotators, crowdGold, crowdOptions, crowdVotes, type OptionSpec, simulateCrowd } from '../../aggregation/index.js';
import { findFormat, formats } from '../../formats/formats.js';
import { optionRange, seedNumber, typedOptions } from '../option-values.js';
import { checking } from '../refusal.js';
import { say } from '../terminal.js';
import { writeTable } from './result-files.js';
import { printFacts } from '../tables.js';

const specs: readonly OptionSpec[] = crowdOptions;

export function configure(command: Command): void {
  for (const spec of specs) {
    const flag = spec.name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} <${spec.type === 'choice' ? 'name' : 'number'}>`, `${spec.doc} ${optionRange(spec)}; default ${spec.default}`);
  }
  command
    .option('--seed <number>', 'the same seed and options give the same crowd', seedNumber, 0)
    .option('--out <folder>', 'where votes, gold and annotators go', '.')
    .addOption(new Option('--format <id>', 'of the files').choices(formats.map(({ id }) => id)).default('csv'))
    .option('--json', 'print one JSON object instead of a table')
    .action(run);
}

type Flags = Record<string, string> & { seed: number; out: string; format: string; json?: true };

async function run(flags: Flags): Promise<void> {
  const written = Object.fromEntries(specs.flatMap(({ name }) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
  const crowd = checking(() => simulateCrowd(typedOptions(specs, written), flags.seed), '', true);
  const format = findFormat(flags.format);
  const files = [
    await writeTable(flags.out, 'votes', ['item', 'annotator', 'class'], crowdVotes(crowd), format),
    await writeTable(flags.out, 'gold', ['item', 'class'], crowdGold(crowd), format),
    await writeTable(flags.out, 'annotators', ['annotator', 'behaviour', 'skill'], crowdAnnotators(crowd), format),
  ];
  const { items, itemCount, annotatorCount, classCount } = crowd.columns;
  const counts = { items: itemCount, annotators: annotatorCount, votes: items.length, classes: classCount };
  if (flags.json) say(JSON.stringify({ ...counts, seed: flags.seed, files }));
  else {
    printFacts(counts);
    say(files.join('\n'));
  }
}
