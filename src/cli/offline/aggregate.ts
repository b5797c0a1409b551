import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { aggregate, defaultMethodId, findMethod, methods, resolveOptions, type AggregationMethod, type MethodResult } from '../../aggregation/index.js';
import { say, warn } from '../terminal.js';
import { goldAnswers, goldHelp, type GoldScores, readGold, scored } from './gold-file.js';
import { collectOption, seedNumber, typedOptions } from '../option-values.js';
import { predictedClasses, predictionsHelp, readPredictions } from './predictions-file.js';
import type { ColumnMap } from '../../formats/rows/table.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal } from '../refusal.js';
import { writeResults } from './result-files.js';
import { printFacts, shownValue } from '../tables.js';
import { classList, mapOption, readVotes, repeatsOption, votesHelp } from './votes-file.js';

interface Flags {
  method: string;
  option?: Record<string, string>;
  classes?: string[];
  repeats: string;
  map?: ColumnMap;
  gold?: string;
  goldAsInput?: true;
  predictions?: string[];
  out: string;
  seed: number;
  json?: true;
}

export function configure(command: Command): void {
  command
    .argument('<votes>', 'the file of votes; - is standard input')
    .option('-m, --method <id>', `one of ${methods.map(({ id }) => id).join(', ')}`, defaultMethodId)
    .option('-o, --option <name=value>', 'an option of the method; may be repeated', collectOption)
    .option('--classes <list>', 'the classes, separated by commas: in this order, and also those without votes', classList)
    .addOption(repeatsOption())
    .addOption(mapOption())
    .option('-g, --gold <file>', 'known answers to score the soft labels against')
    .option('--gold-as-input', 'hand the gold answers to the method, too, as the service does; nothing is scored then')
    .option('-p, --predictions <file>', "a model's probabilities; once a model", (file: string, before: string[] = []) => [...before, file])
    .option('--out <folder>', 'where soft-labels.csv, annotators.csv and, by method, confusable-pairs.csv go', '.')
    .option('--seed <number>', 'all random draws derive from it', seedNumber, 0)
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText('after', votesHelp + goldHelp + predictionsHelp)
    .action(run);
}

async function run(path: string, flags: Flags): Promise<void> {
  const method = checking(() => findMethod(flags.method), '', true);
  if (flags.predictions && !method.reads.includes('predictions')) throw new Refusal(`${method.id} does not read predictions; leave out --predictions`, true);
  if (flags.goldAsInput && flags.gold == null) throw new Refusal('--gold-as-input needs --gold, the file of the answers', true);
  if (flags.goldAsInput && !method.reads.includes('gold')) throw new Refusal(`${method.id} does not read gold; leave out --gold-as-input`, true);
  const options = checking(() => resolveOptions(method, typedOptions(method.options, flags.option)), '', true);
  const bar = new PhaseBar();
  try {
    const clock = stopwatch();
    const given = flags.gold == null ? null : await readGold(flags.gold);
    const votes = await readVotes(path, bar, { ...flags, also: flags.predictions && await predictedClasses(flags.predictions[0]!) });
    const known = given && goldAnswers(flags.gold!, given, votes);
    const predictions = flags.predictions && (await Promise.all(flags.predictions.map((file) => readPredictions(file, votes))));
    const read = clock();

    bar.start('aggregate', typeof options.maxIterations === 'number' ? options.maxIterations : 0);
    const result = checking(() => aggregate(votes.table, method.id, { predictions, gold: flags.goldAsInput && known!, options, seed: flags.seed, threads: availableParallelism(), onProgress: ({ iteration }) => bar.set(iteration) }));
    const aggregated = clock();

    bar.start('write', votes.table.itemCount);
    const files = await writeResults(flags.out, votes, method, result, flags.goldAsInput ? known : null, (items) => bar.set(items));
    const written = clock();
    bar.stop();

    const scores = known && !flags.goldAsInput ? scored(known, votes.table, result.posteriors) : null;
    const { table } = votes;
    const { iterations, converged, ties, warnings } = result.diagnostics;
    report(flags, {
      method: method.id, version: method.version, options, seed: flags.seed,
      items: table.itemCount, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount,
      otherOutcomes: votes.otherOutcomes, repeats: votes.repeats, iterations, converged, ties,
      findings: foundOfRun(method, result),
      ...scores,
      seconds: { read, aggregate: aggregated, write: written },
      files,
    });
    const notes = [
      ...votes.notes,
      ...warnings,
      ...(converged ? [] : [`not converged after ${iterations} iterations; raise maxIterations, or loosen the tolerance`]),
      ...(votes.unread.length > 0 ? [`columns not read: ${votes.unread.join(', ')}`] : []),
      ...(known && !scores && !flags.goldAsInput ? ['no item with a gold answer has votes, so nothing is scored'] : []),
    ];
    for (const note of notes) warn(`assay: ${note}`);
  } finally {
    bar.stop();
  }
}

type Report = Partial<GoldScores> & {
  method: string;
  version: number;
  options: Record<string, unknown>;
  seed: number;
  items: number;
  annotators: number;
  votes: number;
  classes: number;
  otherOutcomes: number;
  repeats: number;
  iterations: number;
  converged: boolean;
  ties: number;
  /** What the method found about the run itself, its classes and its models. */
  findings: Record<string, number | number[]>;
  seconds: { read: number; aggregate: number; write: number };
  files: string[];
};

function report(flags: Flags, found: Report): void {
  if (flags.json) {
    say(JSON.stringify(found));
    return;
  }
  const { read, aggregate: aggregated, write } = found.seconds;
  printFacts({
    method: found.method,
    items: found.items,
    annotators: found.annotators,
    votes: found.votes,
    'other outcomes': found.otherOutcomes || undefined,
    'repeats left out': found.repeats || undefined,
    classes: found.classes,
    iterations: found.iterations,
    converged: found.converged,
    ties: found.ties,
    ...Object.fromEntries(Object.entries(found.findings).map(([name, value]) => [name, typeof value === 'number' ? value : value.map((one) => shownValue(one)).join(', ')])),
    'gold items': found.goldItems,
    accuracy: found.accuracy,
    'negative log-likelihood': found.nll,
    'Brier score': found.brier,
    'calibration error': found.ece,
    'seconds to read, aggregate, write': [read, aggregated, write].map((seconds) => seconds.toFixed(2)).join(', '),
  });
  say(found.files.join('\n'));
}

function foundOfRun({ finds = [] }: AggregationMethod, { findings = {} }: MethodResult): Record<string, number | number[]> {
  const specs = finds.filter(({ per, name }) => (per === 'run' || per === 'class' || per === 'model') && findings[name]);
  return Object.fromEntries(specs.map(({ per, name }) => [name, per === 'run' ? findings[name]![0]! : Array.from(findings[name]!)]));
}

/** Seconds since the call before. */
function stopwatch(): () => number {
  let before = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - before) / 1000;
    before = now;
    return Number(seconds.toFixed(6));
  };
}
