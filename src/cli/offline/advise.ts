import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type AdvisedMethod, advisedMethods, type Bounded, findMethod, type MethodAdvice, methodAdvice } from '../../aggregation/index.js';
import { goldAnswers, goldHelp, readGold } from './gold-file.js';
import { positiveNumber, seedNumber, wholeNumber } from '../option-values.js';
import { PhaseBar } from '../progress.js';
import { checking } from '../refusal.js';
import { printFacts, printTable } from '../tables.js';
import { say, warn } from '../terminal.js';
import { readVotes, type Votes, type VotesFlags, votesHelp, votesOptions } from './votes-file.js';

interface Flags extends VotesFlags {
  gold?: string;
  methods?: string[];
  draws?: number;
  maxOperations?: number;
  seed: number;
  json?: true;
}

export function configure(command: Command): void {
  votesOptions(command
    .argument('<votes...>', 'the file of votes; - is standard input; several with --from')
    .option('-g, --gold <file>', 'known answers to score the methods against')
    .option('--methods <list>', `the methods to compare, separated by commas; ${advisedMethods.join(', ')}, if left out`, methodList)
    .option('--draws <number>', 'how often a tenth of the votes is left out, 0 to 100; 5 if left out', wholeNumber(0, 100)), 'all classes, separated by commas; those with votes, if left out')
    .option('--seed <number>', 'all random draws derive from it', seedNumber, 0)
    .option('--max-operations <number>', 'leave out the dearest methods, and draws, so that all runs together take no more steps by estimate; a core does about 3e8 a second', positiveNumber)
    .option('--json', 'print one JSON object instead of words and tables')
    .addHelpText('after', votesHelp + goldHelp)
    .action(run);
}

function methodList(written: string): string[] {
  const ids = written.split(',').map((id) => id.trim());
  try {
    ids.forEach((id) => findMethod(id));
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return ids;
}

async function run(paths: string[], { gold: goldPath, methods, draws, maxOperations, seed, json, ...reading }: Flags): Promise<void> {
  const bar = new PhaseBar();
  try {
    const given = goldPath == null ? null : await readGold(goldPath);
    const votes = await readVotes(paths, bar, reading);
    const gold = given ? goldAnswers(goldPath!, given, votes) : undefined;
    let phase = '';
    const advice = checking(() => methodAdvice(votes.table, {
      gold, seed, threads: availableParallelism(), clock: () => performance.now(),
      ...(methods && { methods }), ...(draws != null && { draws }), ...(maxOperations != null && { bounds: { operations: maxOperations, bytes: Infinity } }),
      onProgress: ({ phase: told, run: number, runs }) => {
        if (told !== phase) bar.start(told, runs);
        phase = told;
        bar.set(number);
      },
    }));
    bar.stop();
    if (json) say(JSON.stringify(asJson(votes, seed, advice)));
    else print(advice);
    for (const note of votes.notes) warn(`assay: ${note}`);
    if (gold && advice.goldItems === 0) warn('assay: no item with a gold answer has votes, so nothing is scored');
  } finally {
    bar.stop();
  }
}

function asJson({ otherOutcomes, repeats }: Votes, seed: number, advice: MethodAdvice) {
  return { ...advice, otherOutcomes, repeats, seed };
}

function print({ recommendation, methods, leftOut, certificate, ...counts }: MethodAdvice): void {
  const { method, reasons, moreVotes, moreGold } = recommendation;
  say(`Take ${method}. ${reasons.join(' ')}`);
  say(moreVotes);
  say(moreGold);
  const columns = counts.goldItems > 0 ? [...always, ...onGold(methods.find(({ gain }) => gain === null)?.method)] : always;
  printTable(columns.map(([head]) => head), methods.map((row) => columns.map(([, cell]) => cell(row))));
  printFacts({
    items: counts.items, annotators: counts.annotators, votes: counts.votes, classes: counts.classes, 'gold items': counts.goldItems,
    'majority vote': certificate?.verdict, 'draws without a tenth of the votes': methods[0]?.stability?.draws,
  });
  for (const one of leftOut) say(`Left out: ${one.method}, ${one.reason}.`);
}

type Column = readonly [head: string, cell: (row: AdvisedMethod) => string];

const always: readonly Column[] = [
  ['method', ({ method }) => method],
  ['same consensus\nas others', ({ agreement }) => percent(agreement)],
  ['changed without\na tenth', ({ stability }) => (stability ? percent(stability.changed) : '')],
  ['probability\nmoved', ({ stability }) => (stability ? stability.moved.toFixed(3) : '')],
  ['seconds,\nestimated', ({ cost }) => cost.seconds.toFixed(2)],
  ['seconds,\nmeasured', ({ measuredSeconds }) => (Number.isNaN(measuredSeconds) ? '' : measuredSeconds.toFixed(2))],
];

/** @param base the method that the others' gains are over */
function onGold(base: string | undefined): readonly Column[] {
  return [
    ['accuracy', ({ gold }) => (gold ? interval(gold.accuracy, percent) : '')],
    ['log loss', ({ gold }) => (gold ? gold.logLoss.value.toFixed(3) : '')],
    [`less than\n${base}`, ({ gain }) => (gain ? interval(gain, (value) => value.toFixed(3)) : '')],
    ['calibration\nerror', ({ gold }) => (gold ? percent(gold.ece) : '')],
  ];
}

function interval({ value, low, high }: Bounded, shown: (value: number) => string): string {
  return Number.isNaN(low) ? shown(value) : `${shown(value)}\n${shown(low)} to ${shown(high)}`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '' : `${(100 * share).toFixed(1)}%`;
}
