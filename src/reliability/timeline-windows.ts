import { informedness, voteEvidence, type RunParameters, type VoteSequence } from '../aggregation/index.js';
import { accuracyOf, squares, timesOf } from './figures.js';
import { TimelineWindow, type ReliabilityWindow } from './reliability-timeline.entity.js';

/** One vote of the annotator whose timeline it is. */
export interface OwnVote {
  seq: number;
  item: number;
  label: number;
  duration: number | null;
  /** Microseconds since 1970. */
  micros: number;
}

/** What all votes on the annotator's items say; the annotator's own come first, in the order of their time. */
export interface Surroundings {
  votes: VoteSequence;
  parameters: RunParameters;
  /** One an item of `votes`, -1 where unknown. */
  gold: Int32Array;
}

const HOUR = 3_600_000_000;

/** Where windows end: the places behind their last votes. */
export function windowEnds(votes: readonly OwnVote[], window: TimelineWindow, votesEach: number): number[] {
  if (window === TimelineWindow.VOTES) return Array.from({ length: Math.ceil(votes.length / votesEach) }, (_, i) => Math.min(votes.length, (i + 1) * votesEach));
  const length = window === TimelineWindow.HOUR ? HOUR : 24 * HOUR;
  const bucket = (place: number) => Math.floor(votes[place]!.micros / length);
  return votes.flatMap((_, place) => (place + 1 === votes.length || bucket(place) !== bucket(place + 1) ? [place + 1] : []));
}

/** @param around null without a run that left parameters. @param goldOf the known class of an item's code, if there is one */
export function describeWindows(votes: readonly OwnVote[], ends: readonly number[], around: Surroundings | null, goldOf: ReadonlyMap<number, number>, classes: readonly string[]): ReliabilityWindow[] {
  const agreement = around ? agreementOf(ends, around) : () => UNKNOWN;
  return ends.map((end, window) => {
    const start = ends[window - 1] ?? 0;
    const some = votes.slice(start, end);
    const gold = some.filter((vote) => goldOf.has(vote.item));
    const { timedVotes, medianSeconds } = timesOf(Int32Array.from(some, (vote) => vote.duration ?? -1));
    return {
      from: new Date(some[0]!.micros / 1000), to: new Date(some.at(-1)!.micros / 1000), votes: some.length,
      ...agreement(window),
      goldVotes: gold.length, goldRight: gold.filter((vote) => goldOf.get(vote.item) === vote.label).length,
      medianSeconds: timedVotes > 0 ? medianSeconds : null,
      classShares: sharesOf(some, classes),
    };
  });
}

type Agreement = Pick<ReliabilityWindow, 'accuracy' | 'agreement' | 'chance' | 'informedness'>;
const UNKNOWN: Agreement = { accuracy: null, agreement: null, chance: null, informedness: null };

function agreementOf(ends: readonly number[], { votes, parameters, gold }: Surroundings): (window: number) => Agreement {
  const of = new Int32Array(votes.items.length).fill(-1);
  ends.forEach((end, window) => of.fill(window, ends[window - 1] ?? 0, end));
  const K = votes.classCount;
  const evidence = voteEvidence(votes, parameters, gold, { count: ends.length, of });
  return (window) => {
    const [from, to] = [ends[window - 1] ?? 0, ends[window]!];
    const found = informedness(evidence, from, to);
    const chance = Math.min(1, evidence.chance[window]!);
    const share = accuracyOf(found, chance, 1 - squares(evidence.classShares, window * K, K));
    let sum = 0;
    for (let vote = from; vote < to; vote++) sum += evidence.agreement[vote]!;
    const known = !Number.isNaN(share.value);
    return { accuracy: known ? share : null, agreement: Math.min(1, sum / (to - from)), chance, informedness: known ? found.value : null };
  };
}

function sharesOf(votes: readonly OwnVote[], classes: readonly string[]) {
  const counts = new Map<number, number>();
  for (const { label } of votes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([label, count]) => ({ class: classes[label]!, share: count / votes.length }));
}
