import { betaQuantile, drift, errorAt, informedness, voteEvidence, type Drift, type RunParameters, type VoteEvidence } from '../aggregation/index.js';
import { wilsonInterval } from '../runs/results/accuracy.js';
import type { StandingVotes } from './standing-votes.js';

/** So many of the newest votes make up the latest window. */
export const RECENT_VOTES = 50;

export interface Share {
  value: number;
  low: number;
  high: number;
}

/** What is found about one annotator. A number that is not known is NaN. */
export interface Figures {
  code: number;
  votes: number;
  /** Answers without a class. */
  skips: number;
  /** Mean probability, by all others, of the classes voted for; and what it would be for answers drawn at random. */
  agreement: number;
  chance: number;
  /** Share of the answers that follow the truth, its standard error, and the least that this can be with so few votes. */
  informedness: number;
  informednessError: number;
  accuracy: Share;
  /** What one unit of informedness is worth in accuracy: 1 - sum of squares of the class shares. */
  range: number;
  goldVotes: number;
  goldAccuracy: Share;
  /** The class used most (-1 without votes), its share of the votes, and of the items by all others. */
  topClass: number;
  topClassVotes: number;
  topClassExpected: number;
  timedVotes: number;
  medianSeconds: number;
  /** Upper end of the 95% interval of the median. */
  medianSecondsHigh: number;
  recentVotes: number;
  recentAccuracy: number;
  drift: (Drift & { sinceTime: number; sincePlace: number }) | null;
}

const UNKNOWN: Share = { value: NaN, low: NaN, high: NaN };
/** Where residuals of few votes show no error, this share of informed answers is thought of. */
const DOUBTFUL_SHARE = 0.3;

/**
 * The figures of every annotator with votes or skips, in the order of codes. O(V x K + V log V).
 * @param parameters null where the project has no run that left any: then nothing is known but times, class shares and gold
 * @param gold N classes, -1 where unknown
 * @param skips M counts
 */
export function annotatorFigures(votes: StandingVotes, parameters: RunParameters | null, gold: Int32Array, skips: Int32Array): Figures[] {
  const evidence = parameters && voteEvidence(votes, parameters, gold);
  const figures: Figures[] = [];
  for (let code = 0; code < votes.annotatorCount; code++) {
    const from = votes.offsets[code]!;
    const to = votes.offsets[code + 1]!;
    if (from === to && skips[code] === 0) continue;
    figures.push({
      code, votes: to - from, skips: skips[code]!,
      ...agreementOf(evidence, votes, code, from, to),
      ...goldOf(votes, gold, from, to),
      ...topClassOf(votes, evidence, code, from, to),
      ...timesOf(votes.durations.slice(from, to)),
      recentVotes: Math.min(to - from, RECENT_VOTES),
    });
  }
  return figures;
}

function agreementOf(evidence: VoteEvidence | null, { classCount: K, times }: StandingVotes, code: number, from: number, to: number) {
  if (!evidence || from === to) return { agreement: NaN, chance: NaN, informedness: NaN, informednessError: NaN, accuracy: UNKNOWN, range: NaN, recentAccuracy: NaN, drift: null };
  let sum = 0;
  for (let vote = from; vote < to; vote++) sum += evidence.agreement[vote]!;
  const chance = Math.min(1, evidence.chance[code]!);
  const range = 1 - squares(evidence.classShares, code * K, K);
  const found = informedness(evidence, from, to);
  const moved = drift(evidence, from, to);
  return {
    agreement: Math.min(1, sum / (to - from)), chance, range,
    informedness: found.value,
    informednessError: Math.max(found.error, errorAt(found, DOUBTFUL_SHARE)),
    accuracy: accuracyOf(found, chance, range),
    recentAccuracy: accuracyOf(informedness(evidence, Math.max(from, to - RECENT_VOTES), to), chance, range).value,
    drift: moved && { ...moved, sinceTime: times[moved.since]!, sincePlace: moved.since - from },
  };
}

/**
 * The share of right answers that an informedness stands for: chance + informedness x range. Its interval is that of as many
 * answers whose truth were known (Wilson score), so that a few votes in a row prove little: at most as many as the others know
 * the items of, and no more than the residuals allow.
 */
export function accuracyOf({ value, error, weight }: { value: number; error: number; weight: number }, chance: number, range: number): Share {
  if (Number.isNaN(value) || range <= 1e-9) return UNKNOWN;
  const share = Math.min(1, Math.max(0, chance + value * range));
  const known = weight / range;
  const count = Number.isFinite(error) && error > 0 ? Math.min(known, (share * (1 - share)) / (range * error) ** 2 || known) : known;
  return { value: share, ...wilsonInterval(share, count) };
}

/** The central 95% of Beta(right + 1, wrong + 1): what is known of a share after so many answers, if anything was possible before. */
export function betaShare(right: number, count: number): Share {
  if (count === 0) return UNKNOWN;
  return { value: right / count, low: betaQuantile(0.025, right + 1, count - right + 1), high: betaQuantile(0.975, right + 1, count - right + 1) };
}

function goldOf({ items, classes }: StandingVotes, gold: Int32Array, from: number, to: number) {
  let goldVotes = 0;
  let right = 0;
  for (let vote = from; vote < to; vote++) {
    const known = gold[items[vote]!]!;
    if (known < 0) continue;
    goldVotes++;
    if (classes[vote] === known) right++;
  }
  return { goldVotes, goldAccuracy: betaShare(right, goldVotes) };
}

function topClassOf({ classes, classCount: K }: StandingVotes, evidence: VoteEvidence | null, code: number, from: number, to: number) {
  const counts = new Map<number, number>();
  for (let vote = from; vote < to; vote++) counts.set(classes[vote]!, (counts.get(classes[vote]!) ?? 0) + 1);
  let topClass = -1;
  let topClassVotes = 0;
  for (const [label, count] of counts) if (count > topClassVotes || (count === topClassVotes && label < topClass)) [topClass, topClassVotes] = [label, count];
  return { topClass, topClassVotes, topClassExpected: evidence && topClass >= 0 ? evidence.classShares[code * K + topClass]! : NaN };
}

/** @param durations in milliseconds, -1 where unknown; is sorted */
export function timesOf(durations: Int32Array): Pick<Figures, 'timedVotes' | 'medianSeconds' | 'medianSecondsHigh'> {
  durations.sort();
  let untimed = 0;
  while (untimed < durations.length && durations[untimed]! < 0) untimed++;
  const known = durations.subarray(untimed);
  const count = known.length;
  if (count === 0) return { timedVotes: 0, medianSeconds: NaN, medianSecondsHigh: NaN };
  const high = Math.ceil(count / 2 + (1.96 * Math.sqrt(count)) / 2);
  return { timedVotes: count, medianSeconds: (known[(count - 1) >> 1]! + known[count >> 1]!) / 2000, medianSecondsHigh: high < count ? known[high]! / 1000 : Infinity };
}

export function squares(values: Float64Array, at: number, count: number): number {
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += values[i]! ** 2;
  return sum;
}
