import type { AggregationMethod, MethodOptions } from './method.js';
import { resolveOptions } from './options.js';
import { crowdlab } from './methods/crowdlab.js';
import { dawidSkene } from './methods/dawid-skene.js';
import { majorityVote } from './methods/majority-vote.js';
import { voteShare } from './methods/vote-share.js';
import { softmax } from './methods/softmax.js';
import { wawa } from './methods/wawa.js';
import { zeroBasedSkill } from './methods/zero-based-skill.js';
import { oneCoin } from './methods/one-coin.js';
import { fastDawidSkene } from './methods/fast-dawid-skene.js';
import { hierarchicalDawidSkene } from './methods/hierarchical-dawid-skene.js';
import { ibcc } from './methods/ibcc.js';
import { ebcc } from './methods/ebcc.js';
import { glad } from './methods/glad.js';
import { mace } from './methods/mace.js';
import { mmsr } from './methods/mmsr.js';
import { kos } from './methods/kos.js';
import { labelAggregation } from './methods/label-aggregation.js';
import { topTwo } from './methods/top-two/top-two.js';
import { softLabelMean } from './methods/soft-label-mean/soft-label-mean.js';
import { weightedMajorityVote } from './methods/weighted-majority-vote.js';

/** THE REGISTRY: a method is one file of `methods/` and one line here. */
export const methods: readonly AggregationMethod[] = [
  majorityVote,
  dawidSkene,
  voteShare,
  softmax,
  wawa,
  zeroBasedSkill,
  oneCoin,
  crowdlab,
  fastDawidSkene,
  hierarchicalDawidSkene,
  ibcc,
  ebcc,
  glad,
  mace,
  mmsr,
  kos,
  labelAggregation,
  topTwo,
  softLabelMean,
  weightedMajorityVote,
];

/** What a project runs unless it says otherwise; bench/accuracy/README.md has the evidence it was chosen by. */
export const defaultMethodId = 'soft-label-mean';

const byId = new Map(methods.map((method) => [method.id, method]));

/** What votes alone in so many classes can be aggregated by, each as it is by default. */
export function methodsOfVotes(classCount: number): { method: AggregationMethod; options: MethodOptions }[] {
  return methods.filter(({ reads, maxClasses = Infinity }) => reads.includes('votes') && !reads.includes('predictions') && classCount <= maxClasses)
    .map((method) => ({ method, options: resolveOptions(method) }));
}

/**
 * @param version the newest where left out
 * @throws RangeError naming the methods there are, or the versions.
 */
export function findMethod(id: string, version?: number | null): AggregationMethod {
  const method = byId.get(id);
  if (!method) throw new RangeError(`there is no method ${JSON.stringify(id)}; there are: ${[...byId.keys()].join(', ')}`);
  if (version == null) return method;
  const versions = versionsOf(method);
  const found = versions.find((record) => record.version === version);
  if (!found) throw new RangeError(`there is no version ${version} of ${id} here; there ${versions.length === 1 ? 'is' : 'are'}: ${versions.map((record) => record.version).join(', ')}`);
  return found;
}

/** All that can be run, oldest first. */
export function versionsOf(method: AggregationMethod): AggregationMethod[] {
  return [...(method.earlier ?? []), method].sort((a, b) => a.version - b.version);
}
