import { activeLab, activeLabAgain, findAcquisitionScore, scoreItems, VoteTable, type ActiveLabWeights } from '../../aggregation/index.js';
import type { ItemFacts, ItemRules } from '../states/item-facts.js';
import { judge, type Judgement } from '../states/judging.js';
import type { PooledParameters } from '../states/quantities.js';
import { quantilesOf, rankIn } from './rank-mixing.js';

/** What a scoring of the whole project found, kept to score some of its items again. Survives JSON. */
export interface PoolContext {
  activelab: ActiveLabWeights | null;
  /** Of both groups' scores, where some items have predictions and some do not. */
  quantiles: { predicted: number[]; others: number[] } | null;
}

export interface ItemScores extends Pick<Judgement, 'states' | 'flagged' | 'meanGain'> {
  /** T: the lowest is taken first; NaN for an item that is not to be given out. */
  priorities: Float64Array;
  /** T: the score as its strategy gives it. */
  scores: Float64Array;
  /** T: places in `strategyNames`. */
  strategies: Uint8Array;
  strategyNames: string[];
  context: PoolContext;
}

/** Every random score derives from it. */
const SEED = 0;

/**
 * Judges and scores items. O(votes + T x K), and a sort where two groups are mixed by rank.
 * @param run null before the first run
 * @param pool what the scoring of the whole project found; null for that scoring itself: then `facts` are all items
 */
export function judgeAndScore(facts: ItemFacts, rules: ItemRules, run: PooledParameters | null, pool: PoolContext | null): ItemScores {
  const { worths, hasRoom, ...judged } = judge(facts, rules, run);
  const ranked = worths ? byRule(worths) : byPolicy(facts, rules, run, pool, hasRoom);
  return { ...judged, ...ranked, priorities: ranked.priorities.map((priority, item) => (hasRoom[item] ? priority : NaN)) };
}

type Ranked = Pick<ItemScores, 'priorities' | 'scores' | 'strategies' | 'strategyNames' | 'context'>;

function byRule(worths: Float64Array): Ranked {
  return {
    priorities: worths.map((worth) => -worth), scores: worths, strategies: new Uint8Array(worths.length), strategyNames: ['rule'],
    context: { activelab: null, quantiles: null },
  };
}

/** ActiveLab where there are predictions and the policy wants it; the policy's other score elsewhere; both mixed by rank, since their scales differ. */
function byPolicy(facts: ItemFacts, rules: ItemRules, run: PooledParameters | null, pool: PoolContext | null, hasRoom: Uint8Array): Ranked {
  const count = facts.codes.length;
  const wantsModels = rules.policy === 'auto' || rules.policy === 'activelab';
  const predicted = wantsModels && facts.predictions ? placesOf(facts.predictions.present, 1) : new Int32Array(0);
  const other = otherPolicy(rules.policy, run != null && !rules.coldStart);
  const strategyNames = ['activelab', other];
  const priorities = new Float64Array(count);
  const scores = new Float64Array(count);
  const strategies = new Uint8Array(count).fill(1);
  let activelab = pool?.activelab ?? null;
  if (predicted.length > 0) {
    const part = partOf(facts, predicted);
    let found: Float64Array;
    if (activelab) found = activeLabAgain(part.votes, part.models, byNumber(activelab, facts.annotatorCodes));
    else {
      const fit = activeLab(part.votes, part.models);
      found = fit.scores;
      activelab = byCode(fit.weights, facts.annotatorCodes);
    }
    predicted.forEach((item, i) => {
      scores[item] = priorities[item] = found[i]!;
      strategies[item] = 0;
    });
  }
  if (predicted.length < count) {
    const { first } = other === COLD_START ? { first: 'lowest' } : findAcquisitionScore(other);
    const found = other === COLD_START ? firstVotesFirst(facts, rules) : scoreItems(other, inputOf(facts, run));
    for (let item = 0; item < count; item++) {
      if (strategies[item] === 0) continue;
      scores[item] = found[item]!;
      priorities[item] = first === 'lowest' ? found[item]! : -found[item]!;
    }
  }
  const quantiles = pool ? pool.quantiles : mixing(priorities, strategies, hasRoom);
  if (quantiles) for (let item = 0; item < count; item++) priorities[item] = rankIn(strategies[item] === 0 ? quantiles.predicted : quantiles.others, priorities[item]!);
  return { priorities, scores, strategies, strategyNames, context: { activelab, quantiles } };
}

/** Needs nothing that a run finds. */
const COLD_START = 'fewest-votes';

/** The score of items without predictions. Where there are no probabilities to reason with yet, first votes are spread. */
function otherPolicy(policy: string, canReason: boolean): string {
  const wanted = policy === 'auto' || policy === 'activelab' ? 'information-gain' : policy;
  return canReason || !findAcquisitionScore(wanted).reads.some((part) => part === 'posteriors' || part === 'parameters') ? wanted : COLD_START;
}

/**
 * The fewest votes first, but a share of the items gets its second vote as early as a first one: without items that two
 * annotators have seen, nothing tells annotators apart.
 */
function firstVotesFirst({ codes, votes: { itemOffsets } }: ItemFacts, { overlapShare }: ItemRules): Float64Array {
  return Float64Array.from(codes, (code, item) => {
    const votes = itemOffsets[item + 1]! - itemOffsets[item]!;
    return votes === 1 && evenShare(code) < overlapShare ? 0 : votes;
  });
}

/** Multiples of the golden ratio fill 0 to 1 evenly: of any hundred items in a row, the share is what was asked for. */
function evenShare(code: number): number {
  return ((code + 1) * 0.6180339887498949) % 1;
}

function inputOf(facts: ItemFacts, run: PooledParameters | null) {
  const nobody = { offsets: Int32Array.of(0), labels: new Int32Array(0), values: new Float64Array(0) };
  const everywhere = facts.predictions?.present.every((present) => present === 1) ? facts.predictions.models : undefined;
  return {
    votes: facts.votes, posteriors: facts.posteriors, predictions: everywhere, seed: SEED, itemNumbers: facts.codes,
    parameters: run ? { ...run, confusion: nobody } : undefined,
  };
}

function mixing(priorities: Float64Array, strategies: Uint8Array, hasRoom: Uint8Array): PoolContext['quantiles'] {
  const of = (strategy: number) => quantilesOf(priorities.filter((_, item) => strategies[item] === strategy && hasRoom[item]));
  const [predicted, others] = [of(0), of(1)];
  return predicted.length > 0 && others.length > 0 ? { predicted, others } : null;
}

export function placesOf(marks: Uint8Array, mark: number): Int32Array {
  const places: number[] = [];
  for (let place = 0; place < marks.length; place++) if (marks[place] === mark) places.push(place);
  return Int32Array.from(places);
}

/** The votes and predictions of some of the items, numbered by their place in `items`. */
export function partOf({ votes, predictions }: ItemFacts, items: Int32Array): { votes: VoteTable; models: Float64Array[] } {
  if (items.length === votes.itemCount) return { votes, models: predictions!.models };
  const { itemOffsets, annotators, classes, annotatorCount, classCount: K } = votes;
  const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  items.forEach((item, place) => {
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      columns.items.push(place);
      columns.annotators.push(annotators[v]!);
      columns.classes.push(classes[v]!);
    }
  });
  const models = predictions!.models.map((rows) => {
    const part = new Float64Array(items.length * K);
    items.forEach((item, place) => part.set(rows.subarray(item * K, (item + 1) * K), place * K));
    return part;
  });
  return { votes: new VoteTable({ ...columns, itemCount: items.length, annotatorCount, classCount: K }), models };
}

/** Annotators by their code in the project, so that another table's numbering can use them. */
function byCode(weights: ActiveLabWeights, annotatorCodes: ArrayLike<number>): ActiveLabWeights {
  const annotators: number[] = [];
  for (let a = 0; a < annotatorCodes.length; a++) annotators[annotatorCodes[a]!] = weights.annotators[a]!;
  return { ...weights, annotators: Array.from(annotators, (weight) => weight ?? 0) };
}

/** The reverse. */
function byNumber(weights: ActiveLabWeights, annotatorCodes: ArrayLike<number>): ActiveLabWeights {
  return { ...weights, annotators: Float64Array.from(annotatorCodes, (code) => weights.annotators[code] ?? 0) };
}
