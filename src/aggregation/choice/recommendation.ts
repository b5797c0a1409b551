import type { MajorityVoteCertificate } from '../diagnostics/majority-vote-certificate.js';
import { quantiles } from '../numeric/quantiles.js';
import type { VoteTable } from '../vote-table.js';
import { hitOf, sameness } from './consensus.js';
import { meanOf, type Bounded } from '../numeric/bounded-mean.js';
import type { Found, MethodAdvice } from './method-advice.js';

/** GOLD: gold answers show that it is better; BENCHMARKS: they do not, and on crowds whose truth is known it did best; ONLY: nothing else was compared, or there is one class. */
export type RecommendationBasis = 'GOLD' | 'BENCHMARKS' | 'ONLY';

export interface Recommendation {
  method: string;
  basis: RecommendationBasis;
  /** Sentences. */
  reasons: string[];
  /** Whether more votes would move the labels, in a sentence or two. */
  moreVotes: string;
  /** Whether gold, or more of it, would tell which method to take. */
  moreGold: string;
  /** Gold answers of items drawn at random, those at hand included, that would tell; null where none would, or those at hand do. */
  goldAnswers: number | null;
}

interface Facts extends Pick<MethodAdvice, 'items' | 'annotators' | 'votes' | 'classes' | 'goldItems'> {
  votesLeftOut: number;
  table: VoteTable;
  voted: readonly number[];
  known: readonly number[];
  /** N answers, where there are any. */
  gold: Int32Array | undefined;
  found: readonly Found[];
  /** What is taken unless gold shows another to be better. */
  base: Found;
  /** Whether it is taken for what is known of other crowds. */
  isRanked: boolean;
  pairs: MethodAdvice['agreement'];
  certificate: MajorityVoteCertificate | null;
}

/** With fewer gold answers none of them may choose. */
const LEAST_GOLD = 20;
/**
 * Gold answers among items on which two methods differ that show which is right more often: a sign test at 5% finds a method that
 * is right on three of four of them in 80 of 100 cases.
 */
const TELLING_DIFFERENCES = 30;
/** From this share of changed labels on more votes are said to help. */
const MUCH_CHANGED = 0.02;
/** An annotator's votes for each class below which a confusion matrix rests on little. */
const FEW_VOTES_A_CLASS = 10;

/** Which to take, why, and what would tell better. */
export function recommend(facts: Facts): Recommendation {
  const { found, base, classes } = facts;
  if (classes === 1) {
    return { method: base.method.id, basis: 'ONLY', reasons: ['There is one class alone: its labels are certain, whatever the method.'], moreVotes: 'More votes of this class would change nothing.', moreGold: 'Gold would tell nothing.', goldAnswers: null };
  }
  const { chosen, gain } = chooseByGold(facts);
  const basis: RecommendationBasis = found.length === 1 ? 'ONLY' : gain ? 'GOLD' : 'BENCHMARKS';
  return {
    method: chosen.method.id, basis,
    reasons: [choiceReason(facts, chosen, gain), ...confidenceReason(chosen), ...agreementReason(facts, chosen), ...majorityReason(facts), ...thinReason(facts, chosen)],
    moreVotes: votesNeeded(facts, chosen),
    ...goldNeeded(facts, chosen, gain),
  };
}

/** The method with the most to gain over `base` of those that surely gain: t intervals of all of them hold together in 95 of 100 cases (Bonferroni). */
function chooseByGold({ found, base, known }: Facts): { chosen: Found; gain: Bounded | null } {
  if (known.length < LEAST_GOLD) return { chosen: base, gain: null };
  const level = 1 - 0.05 / Math.max(1, found.length - 1);
  let best: { chosen: Found; gain: Bounded | null } = { chosen: base, gain: null };
  for (const one of found) {
    if (one === base) continue;
    const gain = gainOver(base, one, level);
    if (gain.low > 0 && gain.value > (best.gain?.value ?? 0)) best = { chosen: one, gain };
  }
  return best;
}

function gainOver(base: Found, one: Found, level: number): Bounded {
  return meanOf(base.losses.map((loss, i) => loss - one.losses[i]!), level);
}

function choiceReason({ found, base, isRanked, known }: Facts, chosen: Found, gain: Bounded | null): string {
  const id = chosen.method.id;
  if (gain) return `On ${known.length} gold answers ${id} has ${shown(gain.value)} less log loss than ${base.method.id} (${shown(gain.low)} to ${shown(gain.high)}, for all methods that were compared).`;
  if (found.length === 1) return `No method but ${id} was compared.`;
  const evidence = isRanked ? `on crowds whose truth is known ${id} has the least log loss of these methods` : `${id} was named first`;
  if (known.length === 0) return `Without gold nothing tells which method is right here; ${evidence}.`;
  if (known.length < LEAST_GOLD) return `${count(known.length, 'gold answer')} ${known.length === 1 ? 'is' : 'are'} too few to choose by (${LEAST_GOLD} are needed); ${evidence}.`;
  const rival = leastLoss(found.filter((one) => one !== chosen));
  const ofRival = gainOver(base, rival, 0.95);
  const comparison = ofRival.value > 0 ? `${rival.method.id} has ${shown(ofRival.value)} less log loss, which may be chance (${shown(ofRival.low)} to ${shown(ofRival.high)})` : `none has less log loss, ${rival.method.id} ${shown(-ofRival.value)} more`;
  return `On ${known.length} gold answers no method is surely better than ${id}: ${comparison}; ${evidence}.`;
}

function confidenceReason({ method, scores }: Found): string[] {
  if (!scores) return [];
  const { accuracy, ece } = scores;
  return [`Its consensus is right on ${percent(accuracy.value)} of the gold items (${percent(accuracy.low)} to ${percent(accuracy.high)}); ${method.id} is off by ${percent(ece)} in what it says of its confidence.`];
}

function agreementReason({ found, pairs }: Facts, chosen: Found): string[] {
  if (found.length === 1) return [];
  const own = pairs.filter(({ first, second }) => first === chosen.method.id || second === chosen.method.id)
    .map(({ first, second, share }) => ({ other: first === chosen.method.id ? second : first, share }));
  const far = own.reduce((least, one) => (one.share < least.share ? one : least));
  if (far.share === 1) return ['All methods have the same consensus on every item: they differ in how sure they are.'];
  const near = own.reduce((most, one) => (one.share > most.share ? one : most));
  return [near.share === far.share
    ? `${own.length === 1 ? `${far.other} has` : 'The other methods have'} the same consensus on ${percent(far.share)} of the items.`
    : `Of the other methods ${near.other} is nearest, with the same consensus on ${percent(near.share)} of the items, and ${far.other} farthest, on ${percent(far.share)}.`];
}

function majorityReason({ certificate }: Facts): string[] {
  if (!certificate) return [];
  switch (certificate.verdict) {
    case 'MV_OPTIMAL_UNDER_MODEL': return ['The certificate says that majority vote decides as well as any method could, ties aside; other methods still tell better how sure an answer is.'];
    case 'MV_NOT_OPTIMAL_UNDER_MODEL': return [`The certificate says that decisions better than those of majority vote are possible: right on ${percent(certificate.regret.mean)} more of the items, if its model is right.`];
    case 'INSUFFICIENT_DATA': return ['The certificate cannot tell from these votes whether majority vote can be improved on.'];
  }
}

function thinReason({ table, classes, found }: Facts, chosen: Found): string[] {
  const median = medianVotes(table);
  const learned = found.filter(({ method }) => method.id === 'dawid-skene' || method.id === 'fast-dawid-skene').map(({ method }) => method.id);
  if (learned.length === 0 || median >= FEW_VOTES_A_CLASS * classes) return [];
  const [has, overfits] = learned.length === 1 ? ['has', 'overfits'] : ['have', 'overfit'];
  const remedy = learned.includes(chosen.method.id) ? 'its lead may not last, so confirm it on further gold' : 'take smoothing, or hierarchical-dawid-skene';
  return [`Half of the annotators have ${count(median, 'vote')} or fewer for ${classes} classes: ${learned.join(' and ')}, which ${has} no prior, ${overfits} such short histories; ${remedy}.`];
}

function votesNeeded({ certificate, voted, table, votesLeftOut }: Facts, { method, stability }: Found): string {
  const single = voted.filter((item) => table.itemOffsets[item + 1]! - table.itemOffsets[item]! === 1).length;
  const parts: string[] = [];
  if (!stability) parts.push('How steady the labels are was not measured: no votes were left out.');
  else {
    const part = `without ${count(votesLeftOut, 'vote')}, a tenth, ${method.id} changes its consensus on ${percent(stability.changed)} of the items`;
    parts.push(stability.changed >= MUCH_CHANGED ? `More votes would move labels: ${part}.` : `More votes would move few labels: ${part}.`);
  }
  if (single > 0) parts.push(`${percent(single / voted.length)} of the items have a single vote, which nothing can check: give these a second one first.`);
  if (certificate?.verdict === 'INSUFFICIENT_DATA') parts.push(certificate.advice);
  return parts.join(' ');
}

function goldNeeded(facts: Facts, chosen: Found, gain: Bounded | null): Pick<Recommendation, 'moreGold' | 'goldAnswers'> {
  const { found, known, voted, gold } = facts;
  if (found.length === 1) return { moreGold: 'Gold would tell how right it is; name further methods to compare.', goldAnswers: null };
  if (gain) return { moreGold: `The ${known.length} gold answers at hand tell; more would make the interval narrower.`, goldAnswers: null };
  const others = found.filter((one) => one !== chosen);
  const rival = known.length >= LEAST_GOLD ? leastLoss(others) : farthest(facts, chosen, others);
  const differing = voted.map((item, i) => ({ item, i })).filter(({ i }) => sameness(chosen.consensus, rival.consensus, i) < 1);
  const isKnown = new Set(known);
  const answered = differing.filter(({ item }) => isKnown.has(item));
  const share = differing.length / voted.length;
  const [one, other] = [chosen.method.id, rival.method.id];
  if (differing.length === 0) return { moreGold: `${one} and ${other} have the same consensus on every item: gold would tell whose probabilities are better, not whose labels.`, goldAnswers: null };
  const right = (found: Found) => Number(answered.reduce((sum, { item, i }) => sum + hitOf(found.consensus, i, gold![item]!), 0).toFixed(1));
  const differ = `${one} and ${other} differ on ${count(differing.length, 'item')} (${percent(share)})${answered.length === 0 ? '' : `; of the ${answered.length} with gold ${one} is right on ${right(chosen)} and ${other} on ${right(rival)}`}`;
  if (answered.length >= TELLING_DIFFERENCES) return { moreGold: `${differ}: their log loss shows no lead of either, and a smaller one takes more gold to see and matters on no more items than these.`, goldAnswers: null };
  if (differing.length < TELLING_DIFFERENCES) {
    const rest = differing.length - answered.length;
    return { moreGold: `${differ}. No more labels than these are at stake${rest > 0 ? `: answer ${rest === differing.length ? 'them' : `the other ${rest}`}` : ', and all are answered'}.`, goldAnswers: null };
  }
  const goldAnswers = Math.min(voted.length, Math.ceil(TELLING_DIFFERENCES / share));
  return { moreGold: `${differ}. Gold for ${TELLING_DIFFERENCES} of these, or ${goldAnswers} answers drawn from all items, would show which is right if one is on three of four.`, goldAnswers };
}

function farthest({ pairs }: Facts, chosen: Found, others: readonly Found[]): Found {
  const share = (one: Found) => pairs.find(({ first, second }) => (first === one.method.id && second === chosen.method.id) || (second === one.method.id && first === chosen.method.id))!.share;
  return others.reduce((least, one) => (share(one) < share(least) ? one : least));
}

function leastLoss(found: readonly Found[]): Found {
  return found.reduce((least, one) => (one.scores!.logLoss.value < least.scores!.logLoss.value ? one : least));
}

/** Of the annotators with votes: at most so many have half of them. */
function medianVotes(table: VoteTable): number {
  const { offsets } = table.byAnnotator();
  const counts = Float64Array.from({ length: table.annotatorCount }, (_, a) => offsets[a + 1]! - offsets[a]!).filter((votes) => votes > 0);
  return Math.floor(quantiles(counts, [0.5])[0]!);
}

function shown(value: number): string {
  return value.toFixed(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
