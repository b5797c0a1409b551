import { type Command, InvalidArgumentError } from 'commander';
import { classNumber, type AgreementMeasure, type AgreementMetric, agreementMetrics, findAgreementMetric, itemAgreement, measureAgreement, missingScale, type MissingScale, pairwiseAgreement, resolveOptions, type VoteTable } from '../../aggregation/index.js';
import type { CellValue } from '../../formats/text/writer.js';
import { collectOption, seedNumber, typedOptions, wholeNumber } from '../option-values.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal } from '../refusal.js';
import { say, warn } from '../terminal.js';
import { writeTable } from './result-files.js';
import { printFacts, printTable, shownValue } from '../tables.js';
import { readVotes, type Votes, type VotesFlags, votesHelp, votesOptions } from './votes-file.js';

interface Flags extends VotesFlags {
  metric?: string;
  option?: Record<string, string>;
  classValues?: number[];
  perClass?: true;
  replicates: number;
  level: number;
  seed: number;
  pairs?: true;
  items?: true;
  out: string;
  json?: true;
}

export function configure(command: Command): void {
  votesOptions(command
    .argument('<votes...>', 'the file of votes; - is standard input; several with --from')
    .option('-m, --metric <id>', `one of ${agreementMetrics.map(({ id }) => id).join(', ')}; all that fit, if left out`)
    .option('-o, --option <name=value>', 'an option of the metric; may be repeated', collectOption), 'the classes in their order, separated by commas; numbers are in order by themselves')
    .option('--class-values <list>', 'the places of the classes on a line, numbers in the order of --classes; classes that are numbers are their own', numberList)
    .option('--per-class', 'also the agreement upon each class against all others')
    .option('--replicates <number>', 'resamples of the items for an interval; 0 gives none', wholeNumber(0, 999_999_999), 0)
    .option('--level <number>', 'of the interval', Number, 0.95)
    .option('--seed <number>', 'of the resampling', seedNumber, 0)
    .option('--pairs', 'write pairs.csv: the agreement of each pair of annotators that share items')
    .option('--items', 'write items.csv: the observed agreement of each item with two votes or more')
    .option('--out <folder>', 'where pairs.csv and items.csv go', '.')
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText('after', `${votesHelp}\nMetrics of ordered classes need their order: classes that are numbers, or --classes. Interval and ratio metrics need numbers: classes
that are numbers, or --class-values; for ratios of 0 or more.`)
    .action(run);
}

async function run(paths: string[], flags: Flags): Promise<void> {
  const named = flags.metric == null ? null : checking(() => findAgreementMetric(flags.metric!), '', true);
  if (!named && flags.option) throw new Refusal('--option is one metric\'s; name it by --metric', true);
  if (flags.classValues && flags.classValues.length !== flags.classes?.length) throw new Refusal(`--class-values has ${flags.classValues.length} numbers; it must have one for each class of --classes`, true);
  const options = named ? checking(() => resolveOptions(named, typedOptions(named.options, flags.option)), '', true) : {};
  const bar = new PhaseBar();
  try {
    const votes = await readVotes(paths, bar, flags);
    bar.stop();
    const { table, classes } = votes;
    const request = { votes: table, classValues: flags.classValues };
    if (named) requireOrder(named.id, missingScale(named.scaleWith?.(options) ?? named.scale, request), classes);
    const { perClass, replicates, level, seed } = flags;
    const fitting = named ? [named] : agreementMetrics.filter(({ scale }) => !missingScale(scale, request));
    const measures = checking(() => fitting.map(({ id, options }) => measureAgreement({ ...request, metric: id, options: typedOptions(options, flags.option), perClass, replicates, level, seed })));
    const asked = (metric: AgreementMetric | null | false | undefined) => ({ ...request, metric: metric ? metric.id : 'percent', options: metric ? typedOptions(metric.options, flags.option) : {} });
    const files = [
      ...(flags.pairs ? [await writePairs(flags.out, votes, asked(named?.forPairs && named))] : []),
      ...(flags.items ? [await writeItems(flags.out, votes, asked(named))] : []),
    ];
    if (flags.json) say(JSON.stringify(asJson(table, classes, measures, files)));
    else print(table, classes, measures, files);
    for (const note of votes.notes) warn(`assay: ${note}`);
    for (const note of new Set(measures.flatMap(({ warnings }) => warnings))) warn(`assay: ${note.replace('classValues', '--class-values')}`);
  } finally {
    bar.stop();
  }
}

/** @throws Refusal that tells which option gives what the metric has to know of the classes. */
function requireOrder(id: string, missing: MissingScale | null, classes: readonly string[]): void {
  if (!missing) return;
  if ('belowZero' in missing) throw new Refusal(`${id} measures from zero, and these classes lie below it: ${missing.belowZero.join(', ')}; give --class-values, a number of 0 or more for each of --classes`, true);
  throw new Refusal('order' in missing
    ? `${id} needs the order of the classes, and they are no numbers; give --classes, a list of ${classes.join(', ')} in order`
    : `${id} needs the classes' places on a line, and these are no numbers: ${missing.places.join(', ')}; give --class-values, a number for each of --classes`, true);
}

async function writePairs(folder: string, { annotatorIds }: Votes, request: Parameters<typeof pairwiseAgreement>[0]): Promise<string> {
  const pairs = checking(() => pairwiseAgreement(request));
  function* rows(): Generator<CellValue[]> {
    for (let p = 0; p < pairs.value.length; p++) yield [annotatorIds.text(pairs.first[p]!), annotatorIds.text(pairs.second[p]!), pairs.sharedItems[p]!, pairs.value[p]!];
  }
  return writeTable(folder, 'pairs', ['first', 'second', 'shared_items', request.metric.replaceAll('-', '_')], rows());
}

async function writeItems(folder: string, { itemIds }: Votes, request: Parameters<typeof itemAgreement>[0]): Promise<string> {
  const { items, votes, agreement } = checking(() => itemAgreement(request));
  function* rows(): Generator<CellValue[]> {
    for (let i = 0; i < items.length; i++) yield [itemIds.text(items[i]!), votes[i]!, agreement[i]!];
  }
  return writeTable(folder, 'items', ['item', 'votes', request.metric.replaceAll('-', '_')], rows());
}

function asJson(table: VoteTable, classes: string[], measures: AgreementMeasure[], files: string[]) {
  return {
    items: table.itemCount, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount,
    measures: measures.map(({ perClass, ...measure }) => ({ ...measure, ...(perClass && { perClass: Object.fromEntries(classes.map((name, k) => [name, perClass[k]])) }) })),
    ...(files.length > 0 && { files }),
  };
}

function print(table: VoteTable, classes: string[], measures: AgreementMeasure[], files: string[]): void {
  const { votedItems, comparedItems } = measures[0]!;
  printFacts({ items: table.itemCount, 'with votes': votedItems, 'with two or more': comparedItems, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount });
  const shown = (value: number) => (Number.isNaN(value) ? 'undefined' : shownValue(value));
  printTable(['metric', 'value', 'interval', ...(measures[0]!.perClass ? classes : [])], measures.map(({ metric, value, interval, perClass }) => [
    metric, shown(value), interval ? `${shown(interval.low)} to ${shown(interval.high)}` : '', ...(perClass ? Array.from(perClass, shown) : []),
  ]));
  for (const file of files) say(file);
}

function numberList(written: string): number[] {
  const values = written.split(',').map(classNumber);
  if (values.some((value) => Number.isNaN(value))) throw new InvalidArgumentError('It must be a list of numbers such as 1,2,4.');
  return values;
}
