import { type Command, InvalidArgumentError } from 'commander';
import { relabelOrNew, type RelabelOrNew, VoteTable } from '../../aggregation/index.js';
import type { CellValue } from '../../formats/text/writer.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal } from '../refusal.js';
import { say, warn } from '../terminal.js';
import { printFacts, printTable, shownValue } from '../tables.js';
import { poolHelp, readPredictionPool, type PredictionPool } from './prediction-pool.js';
import { writeTable } from './result-files.js';
import { readVotes, type Votes, type VotesFlags, votesHelp, votesOptions } from './votes-file.js';

interface Flags extends VotesFlags {
  predictions: string[];
  unlabelled?: string[];
  count: number;
  maxVotes?: number;
  out?: string;
  json?: true;
}

/** Items of the table that is printed; the file has them all. */
const SHOWN_ITEMS = 10;

export function configure(command: Command): void {
  const collect = (file: string, before: string[] = []) => [...before, file];
  votesOptions(command
    .argument('<votes...>', 'the file of votes; - is standard input; several with --from')
    .requiredOption('-p, --predictions <file>', "a model's probabilities; once a model", collect)
    .option('-u, --unlabelled <file>', "its probabilities of further items, which have no votes; once a model", collect)
    .option('-n, --count <number>', 'how many items to name', wholeNumber, 1)
    .option('--max-votes <number>', 'items with as many votes are not asked about again', wholeNumber), 'all classes, separated by commas, where some have no votes')
    .option('--out <folder>', 'where next-items.csv goes; the folder one is in, or with --json nowhere')
    .option('--json', 'print one JSON object instead of tables')
    .addHelpText('after', `${votesHelp}${poolHelp}
Items are scored by ActiveLab: how sure the consensus would be after one more vote. The lowest come first; equal ones in the
order of the files. RELABEL: the best next vote goes to an item that has votes. NEW: to one that has none.`)
    .action(run);
}

async function run(paths: string[], flags: Flags): Promise<void> {
  const { predictions, unlabelled = [], count, maxVotes } = flags;
  if ([...paths, ...predictions, ...unlabelled].filter((file) => file === '-').length > 1) throw new Refusal('only one file can be standard input', true);
  const bar = new PhaseBar();
  try {
    const votes = await readVotes(paths, bar, { ...flags, mayBeEmpty: flags.classes != null });
    const pool = await readPredictionPool(predictions, unlabelled, votes);
    bar.start('score', 0);
    const table = tableOf(votes, pool);
    const open = maxVotes == null ? undefined : Uint8Array.from(pool.ids, (_, item) => (table.itemOffsets[item + 1]! - table.itemOffsets[item]! < maxVotes ? 1 : 0));
    const found = checking(() => relabelOrNew({ votes: table, predictions: pool.models, count, open }));
    const folder = flags.out ?? (flags.json ? null : '.');
    const file = folder == null ? null : await writeTable(folder, 'next-items', ['item', 'kind', 'score', 'votes'], rows(found, pool));
    bar.stop();
    if (flags.json) say(JSON.stringify(asJson(found, pool, votes, flags, file)));
    else print(found, pool, file!);
    for (const note of [...votes.notes, ...found.warnings]) warn(`assay: ${note}`);
  } finally {
    bar.stop();
  }
}

/** The votes with items numbered as in the pool: of equal scores the first of the files comes first. */
function tableOf({ table, itemIds }: Votes, { ids, numbers }: PredictionPool): VoteTable {
  const { annotators, classes, annotatorCount, classCount } = table;
  // Items of other outcomes alone need no prediction.
  const numberOf = Int32Array.from({ length: itemIds.size }, (_, item) => numbers.get(itemIds.text(item)) ?? -1);
  return new VoteTable({ items: table.items.map((item) => numberOf[item]!), annotators, classes, itemCount: ids.length, annotatorCount, classCount });
}

function* rows({ items, scores, votes }: RelabelOrNew, { ids }: PredictionPool): Generator<CellValue[]> {
  for (let i = 0; i < items.length; i++) yield [ids[items[i]!]!, kindOf(votes[i]!), scores[i]!, votes[i]!];
}

function kindOf(votes: number): string {
  return votes > 0 ? 'RELABEL' : 'NEW';
}

function asJson(found: RelabelOrNew, { ids }: PredictionPool, { table }: Votes, { predictions }: Flags, file: string | null) {
  const { decision, scoreOfBestOld, scoreOfBestNew, oldItems, newItems, weights } = found;
  return {
    decision, scoreOfBestOld, scoreOfBestNew, oldItems, newItems,
    annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount,
    models: predictions.map((path, m) => ({ file: path, weight: weights.models[m], temperature: weights.temperatures[m] })),
    meanAnnotatorWeight: weights.meanAnnotatorWeight,
    items: Array.from(found.items, (item, i) => ({ item: ids[item], kind: kindOf(found.votes[i]!), score: found.scores[i], votes: found.votes[i] })),
    files: file == null ? [] : [file],
  };
}

function print(found: RelabelOrNew, { ids }: PredictionPool, file: string): void {
  const { decision, scoreOfBestOld, scoreOfBestNew, oldItems, newItems, items, scores, votes } = found;
  const old = votes.filter((n) => n > 0).length;
  printFacts({
    decision: decision ?? 'none: no item takes more votes',
    'score of the best item with votes': scoreOfBestOld ?? undefined,
    'score of the best new item': scoreOfBestNew ?? undefined,
    'items with votes': oldItems,
    'new items': newItems,
    named: items.length,
    'of them with votes': old,
  });
  if (items.length > 0) printTable(['item', 'kind', 'score', 'votes'], Array.from(items.subarray(0, SHOWN_ITEMS), (item, i) => [ids[item]!, kindOf(votes[i]!), shownValue(scores[i]!), String(votes[i]!)]));
  if (items.length > SHOWN_ITEMS) say(`and ${items.length - SHOWN_ITEMS} more`);
  say(file);
}

function wholeNumber(written: string): number {
  if (!/^[1-9]\d{0,8}$/.test(written)) throw new InvalidArgumentError('It must be a whole number from 1 to 999999999.');
  return Number(written);
}
