import { checkInput } from '../check-input.js';
import { majorityVoteCertificate, type MajorityVoteCertificate } from '../diagnostics/majority-vote-certificate.js';
import type { AggregationMethod, MethodOptions, Progress } from '../method.js';
import { defaultMethodId, findMethod, methods as registry } from '../methods.js';
import { runCost, type CostBounds, type CostSize, type RunCost } from '../numeric/cost.js';
import { refuseUnknownKeys, resolveOptions } from '../options.js';
import { VoteTable } from '../vote-table.js';
import { agreementOf, consensusOf, type Consensus } from './consensus.js';
import { meanOf, type Bounded } from '../numeric/bounded-mean.js';
import { goldScores, lossesOf, type GoldScores } from './gold-scores.js';
import { LeftOutVotes } from './left-out-votes.js';
import { recommend, type Recommendation } from './recommendation.js';

/** Raised with whatever gives other bits, or other words, for the same votes, options and seed. */
export const adviceVersion = 1;

/** Compared unless others are named: one of each kind that does well somewhere, and takes seconds. */
export const advisedMethods: readonly string[] = [
  'majority-vote', 'zero-based-skill', 'label-aggregation', 'dawid-skene', 'hierarchical-dawid-skene', 'ibcc', 'glad', 'mace', defaultMethodId,
];

export interface AdviceOptions {
  /** Known answers, length N: a class index, or -1 where unknown. No method sees them. */
  gold?: Int32Array;
  /** Ids of the methods to compare, each once and at its defaults; `advisedMethods` that can read the votes if left out. */
  methods?: readonly string[];
  /** Times that a tenth of the votes is left out, 0 to 100. Default 5, and fewer, one at least, where they would not be within the bounds. */
  draws?: number;
  /** Default 0. */
  seed?: number;
  /** The most that all runs together may take by estimate, and the most memory of one. The dearest methods of the usual ones are left out for it. */
  bounds?: CostBounds;
  /** Milliseconds of a clock, such as performance.now, to measure runs by. Left out, none is measured. */
  clock?: () => number;
  threads?: number;
  /** Called as runs begin and go on; what it throws ends the work. */
  onProgress?: (progress: Progress & { run: number; runs: number }) => void;
}

/** What becomes of a method's labels when a tenth of the votes is left out: means over draws and over the items that keep a vote. */
export interface Stability {
  /** Share of items whose consensus changes; of tied classes, as far as they do. */
  changed: number;
  /** How much probability moves from class to class: half the sum of what each class gains or loses, 0 to 1. */
  moved: number;
  draws: number;
}

/** One method on this crowd. */
export interface AdvisedMethod {
  method: string;
  version: number;
  /** Mean share of items on which another method has the same consensus; NaN where there is no other. */
  agreement: number;
  /** Null where votes are too few to leave one out, or none were to be. */
  stability: Stability | null;
  /** By estimate, of one run. */
  cost: RunCost;
  /** Of the run on all votes, by the clock; NaN without one. */
  measuredSeconds: number;
  converged: boolean;
  /** Of that run. */
  warnings: string[];
  /** Null without a gold answer on a voted item. */
  gold: GoldScores | null;
  /** How much less log loss it has than the method that is taken without gold, on the same items; null for that one, and without gold. */
  gain: Bounded | null;
}

export interface MethodAdvice {
  /** Items with votes, annotators with votes, votes. */
  items: number;
  annotators: number;
  votes: number;
  classes: number;
  /** Voted items with a gold answer. */
  goldItems: number;
  methods: AdvisedMethod[];
  /** Of the usual ones, those that could not be compared. */
  leftOut: { method: string; reason: string }[];
  /** Each pair of methods: share of voted items with the same consensus; of tied classes, those that both have over those that either has. */
  agreement: { first: string; second: string; share: number }[];
  /** Null with candidate sets, or one class alone. */
  certificate: MajorityVoteCertificate | null;
  recommendation: Recommendation;
}

const optionKeys: readonly (keyof AdviceOptions)[] = ['gold', 'methods', 'draws', 'seed', 'bounds', 'clock', 'threads', 'onProgress'];
const MOST_DRAWS = 5;

/** A method that can be compared, at its defaults. */
export interface Candidate {
  method: AggregationMethod;
  options: MethodOptions;
  cost: RunCost;
}

/**
 * Which method for these votes? Runs each on all of them, and again without a tenth; says how far they agree, how steady each is,
 * what it costs, how right it is on gold, whether majority vote could be improved on at all, and which to take, why, and what would
 * tell better. Gold is for judging alone: no method sees it.
 *
 * Cost: (1 + draws) runs of each method, and a certificate.
 * @param votes a table, or what `votes(rows)` returned.
 * @throws TypeError or RangeError naming the option, its value and what is allowed; also for no votes, for a method that cannot
 *   read these, and where the bounds let no method run.
 */
export function methodAdvice(votes: VoteTable | { table: VoteTable }, options: AdviceOptions = {}): MethodAdvice {
  refuseUnknownKeys(options, optionKeys, 'the options');
  const table = votes instanceof VoteTable ? votes : votes.table;
  if (!(table instanceof VoteTable)) throw new TypeError('the votes must be a VoteTable, or what votes(rows) returned');
  const { gold, seed = 0, clock, threads, onProgress } = options;
  check(table, options);
  const { candidates, draws, leftOut } = planAdvice(sizeOf(table), options, table.candidateSets !== null);
  const { classCount: K, itemOffsets } = table;
  const voted = itemsWithVotes(itemOffsets);
  const known = gold && K > 1 ? voted.filter((item) => gold[item]! >= 0) : [];
  const [tables, lost] = leaveOut(table, seed, K > 1 ? draws : 0);

  let run = 0;
  const runs = candidates.length * (1 + tables.length);
  const posteriorsOf = ({ method, options: resolved }: Candidate, given: VoteTable) => {
    run++;
    onProgress?.({ phase: method.id, iteration: 0, run, runs });
    return method.run({ votes: given }, resolved, { seed, threads, onProgress: onProgress && ((progress) => onProgress({ ...progress, phase: method.id, run, runs })) });
  };
  const found = candidates.map((candidate) => {
    if (K === 1) return { ...candidate, consensus: consensusOf(new Float64Array(table.itemCount).fill(1), 1, voted), stability: null, measuredSeconds: NaN, converged: true, warnings: [], losses: new Float64Array(0), scores: null };
    const started = clock?.() ?? NaN;
    const { posteriors, diagnostics } = posteriorsOf(candidate, table);
    const measuredSeconds = ((clock?.() ?? NaN) - started) / 1000;
    const changes = tables.map((part) => change(posteriors, posteriorsOf(candidate, part).posteriors, K, itemsWithVotes(part.itemOffsets)));
    const losses = gold ? lossesOf(posteriors, K, gold, known) : new Float64Array(0);
    return {
      ...candidate, measuredSeconds, losses, converged: diagnostics.converged, warnings: diagnostics.warnings,
      consensus: consensusOf(posteriors, K, voted),
      stability: changes.length === 0 ? null : { changed: meanBy(changes, 'changed'), moved: meanBy(changes, 'moved'), draws: changes.length },
      scores: gold && known.length > 0 ? goldScores(posteriors, K, gold, known, losses) : null,
    };
  });
  const certificate = K > 1 && !table.candidateSets ? majorityVoteCertificate({ votes: table }, { seed, onProgress: onProgress && ((progress) => onProgress({ ...progress, phase: 'certificate', run: runs, runs })) }) : null;

  const { base, isRanked, pairs, sameOf } = compare(found);
  const methods = found.map(({ method, cost, stability, measuredSeconds, converged, warnings, scores, losses }): AdvisedMethod => ({
    method: method.id, version: method.version, agreement: sameOf(method.id), stability, cost, measuredSeconds, converged, warnings, gold: scores,
    gain: scores && method !== base.method ? meanOf(base.losses.map((loss, i) => loss - losses[i]!)) : null,
  }));
  const shape = { items: voted.length, annotators: annotatorsWithVotes(table), votes: table.voteCount, classes: K, goldItems: known.length };
  return { ...shape, methods, leftOut, agreement: pairs, certificate, recommendation: recommend({ ...shape, votesLeftOut: lost, table, voted, known, gold, found, base, isRanked, pairs, certificate }) };
}

/** What a comparison has of each method. */
export interface Found extends Candidate {
  consensus: Consensus;
  stability: Stability | null;
  /** Of each known item. */
  losses: Float64Array;
  scores: GoldScores | null;
}

/**
 * In this order where nothing on the crowd itself tells: by mean log loss over the crowds of bench/accuracy, since soft labels are
 * taken for probabilities. Those that are not for every crowd come last.
 */
const byBenchmarks = [
  defaultMethodId, 'top-two', 'zero-based-skill', 'wawa', 'label-aggregation', 'majority-vote', 'vote-share', 'softmax', 'hierarchical-dawid-skene', 'ebcc', 'mace', 'ibcc', 'glad', 'mmsr',
  'dawid-skene', 'one-coin', 'fast-dawid-skene', 'kos',
];

function compare<F extends Found>(found: readonly F[]) {
  const pairs: MethodAdvice['agreement'] = [];
  found.forEach((one, i) => found.slice(i + 1).forEach((other) => pairs.push({ first: one.method.id, second: other.method.id, share: agreementOf(one.consensus, other.consensus) })));
  const sameOf = (id: string) => {
    const shares = pairs.filter(({ first, second }) => first === id || second === id).map(({ share }) => share);
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  const ranked = byBenchmarks.map((id) => found.find(({ method }) => method.id === id)).find((one) => one !== undefined);
  return { base: ranked ?? found[0]!, isRanked: ranked !== undefined, pairs, sameOf };
}

function check(votes: VoteTable, { gold, seed = 0, draws = MOST_DRAWS, threads = 1 }: AdviceOptions): void {
  checkInput({ id: 'methodAdvice', reads: ['votes', 'gold', 'candidate-sets'] }, { votes, gold });
  if (votes.voteCount === 0) throw new RangeError('there are no votes to compare methods on');
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  if (!Number.isInteger(draws) || draws < 0 || draws > 100) throw new RangeError(`draws is ${draws}; it must be a whole number from 0 to 100`);
  if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`threads is ${threads}; it must be a whole number, at least 1`);
}

function sizeOf(votes: VoteTable): CostSize {
  return { items: votes.itemCount, annotators: votes.annotatorCount, classes: votes.classCount, votes: votes.voteCount, models: 0 };
}

/**
 * Who takes part, and how often a tenth is left out: as many draws as fit, then the cheapest methods.
 * @throws RangeError for methods that are unknown, named twice, cannot read such votes or, where they are named, are beyond the bounds.
 */
export function planAdvice(
  size: CostSize, { methods, draws, bounds = { operations: Infinity, bytes: Infinity } }: Pick<AdviceOptions, 'methods' | 'draws' | 'bounds'>, withCandidateSets = false,
): { candidates: Candidate[]; draws: number; leftOut: MethodAdvice['leftOut'] } {
  const leftOut: MethodAdvice['leftOut'] = [];
  const possible: Candidate[] = [];
  for (const method of methods ? namedMethods(methods) : advisedMethods.map((id) => findMethod(id))) {
    const options = resolveOptions(method);
    const cost = runCost(method, size, options);
    const reason = unfit(method, size, withCandidateSets) ?? (cost.bytes > bounds.bytes ? `it would take ${Math.ceil(cost.bytes / 1e6)} MB of memory, and ${Math.floor(bounds.bytes / 1e6)} are given` : null);
    if (!reason) possible.push({ method, options, cost });
    else if (methods) throw new RangeError(`${method.id} cannot be compared on these votes: ${reason}`);
    else leftOut.push({ method: method.id, reason });
  }
  const all = possible.reduce((sum, { cost }) => sum + cost.operations, 0);
  const times = Math.floor(Math.min(1 + MOST_DRAWS, bounds.operations / all)) - 1;
  const affordable = draws ?? Math.max(1, times);
  const kept = new Set<Candidate>();
  let spent = 0;
  for (const candidate of possible.slice().sort((a, b) => a.cost.operations - b.cost.operations)) {
    spent += candidate.cost.operations * (1 + affordable);
    if (spent <= bounds.operations) kept.add(candidate);
    else if (methods) {
      throw new RangeError(`${possible.map(({ method }) => method.id).join(', ')} would take ${(all * (1 + affordable)).toPrecision(2)} steps in ${1 + affordable} runs each, more than ${bounds.operations}; name fewer or cheaper methods`);
    } else leftOut.push({ method: candidate.method.id, reason: `it would take about ${Math.ceil(candidate.cost.seconds)} s a run` });
  }
  if (kept.size === 0) throw new RangeError(`no method can be compared on ${size.votes} votes within ${bounds.operations} steps and ${bounds.bytes} bytes`);
  return { candidates: possible.filter((candidate) => kept.has(candidate)), draws: affordable, leftOut };
}

function namedMethods(ids: readonly string[]): AggregationMethod[] {
  if (!Array.isArray(ids) || ids.length === 0) throw new RangeError('methods is empty; name one at least, or leave it out');
  if (ids.length > registry.length) throw new RangeError(`methods names ${ids.length}; there are ${registry.length}`);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new RangeError(`methods names ${JSON.stringify(twice)} twice`);
  return ids.map((id) => findMethod(id));
}

function unfit({ reads, maxClasses = Infinity }: AggregationMethod, { classes }: CostSize, withCandidateSets: boolean): string | null {
  if (!reads.includes('votes') || reads.includes('predictions')) return 'it reads predictions, and votes alone are compared';
  if (classes > maxClasses) return `it tells at most ${maxClasses} classes apart, and there are ${classes}`;
  return withCandidateSets && !reads.includes('candidate-sets') ? 'it does not read candidate sets' : null;
}

function leaveOut(votes: VoteTable, seed: number, draws: number): [tables: VoteTable[], lost: number] {
  const leftOut = new LeftOutVotes(votes, seed);
  const tables = Array.from({ length: draws }, (_, draw) => leftOut.without(draw)).filter((table) => table !== null);
  return [tables, tables.length === 0 ? 0 : votes.voteCount - tables[0]!.voteCount];
}

function change(before: Float64Array, after: Float64Array, K: number, items: readonly number[]): { changed: number; moved: number } {
  let moved = 0;
  for (const item of items) for (let at = item * K; at < item * K + K; at++) moved += Math.abs(before[at]! - after[at]!) / 2;
  return { changed: 1 - agreementOf(consensusOf(before, K, items), consensusOf(after, K, items)), moved: moved / items.length };
}

function meanBy<Name extends string>(rows: readonly Record<Name, number>[], name: Name): number {
  return rows.reduce((sum, row) => sum + row[name], 0) / rows.length;
}

function itemsWithVotes(offsets: Int32Array): number[] {
  return Array.from({ length: offsets.length - 1 }, (_, item) => item).filter((item) => offsets[item + 1]! > offsets[item]!);
}

function annotatorsWithVotes(votes: VoteTable): number {
  return new Set(votes.annotators).size;
}
