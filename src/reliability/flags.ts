import { binomialTail } from '../aggregation/index.js';
import type { Figures } from './figures.js';

export const flagKinds = ['BELOW_CHANCE', 'CHANCE_AGREEMENT', 'ONE_CLASS', 'TOO_FAST', 'DRIFT'] as const;
export type FlagKind = (typeof flagKinds)[number];

export interface Flag {
  code: number;
  kind: FlagKind;
  value: number;
  threshold: number;
  explanation: string;
}

/** Nobody is flagged on fewer votes. */
export const LEAST_VOTES = 20;
const LEAST_VOTES_FOR_DRIFT = 60;
/** One-sided: one annotator in 1,000 who answers at random lies below the lower end of the one, 1 in 200 above the other. */
const SURE = 3.09;
const QUITE_SURE = 2.576;
/** An annotator who is informed surely less often than this is no help; less where nobody is informed as often as twice that. */
const LEAST_INFORMEDNESS = 0.3;
/** So little may come of estimating matrices and labels from the same votes. */
const NEXT_TO_NOTHING = 0.05;
const ONE_CLASS_SHARE = 0.95;
const ONE_CLASS_GAP = 0.2;
const ONE_CLASS_CHANCE = 1e-4;
/** Of the median annotator's time. */
const FAST_SHARE = 0.25;
/** 1 annotator in 2,000 who does not change passes it at a look. */
const DRIFT_STATISTIC = 3.29;
const DRIFT_FALL = 0.1;

/** What an annotator is measured against. */
export interface Crowd {
  /** Median over annotators of their median time for an answer; NaN with fewer than 5 who have 5 timed votes. */
  medianSeconds: number;
  /** Informedness that a quarter of the annotators with enough votes pass; NaN without any. */
  upperInformedness: number;
}

export function crowdOf(figures: readonly Figures[]): Crowd {
  const times = figures.filter((one) => one.timedVotes >= 5).map((one) => one.medianSeconds);
  const informed = figures.filter((one) => one.votes >= LEAST_VOTES && one.informednessError < 0.3).map((one) => one.informedness);
  return { medianSeconds: times.length >= 5 ? quantile(times, 0.5) : NaN, upperInformedness: quantile(informed, 0.75) };
}

/** The flags of one annotator, with the figures that they rest on. @param classes the project's */
export function flagsOf(figures: Figures, crowd: Crowd, classes: readonly string[]): Flag[] {
  if (figures.votes < LEAST_VOTES) return [];
  const found = [belowChance(figures), chanceAgreement(figures, crowd), oneClass(figures, classes), tooFast(figures, crowd), drifting(figures)];
  return found.filter((flag) => flag != null).map((flag) => ({ code: figures.code, ...flag }));
}

type Found = Omit<Flag, 'code'> | null;

/** Sure to be right less often than answers drawn at random. */
function belowChance({ votes, accuracy, chance, informedness, informednessError, range }: Figures): Found {
  const high = chance + (informedness + SURE * informednessError) * range;
  if (!(high < chance)) return null;
  return {
    kind: 'BELOW_CHANCE', value: Math.max(0, high), threshold: chance,
    explanation: `Accuracy is estimated at ${percent(accuracy.value)} on ${votes} votes and is at most ${percent(Math.max(0, high))} (99.9% sure); `
      + `of answers drawn at random with the same shares of classes ${percent(chance)} would be right. Classes may have been mixed up.`,
  };
}

/** No better than answers drawn at random, and surely far from the better annotators. */
function chanceAgreement({ votes, accuracy, chance, informedness, informednessError }: Figures, { upperInformedness }: Crowd): Found {
  const threshold = Math.min(LEAST_INFORMEDNESS, upperInformedness / 2);
  const high = informedness + QUITE_SURE * informednessError;
  if (!(high < threshold && Math.abs(informedness) <= NEXT_TO_NOTHING + 2 * informednessError)) return null;
  return {
    kind: 'CHANCE_AGREEMENT', value: Math.max(0, high), threshold,
    explanation: `Accuracy is estimated at ${percent(accuracy.value)} on ${votes} votes; of answers drawn at random with the same shares of classes ${percent(chance)} would be right. `
      + `At most ${percent(Math.max(0, high))} of the answers follow the items (99.5% sure), less than ${percent(threshold)}.`,
  };
}

/** The same answer nearly always, to items of which the others say that they differ. */
function oneClass({ votes, topClass, topClassVotes, topClassExpected }: Figures, classes: readonly string[]): Found {
  const share = topClassVotes / votes;
  if (!(share > ONE_CLASS_SHARE && topClassExpected < share - ONE_CLASS_GAP && binomialTail(topClassVotes, votes, topClassExpected) < ONE_CLASS_CHANCE)) return null;
  return {
    kind: 'ONE_CLASS', value: share, threshold: ONE_CLASS_SHARE,
    explanation: `${topClassVotes} of ${votes} votes say ${JSON.stringify(classes[topClass])}; by the other answers ${percent(topClassExpected)} of these items are of that class.`,
  };
}

function tooFast({ timedVotes, medianSeconds, medianSecondsHigh }: Figures, crowd: Crowd): Found {
  const threshold = FAST_SHARE * crowd.medianSeconds;
  if (!(timedVotes >= LEAST_VOTES && medianSecondsHigh < threshold)) return null;
  return {
    kind: 'TOO_FAST', value: medianSeconds, threshold,
    explanation: `The median of ${timedVotes} timed answers is ${seconds(medianSeconds)} (at most ${seconds(medianSecondsHigh)}, 97.5% sure), `
      + `less than a quarter of the ${seconds(crowd.medianSeconds)} that the project's annotators take.`,
  };
}

function drifting({ votes, drift, chance, range }: Figures): Found {
  if (!drift || votes < LEAST_VOTES_FOR_DRIFT || drift.statistic < DRIFT_STATISTIC) return null;
  const [before, after] = [drift.before, drift.after].map((informed) => Math.min(1, Math.max(0, chance + informed * range))) as [number, number];
  if (!(before - after >= DRIFT_FALL)) return null;
  return {
    kind: 'DRIFT', value: drift.statistic, threshold: DRIFT_STATISTIC,
    explanation: `Accuracy is estimated at ${percent(before)} over the first ${drift.sincePlace} of ${votes} votes and at ${percent(after)} since ${new Date(drift.sinceTime * 1000).toISOString()}. `
      + `The fall is ${drift.statistic.toFixed(1)} standard errors; of annotators who do not change, 1 in 2,000 passes ${DRIFT_STATISTIC}.`,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function seconds(value: number): string {
  return `${Number(value.toPrecision(3))} s`;
}

/** NaN of none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.slice().sort((a, b) => a - b);
  return sorted.length > 0 ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! : NaN;
}
