import type { Command } from 'commander';
import { aggregate, type MajorityVoteCertificate, majorityVoteCertificate, type MajorityVoteVerdict } from '../../aggregation/index.js';
import { goldAnswers, goldHelp, readGold, scored } from './gold-file.js';
import { seedNumber, wholeNumber } from '../option-values.js';
import { PhaseBar } from '../progress.js';
import { checking } from '../refusal.js';
import { say, warn } from '../terminal.js';
import { printFacts } from '../tables.js';
import { readVotes, type Votes, type VotesFlags, votesHelp, votesOptions } from './votes-file.js';

interface Flags extends VotesFlags {
  draws: number;
  maxItems?: number;
  gold?: string;
  seed: number;
  json?: true;
}

export function configure(command: Command): void {
  votesOptions(command
    .argument('<votes...>', 'the file of votes; - is standard input; several with --from')
    .option('--draws <number>', 'crowds drawn from what is learned of the annotators, 1 to 100000', wholeNumber(1, 100_000), 200)
    .option('--max-items <number>', 'items looked at, drawn at random; at most 20000 if left out, and fewer where classes are many', wholeNumber(1, 2 ** 31 - 1))
    .option('-g, --gold <file>', 'known answers to score majority vote and iBCC against: what the verdict says, looked at'), 'all classes, separated by commas; those with votes, if left out')
    .option('--seed <number>', 'all random draws derive from it', seedNumber, 0)
    .option('--json', 'print one JSON object instead of words and a table')
    .addHelpText('after', votesHelp + goldHelp)
    .action(run);
}

/** What the verdict means to whoever chooses a method. */
const meanings: Record<MajorityVoteVerdict, string> = {
  MV_OPTIMAL_UNDER_MODEL: 'Majority vote decides as well as any method could on this crowd, if the model is right.',
  MV_NOT_OPTIMAL_UNDER_MODEL: 'Another method would decide better than majority vote on this crowd, if the model is right.',
  INSUFFICIENT_DATA: 'These votes do not tell whether another method would decide better than majority vote.',
};

async function run(paths: string[], { draws, maxItems, gold: goldPath, seed, json, ...reading }: Flags): Promise<void> {
  const bar = new PhaseBar();
  try {
    const gold = goldPath == null ? null : await readGold(goldPath);
    const votes = await readVotes(paths, bar, reading);
    const known = gold && goldAnswers(goldPath!, gold, votes);
    bar.start('annotators', 0);
    const certificate = checking(() => majorityVoteCertificate({ votes: votes.table }, {
      draws, maxItems, seed,
      onProgress: ({ phase, iteration }) => {
        if (phase === 'draws' && iteration === 1) bar.start('draws', draws);
        bar.set(iteration);
      },
    }));
    bar.stop();
    const found = { certificate, scores: known && scoresOn(known, votes) };
    if (json) say(JSON.stringify(asJson(votes, seed, found)));
    else print(votes, found);
    for (const note of votes.notes) warn(`assay: ${note}`);
    if (known && !found.scores) warn('assay: no item with a gold answer has votes, so nothing is scored');
  } finally {
    bar.stop();
  }
}

/** Shares of the items with votes and gold on which each is right. */
interface Scores {
  goldItems: number;
  majorityVote: number;
  ibcc: number;
}

interface Found {
  certificate: MajorityVoteCertificate;
  scores: Scores | null;
}

function scoresOn(gold: Int32Array, { table }: Votes): Scores | null {
  const [majority, ibcc] = ['majority-vote', 'ibcc'].map((method) => scored(gold, table, aggregate(table, method).posteriors));
  return majority && ibcc ? { goldItems: majority.goldItems, majorityVote: majority.accuracy, ibcc: ibcc.accuracy } : null;
}

function asJson({ table, otherOutcomes, repeats }: Votes, seed: number, { certificate, scores }: Found) {
  return {
    items: table.itemCount, annotators: table.annotatorCount, votes: table.voteCount, classes: table.classCount, otherOutcomes, repeats, seed, ...certificate,
    ...(scores && { goldItems: scores.goldItems, accuracy: { 'majority-vote': scores.majorityVote, ibcc: scores.ibcc } }),
  };
}

function print({ table }: Votes, { certificate, scores }: Found): void {
  const { verdict, holds, refuted, regret, tieRate, votedItems, evaluatedItems, draws, assumption, advice } = certificate;
  say(`${meanings[verdict]} ${advice}`);
  printFacts({
    verdict,
    'majority vote is best (chance)': shown(holds),
    'items where it is not, surely': shown(refuted),
    'accuracy to gain': Number.isNaN(regret.mean) ? undefined : `${shown(regret.mean)} (${shown(regret.low)} to ${shown(regret.high)})`,
    'items with tied majorities': shown(tieRate),
    items: votedItems,
    'items looked at': evaluatedItems,
    annotators: table.annotatorCount,
    votes: table.voteCount,
    classes: table.classCount,
    'crowds drawn': draws,
    'gold items': scores?.goldItems,
    'accuracy of majority vote': scores ? shown(scores.majorityVote) : undefined,
    'accuracy of iBCC': scores ? shown(scores.ibcc) : undefined,
  });
  say(`This takes for granted: ${assumption[0]!.toLowerCase()}${assumption.slice(1)}`);
}

/** A share in percent; undefined, so that it is left out, where there is none. */
function shown(share: number): string | undefined {
  return Number.isNaN(share) ? undefined : `${(100 * share).toFixed(2)}%`;
}
