import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { aggregate, costInWords, costRefusal, defaultMethodId, findMethod, methods, methodsOfVotes, resolveOptions, runCost, type AggregationMethod, type MethodOptions, type MethodResult, type RunCost, type VoteTable } from '../../aggregation/index.js';
import { say, warn } from '../terminal.js';
import { goldAnswers, goldHelp, type GoldScores, readGold, scored } from './gold-file.js';
import { collectOption, positiveNumber, seedNumber, typedOptions, wholeNumber } from '../option-values.js';
import { predictedClasses, predictionsHelp, readPredictions } from './predictions-file.js';
import { priorsHelp, readPriors } from './priors-file.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal } from '../refusal.js';
import { writeResults } from './result-files.js';
import { printFacts, shownValue } from '../tables.js';
import { readVotes, type VotesFlags, votesHelp, votesOptions } from './votes-file.js';

interface Flags extends VotesFlags {
  method: string;
  methodVersion?: number;
  option?: Record<string, string>;
  gold?: string;
  goldAsInput?: true;
  predictions?: string[];
  priors?: string;
  out?: string;
  matrices?: true;
  seed: number;
  maxOperations?: number;
  maxMegabytes?: number;
  json?: true;
}

/** Work that takes longer than this is announced. */
const LONG_SECONDS = 10;

export function configure(command: Command): void {
  votesOptions(command
    .argument('<votes...>', 'the file of votes; - is standard input; several with --from')
    .option('-m, --method <id>', `one of ${methods.map(({ id }) => id).join(', ')}`, defaultMethodId)
    .option('--method-version <number>', 'an earlier version of the method, as methods <id> lists them; the newest where left out', wholeNumber(1, 1_000_000))
    .option('-o, --option <name=value>', 'an option of the method; may be repeated', collectOption), 'the classes, separated by commas: in this order, and also those without votes')
    .option('-g, --gold <file>', 'known answers to score the soft labels against')
    .option('--gold-as-input', 'hand the gold answers to the method, too, as the service does; nothing is scored then')
    .option('-p, --predictions <file>', "a model's probabilities; once a model", (file: string, before: string[] = []) => [...before, file])
    .option('--priors <file>', 'what is known of annotators beforehand, for methods that read prior counts')
    .option('--out <folder>', 'where soft-labels.csv, annotators.csv and, by method, confusable-pairs.csv go; the folder one is in, or with --json nowhere')
    .option('--matrices', "write confusion-matrices.csv, too: how each annotator's votes fall out by true class, with 95% intervals where the method tells them")
    .option('--seed <number>', 'all random draws derive from it', seedNumber, 0)
    .option('--max-operations <number>', 'refuse what would take more steps, by estimate; a core does about 3e8 a second', positiveNumber)
    .option('--max-megabytes <number>', 'refuse what would take more memory, by estimate', positiveNumber)
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText('after', votesHelp + goldHelp + predictionsHelp + priorsHelp)
    .action(run);
}

async function run(paths: string[], flags: Flags): Promise<void> {
  const method = checking(() => findMethod(flags.method, flags.methodVersion), '', true);
  if (flags.matrices && flags.json && flags.out == null) throw new Refusal('--matrices with --json needs --out, the folder that the file goes to', true);
  if (flags.predictions && !method.reads.includes('predictions')) throw new Refusal(`${method.id} does not read predictions; leave out --predictions`, true);
  if (flags.goldAsInput && flags.gold == null) throw new Refusal('--gold-as-input needs --gold, the file of the answers', true);
  if (flags.goldAsInput && !method.reads.includes('gold')) throw new Refusal(`${method.id} does not read gold; leave out --gold-as-input`, true);
  if (flags.priors != null && !method.reads.includes('prior-counts')) {
    throw new Refusal(`${method.id} reads no prior counts; leave out --priors, or choose one of ${methods.filter(({ reads }) => reads.includes('prior-counts')).map(({ id }) => id).join(', ')}`, true);
  }
  const options = checking(() => resolveOptions(method, typedOptions(method.options, flags.option)), '', true);
  const bar = new PhaseBar();
  try {
    const clock = stopwatch();
    const given = flags.gold == null ? null : await readGold(flags.gold);
    const votes = await readVotes(paths, bar, { ...flags, also: flags.predictions && await predictedClasses(flags.predictions[0]!) });
    const known = given && goldAnswers(flags.gold!, given, votes);
    const predictions = flags.predictions && (await Promise.all(flags.predictions.map((file) => readPredictions(file, votes))));
    const priors = flags.priors == null ? null : await readPriors(flags.priors, votes);
    const read = clock();

    const cost = checking(() => affordable(method, options, votes.table, flags), '', true);
    if (cost.seconds > LONG_SECONDS) warn(`assay: ${method.id} takes ${costInWords(cost)} here`);
    bar.start('aggregate', typeof options.maxIterations === 'number' ? options.maxIterations : 0);
    const result = checking(() => aggregate(votes.table, method.id, { version: method.version, predictions, priorCounts: priors?.counts, gold: flags.goldAsInput && known!, options, seed: flags.seed, threads: availableParallelism(), onProgress: ({ iteration, done }) => bar.set(done === undefined ? iteration : iteration - 1 + done) }));
    const aggregated = clock();

    bar.start('write', votes.table.itemCount);
    const folder = flags.out ?? (flags.json ? null : '.');
    const files = folder == null ? [] : await writeResults(folder, votes, method, result, { gold: flags.goldAsInput ? known : null, withMatrices: flags.matrices ?? false, onItems: (items) => bar.set(items) });
    const written = clock();
    bar.stop();

    const scores = known && !flags.goldAsInput ? scored(known, votes.table, result.posteriors) : null;
    const { table } = votes;
    const { iterations, converged, ties, warnings } = result.diagnostics;
    report(flags, {
      method: method.id, version: method.version, options, seed: flags.seed,
      items: table.itemCount, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount,
      otherOutcomes: votes.otherOutcomes, repeats: votes.repeats, ...(priors && { knownAnnotators: priors.count }), iterations, converged, ties,
      findings: foundOfRun(method, result),
      ...scores,
      seconds: { read, aggregate: aggregated, write: written },
      files,
    });
    const notes = [
      ...votes.notes,
      ...warnings,
      ...(converged ? [] : [`not converged after ${iterations} iterations${raising(method)}`]),
      ...(known && !scores && !flags.goldAsInput ? ['no item with a gold answer has votes, so nothing is scored'] : []),
    ];
    for (const note of notes) warn(`assay: ${note}`);
  } finally {
    bar.stop();
  }
}

/** What would let a run go on, by the method's options. */
function raising({ options }: AggregationMethod): string {
  const cap = options.find(({ name }) => /iterations$/i.test(name));
  return cap ? `; raise ${cap.name}, or loosen the tolerance` : '';
}

/** @throws Refusal where it would cost more than the options let. */
function affordable(method: AggregationMethod, options: MethodOptions, table: VoteTable, { maxOperations = Infinity, maxMegabytes = Infinity, predictions, priors }: Flags): RunCost {
  const size = { items: table.itemCount, annotators: table.annotatorCount, classes: table.classCount, votes: table.voteCount, models: predictions?.length ?? 0, priors: priors != null };
  const refusal = costRefusal(method, size, options, { operations: maxOperations, bytes: maxMegabytes * 1e6 }, { operations: '--max-operations', megabytes: '--max-megabytes' }, methodsOfVotes(size.classes));
  if (refusal != null) throw new Refusal(refusal);
  return runCost(method, size, options);
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
  /** Annotators of whom something was known beforehand, where a file of such was given. */
  knownAnnotators?: number;
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
    'annotators known beforehand': found.knownAnnotators,
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
