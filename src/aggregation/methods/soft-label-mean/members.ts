import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext } from '../../method.js';
import { confusionEntries, type CostSize } from '../../numeric/cost.js';
import { resolveOptions } from '../../options.js';
import { dawidSkene } from '../dawid-skene.js';
import { ebcc } from '../ebcc.js';
import { fastDawidSkene } from '../fast-dawid-skene.js';
import { glad } from '../glad.js';
import { hierarchicalDawidSkene } from '../hierarchical-dawid-skene.js';
import { ibcc } from '../ibcc.js';
import { labelAggregation } from '../label-aggregation.js';
import { mace } from '../mace.js';
import { softmax } from '../softmax.js';
import { voteShare } from '../vote-share.js';
import { wawa } from '../wawa.js';
import { zeroBasedSkill } from '../zero-based-skill.js';

/** One of those whose mean it is. */
export interface Member {
  /** How warnings and progress call it. */
  name: string;
  method: AggregationMethod;
  options: MethodOptions;
  /** Relative to the others'. */
  weight: number;
  /** Whether it ends by memberIterations. */
  isCapped: boolean;
  /** Whether it takes each vote for a witness of its own, so that it is too sure where there are many. */
  multiplies: boolean;
}

/** What one of them found. */
export interface MemberResult {
  member: Member;
  result: MethodResult;
}

const models = new Set<string>([dawidSkene, fastDawidSkene, hierarchicalDawidSkene, ibcc, ebcc, glad, mace].map(({ id }) => id));

function member(method: AggregationMethod, weight = 1, options: Record<string, unknown> = {}, { name = method.id, isCapped = false }: Partial<Pick<Member, 'name' | 'isCapped'>> = {}): Member {
  return { name, method, options: resolveOptions(method, options), weight, isCapped, multiplies: models.has(method.id) };
}

const [ebccOne] = ebcc.earlier!;
/** Later versions give other bits from 512 classes on, where few crowds have matrices small enough to take part; version 2 of the mean keeps its own. */
const [hierarchicalOne] = hierarchicalDawidSkene.earlier!;
const paper = [voteShare, softmax, wawa, zeroBasedSkill, dawidSkene, glad, mace];
const nine = (ebccVersion: AggregationMethod) => [...paper, ibcc, ebccVersion];
const six = [zeroBasedSkill, labelAggregation, dawidSkene, fastDawidSkene, ibcc, glad];

const evenly = (methods: readonly AggregationMethod[]) => methods.map((method) => member(method));

/** Sets of methods that count alike. `six` was the default of version 1. */
export const evenSets: Record<string, readonly Member[]> = { six: evenly(six), paper: evenly(paper), nine: evenly(nine(ebcc)) };
export const evenSetsOfVersion1: Record<string, readonly Member[]> = { ...evenSets, nine: evenly(nine(ebccOne!)) };

/** What takes the place of `five` without confusion matrices: of `six` those that have none. */
export const withoutMatrices: readonly Member[] = evenSets.six!.filter(({ method }) => !method.returns.includes('confusion'));

/**
 * The five with their weights by the options; EBCC, where there are two classes, has its weight from that of `hierarchical`.
 * Those of weight 0 are not among them.
 */
export function five(options: MethodOptions, { classes, votes }: Pick<CostSize, 'classes' | 'votes'>): Member[] {
  const weight = (name: string) => options[name] as number;
  const ofEbcc = classes === 2 ? Math.min(weight('ebcc'), weight('hierarchical')) : 0;
  const maxIterations = iterationsOf(options, votes);
  const limits = { maxIterations, tolerance: options.memberTolerance };
  return [
    member(labelAggregation, weight('labelAggregation')),
    member(hierarchicalOne!, weight('hierarchical') - ofEbcc, limits, { isCapped: true }),
    // A light prior and even classes: it keeps what the other gives away where classes are alike in number.
    member(hierarchicalOne!, weight('hierarchicalEven'), { ...limits, priorWeight: 5, classPriors: 'even' }, { name: `${hierarchicalDawidSkene.id} with even classes`, isCapped: true }),
    member(dawidSkene, weight('dawidSkene')),
    member(ebcc, ofEbcc, { seeds: 1, maxIterations }, { isCapped: true }),
  ].filter((one) => one.weight > 0);
}

/**
 * Real crowds needed up to 363 iterations. Large ones would take hundreds, too, for changes that hardly matter: a member goes on until it
 * has gone through so many votes, and for a few iterations at least.
 */
const MOST_VOTES = 60e6;
const LEAST_ITERATIONS = 60;
const MOST_ITERATIONS = 500;

function iterationsOf({ memberIterations }: MethodOptions, votes: number): number {
  if (memberIterations !== 0) return memberIterations as number;
  return Math.max(LEAST_ITERATIONS, Math.min(MOST_ITERATIONS, Math.floor(MOST_VOTES / Math.max(1, votes))));
}

/** Runs those that can take part; adds a warning for each that cannot, and theirs. */
export function runMembers(members: readonly Member[], input: Pick<AggregationInput, 'votes' | 'gold'>, context: RunContext, warnings: string[]): MemberResult[] {
  const { votes } = input;
  const results: MemberResult[] = [];
  let iteration = 0;
  for (const one of members) {
    const { name, method, options, isCapped } = one;
    const reason = unfit(one, { items: votes.itemCount, annotators: votes.annotatorCount, classes: votes.classCount, votes: votes.voteCount, models: 0 }, votes.candidateSets !== null);
    if (reason) {
      warnings.push(`${name} is left out: ${reason}`);
      continue;
    }
    const onProgress: RunContext['onProgress'] = context.onProgress && ((progress) => context.onProgress!({ ...progress, phase: `${name}: ${progress.phase}`, iteration: progress.done === undefined ? ++iteration : iteration + 1 }));
    const result = method.run({ votes, ...(method.reads.includes('gold') && { gold: input.gold }) }, options, { ...context, onProgress });
    if (!result.diagnostics.converged) warnings.push(`${name} ended at its cap of ${options.maxIterations} iterations${isCapped ? ', which memberIterations raises' : ''}`);
    warnings.push(...result.diagnostics.warnings.map((warning) => `${name}: ${warning}`));
    results.push({ member: one, result });
  }
  return results;
}

/**
 * Confusion matrices of more entries a vote than this are not worth having: 20,000 items of 1,000 classes with 5 votes each gave
 * Dawid-Skene 28% right after 20 iterations of .8 s, and zero-based-skill 98% in .5 s. At K <= 20 it never comes to that.
 */
const MOST_ENTRIES_A_VOTE = 20;

/** What the subtypes of EBCC may take, as in the method itself. */
const MOST_BYTES = 4 * 2 ** 30;

export function hasTooManyEntries({ method }: Member, size: CostSize): boolean {
  return method.returns.includes('confusion') && entriesAVote(size) > MOST_ENTRIES_A_VOTE;
}

/** Why a member cannot take part, or null. */
function unfit(one: Member, size: CostSize, withCandidateSets: boolean): string | null {
  if (withCandidateSets && !one.method.reads.includes('candidate-sets')) return 'it does not read candidate sets';
  if (hasTooManyEntries(one, size)) return `its confusion matrices would have up to ${Math.round(entriesAVote(size))} entries a vote`;
  return isTooLarge(one, size) ? `it would take over ${MOST_BYTES / 2 ** 30} GiB` : null;
}

/** EBCC refuses by its memory, and a mean can do without it. */
export function isTooLarge({ method, options }: Member, size: CostSize): boolean {
  return method.id === ebcc.id && method.estimate(size, options).bytes > MOST_BYTES;
}

function entriesAVote(size: CostSize): number {
  return confusionEntries(size) / size.votes;
}
