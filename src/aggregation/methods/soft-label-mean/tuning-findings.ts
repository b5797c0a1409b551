import type { Bounded } from '../../numeric/bounded-mean.js';
import type { FindingSpec } from '../../method.js';
import { dawidSkene } from '../dawid-skene.js';
import { ebcc } from '../ebcc.js';
import { hierarchicalDawidSkene } from '../hierarchical-dawid-skene.js';
import { labelAggregation } from '../label-aggregation.js';
import type { Member } from './members.js';
import type { Tuning } from './tuning.js';

const weightNames: Record<string, string> = {
  [labelAggregation.id]: 'weightOfLabelAggregation', [hierarchicalDawidSkene.id]: 'weightOfHierarchical', [`${hierarchicalDawidSkene.id} with even classes`]: 'weightOfHierarchicalEven',
  [dawidSkene.id]: 'weightOfDawidSkene', [ebcc.id]: 'weightOfEbcc',
};

/** What `tuneByGold` leaves with a run. */
export const tuningFindings: readonly FindingSpec[] = [
  { name: 'tunedByGold', per: 'run', type: 'boolean', meaning: 'With tuneByGold: whether gold chose the weights, rho and temperature; 0 where that was not worth it, and they are those of the options.' },
  { name: 'tuningAnswers', per: 'run', type: 'number', min: 0, meaning: 'With tuneByGold: the gold answers on voted items that chose, and judged.' },
  {
    name: 'tuningGain', per: 'run', type: 'number', interval: ['tuningGainLow', 'tuningGainHigh'],
    meaning: 'With tuneByGold: how much less mean log loss settings chosen by gold have than those of the options, on answers that had no part in the choice; nats an item.',
  },
  { name: 'tuningGainLow', per: 'run', type: 'number', meaning: "Lower end of that gain's 95% interval." },
  { name: 'tuningGainHigh', per: 'run', type: 'number', meaning: "Upper end of that gain's 95% interval." },
  { name: 'tunedRho', per: 'run', type: 'probability', meaning: 'The rho that gold chose.' },
  { name: 'tunedTemperature', per: 'run', type: 'number', min: 0.03, max: 32, meaning: 'The temperature that gold chose.' },
  ...Object.entries(weightNames).map(([member, name]): FindingSpec => ({ name, per: 'run', type: 'probability', meaning: `The share of ${member} in the mean, as gold chose it.` })),
];

export function tuningFound({ answers, gain, rho, temperature, weights }: Tuning, members: readonly Member[]): Record<string, Float64Array> {
  return asFindings({
    tunedByGold: 1, tuningAnswers: answers, ...gainFound(gain), tunedRho: rho, tunedTemperature: temperature,
    ...Object.fromEntries(members.map(({ name }, m) => [weightNames[name]!, weights[m]!])),
  });
}

/** @param gain null where it was not looked for */
export function untunedFound(answers: number, gain: Bounded | null): Record<string, Float64Array> {
  return asFindings({ tunedByGold: 0, tuningAnswers: answers, ...(gain && gainFound(gain)) });
}

function gainFound({ value, low, high }: Bounded): Record<string, number> {
  return { tuningGain: value, tuningGainLow: low, tuningGainHigh: high };
}

function asFindings(found: Record<string, number>): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(found).map(([name, number]) => [name, Float64Array.of(number)]));
}
