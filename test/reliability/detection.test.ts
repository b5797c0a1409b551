import { describe, expect, it } from 'vitest';
import { flagKindsOf, plantedCrowd, type Planted } from './planted-crowd.js';

const SEEDS = [1, 2, 3, 4, 5];
const crowds = [
  ['4 classes, 5 votes an item', { items: 2400, annotators: 40, classes: 4, votesPerItem: 5, spammers: 0.2, drifters: 0.2 }],
  ['10 skewed classes, 3 votes an item', { items: 4000, annotators: 40, classes: 10, votesPerItem: 3, classSkew: 1, spammers: 0.2, drifters: 0.2 }],
  ['items of different easiness', { model: 'glad', items: 2400, annotators: 40, classes: 4, votesPerItem: 5, spammers: 0.2, drifters: 0.2 }],
] as const;

describe.each(crowds)('of a crowd with %s and 300 votes an annotator', (_, options) => {
  const seen = SEEDS.map((seed) => {
    const crowd = plantedCrowd(options, seed);
    return { crowd, kinds: flagKindsOf(crowd, 'dawid-skene') };
  });
  const share = (behaviour: Planted, ...wanted: string[]) => {
    const all = seen.flatMap(({ crowd, kinds }) => kinds.filter((_flags, annotator) => crowd.behaviour[annotator] === behaviour));
    return all.filter((kinds) => kinds.some((kind) => wanted.includes(kind))).length / all.length;
  };

  it('no honest annotator is flagged', () => {
    const flagged = seen.flatMap(({ crowd, kinds }) => kinds.filter((some, annotator) => crowd.behaviour[annotator] === 'honest' && some.length > 0));
    expect(flagged).toEqual([]);
  });

  it('every spammer is: those who answer at random, and those who always say the same, as such', () => {
    expect(share('spammer', 'CHANCE_AGREEMENT', 'ONE_CLASS')).toBe(1);
    expect(share('spammer', 'ONE_CLASS')).toBe(0.5);
  });

  it('two thirds and more of those who tire are', () => {
    expect(share('drifter', 'DRIFT')).toBeGreaterThan(0.66);
  });

  it('those who answer in a tenth of the time are, and most who mix up classes, with nothing else against the former', () => {
    expect(share('hasty', 'TOO_FAST')).toBe(1);
    expect(share('hasty', 'BELOW_CHANCE', 'CHANCE_AGREEMENT', 'ONE_CLASS', 'DRIFT')).toBe(0);
    // A tenth of the answers is right by chance where K is 10: hardly anybody can be shown to do worse.
    if (options.classes === 4) expect(share('mixed up', 'BELOW_CHANCE')).toBeGreaterThan(0.8);
  });
});

describe('nobody is flagged', () => {
  it('on fewer than 20 votes, whatever they are', () => {
    const crowd = plantedCrowd({ items: 120, annotators: 40, classes: 4, votesPerItem: 5, spammers: 0.5 }, 1);
    const counts = crowd.behaviour.map((_, annotator) => crowd.annotators.filter((one) => one === annotator).length);
    const kinds = flagKindsOf(crowd, 'dawid-skene');
    expect(counts.filter((count) => count < 20).length).toBeGreaterThan(10);
    expect(kinds.filter((some, annotator) => counts[annotator]! < 20 && some.length > 0)).toEqual([]);
  });

  it('for agreeing with nobody where each item has one vote: the others know nothing', () => {
    const crowd = plantedCrowd({ items: 2000, annotators: 20, classes: 3, votesPerItem: 1, spammers: 0.5 }, 1);
    const agreement = flagKindsOf({ ...crowd, durations: crowd.durations.fill(-1) }, 'dawid-skene').flat().filter((kind) => kind !== 'ONE_CLASS');
    expect(agreement).toEqual([]);
  });
});
