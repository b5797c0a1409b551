import { temperByVotes } from '../../combination.js';
import { meanOf, type Bounded } from '../../numeric/bounded-mean.js';
import { fingerprints } from '../../numeric/fingerprints.js';
import { power } from '../../numeric/power.js';
import type { VoteTable } from '../../vote-table.js';

/** What a mean of soft labels is made by. */
export interface MeanSettings {
  /** See the option of soft-label-mean. */
  rho: number;
  temperature: number;
  /** One a part; those of a result sum to 1. */
  weights: readonly number[];
}

export interface TuningInput extends MeanSettings {
  votes: VoteTable;
  /** N x K each, of methods that did not see the gold answers. */
  parts: readonly Float64Array[];
  /** Of each part whether it is tempered by rho. */
  multiplies: readonly boolean[];
  /** Share of the uniform distribution that is mixed in at the end. */
  floor: number;
  /** N class indices, -1 where unknown. */
  gold: Int32Array;
  /** Answers on voted items below which the settings stay; `leastGoldToTune` if left out. */
  least?: number;
  seed: number;
}

export interface Tuning extends MeanSettings {
  /** False where the settings are those that were given, since others are not worth it. */
  isTuned: boolean;
  /** Answers on voted items that were looked at. */
  answers: number;
  /** By how much settings of their own lower the mean log loss of items whose answers had no part in choosing these, with a 95% interval. NaN where answers are too few. */
  gain: Bounded;
}

/** With 50 answers settings of their own save .020 of log loss on average over the shared crowds, with 20 little (bench/accuracy/GOLD.md). */
export const leastGoldToTune = 50;

const FOLDS = 5;
/** Gold items that are looked at, and numbers of one part at one rho: more would take long and tell little. */
const MOST_ITEMS = 2000;
const MOST_NUMBERS = 1e5;
/** As everywhere in scoring: the loss is of (1 - e) p + e/K. */
const SMOOTHING = 0.01;

/** What is tried: values of rho, and factors of the temperature and of each weight. */
const rhos = [0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1];
const temperatureFactors = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4, 1.6];
const weightFactors = [0.25, 0.5, 1, 2, 4];

/** How far settings may stray without gold to show for it: standard deviations of normal priors on log (rho + .1), log temperature and log weight. */
const spread = { rho: 1, temperature: 0.3, weight: 0.7 };

/** Indices into what is tried. */
interface Choice {
  rho: number;
  temperature: number;
  weights: number[];
}

/**
 * The weights, rho and temperature at which the mean of some soft labels fits gold answers best: least log loss plus what normal
 * priors around the given settings charge, by coordinate descent over a small grid. What that is worth is told by cross-fitting: each
 * fifth of the answers is judged by settings that the other four fifths chose. Settings stay as given where the gain is not above
 * its standard error. Nothing hangs on how items are numbered, as far as the votes tell them apart.
 *
 * Cost: O(answers x K x parts) for each of about a thousand settings, with at most 2,000 answers, drawn by the seed.
 * @throws TypeError or RangeError for arrays of other lengths, weights and settings out of range, and gold that is no class.
 */
export function tuneByGold(input: TuningInput): Tuning {
  const { votes, gold, seed, least = leastGoldToTune } = input;
  check(input);
  const known = drawnItems(votes, gold, seed, least);
  const given: Tuning = { isTuned: false, answers: known.length, rho: input.rho, temperature: input.temperature, weights: shares(input.weights), gain: { value: NaN, low: NaN, high: NaN } };
  if (known.length < Math.max(least, FOLDS)) return given;
  const grid = new Grid(input, known);
  const all = known.map((_, i) => i);
  const before = Float64Array.from(all, (i) => grid.loss(i, grid.given));
  const gains = new Float64Array(known.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const choice = grid.best(all.filter((i) => i % FOLDS !== fold));
    for (let i = fold; i < known.length; i += FOLDS) gains[i] = before[i]! - grid.loss(i, choice);
  }
  const gain = widened(meanOf(gains), known.length);
  // Of one standard error.
  const isTuned = meanOf(gains, 0.6827).low > 0;
  return isTuned ? { isTuned, answers: known.length, ...grid.settings(grid.best(all)), gain } : { ...given, gain };
}

/**
 * Student's interval takes folds for independent and settings for certain: of the gains on further items of the shared crowds it held 80% to
 * 84%. So wide it holds 95% and more (bench/accuracy/GOLD.md).
 */
function widened({ value, low, high }: Bounded, answers: number): Bounded {
  const factor = Math.sqrt(2 * (1 + 50 / answers));
  return { value, low: value - (value - low) * factor, high: value + (high - value) * factor };
}

function check({ votes: { itemCount: N, classCount: K }, parts, multiplies, weights, gold, rho, temperature, floor, least = leastGoldToTune, seed }: TuningInput): void {
  if (parts.length === 0 || parts.length !== weights.length || parts.length !== multiplies.length) throw new TypeError(`there are ${parts.length} parts, ${weights.length} weights and ${multiplies.length} of multiplies; there must be one at least, and as many of each`);
  for (const [p, part] of parts.entries()) if (part.length !== N * K) throw new TypeError(`part ${p} has ${part.length} entries; it must have ${N} x ${K}`);
  if (gold.length !== N) throw new TypeError(`gold has ${gold.length} entries; it must have one an item, ${N}`);
  const strange = gold.findIndex((answer) => answer < -1 || answer >= K);
  if (strange >= 0) throw new RangeError(`gold of item ${strange} is ${gold[strange]}; it must be a class from 0 to ${K - 1}, or -1 where unknown`);
  for (const [p, weight] of weights.entries()) if (!(weight > 0 && weight < Infinity)) throw new RangeError(`weight ${p} is ${weight}; it must be a number above 0`);
  const limits: [name: string, value: number, low: number, high: number][] = [['rho', rho, 0, 1], ['temperature', temperature, 0.05, 20], ['floor', floor, 0, 0.5], ['least', least, 1, Infinity], ['seed', seed, 0, Number.MAX_SAFE_INTEGER]];
  for (const [name, value, low, high] of limits) if (!(value >= low && value <= high)) throw new RangeError(`${name} is ${value}; it must be from ${low} to ${high}`);
}

/** Voted items with gold, in an order of their own. */
function drawnItems(votes: VoteTable, gold: Int32Array, seed: number, least: number): number[] {
  const { items: marks } = fingerprints(votes, seed);
  const most = Math.max(least, Math.min(MOST_ITEMS, Math.floor(MOST_NUMBERS / votes.classCount)));
  return Array.from(gold.keys()).filter((item) => gold[item]! >= 0 && votes.itemOffsets[item + 1]! > votes.itemOffsets[item]!)
    .sort((a, b) => marks[a]! - marks[b]! || a - b).slice(0, most);
}

/** The settings that are tried, on the items with gold. */
class Grid {
  readonly given: Choice;
  private readonly K: number;
  private readonly rhos: number[];
  private readonly weights: readonly number[];
  private readonly temperature: number;
  private readonly floor: number;
  private readonly answers: Int32Array;
  /** By rho and part, n x K. */
  private readonly rows: Float64Array[][];
  private readonly mixed: Float64Array;

  constructor({ votes, parts, multiplies, gold, rho, temperature, weights, floor }: TuningInput, items: readonly number[]) {
    const K = votes.classCount;
    this.K = K;
    this.rhos = [...new Set([...rhos, rho])].sort((a, b) => a - b);
    this.weights = shares(weights);
    this.temperature = temperature;
    this.floor = floor;
    this.answers = Int32Array.from(items, (item) => gold[item]!);
    this.mixed = new Float64Array(K);
    const offsets = new Int32Array(items.length + 1);
    items.forEach((item, i) => { offsets[i + 1] = offsets[i]! + votes.itemOffsets[item + 1]! - votes.itemOffsets[item]!; });
    const bare = parts.map((part) => {
      const rows = new Float64Array(items.length * K);
      items.forEach((item, i) => rows.set(part.subarray(item * K, item * K + K), i * K));
      return rows;
    });
    this.rows = this.rhos.map((one) => bare.map((rows, p) => (multiplies[p] && one > 0 ? temperByVotes(rows, K, offsets, one) : rows)));
    this.given = { rho: this.rhos.indexOf(rho), temperature: temperatureFactors.indexOf(1), weights: parts.map(() => weightFactors.indexOf(1)) };
  }

  settings({ rho, temperature, weights }: Choice): MeanSettings {
    return { rho: this.rhos[rho]!, temperature: this.temperature * temperatureFactors[temperature]!, weights: shares(this.weights.map((weight, p) => weight * weightFactors[weights[p]!]!)) };
  }

  /** Log loss of the i-th item. */
  loss(i: number, choice: Choice): number {
    return this.lossBy(i, this.rows[choice.rho]!, this.settings(choice));
  }

  /** The best for some of the items, from the given one on. */
  best(items: readonly number[]): Choice {
    const choice: Choice = { ...this.given, weights: this.given.weights.slice() };
    let least = this.cost(items, choice);
    const tries: [count: number, get: () => number, set: (index: number) => void][] = [
      [this.rhos.length, () => choice.rho, (index) => { choice.rho = index; }],
      [temperatureFactors.length, () => choice.temperature, (index) => { choice.temperature = index; }],
      ...choice.weights.map((_, p): [number, () => number, (index: number) => void] => [weightFactors.length, () => choice.weights[p]!, (index) => { choice.weights[p] = index; }]),
    ];
    for (let moved = true; moved;) {
      moved = false;
      for (const [count, get, set] of tries) {
        let best = get();
        for (let index = 0; index < count; index++) {
          set(index);
          const cost = this.cost(items, choice);
          // By more than rounding, so that it comes to an end.
          if (cost < least - 1e-9) {
            least = cost;
            best = index;
            moved = true;
          }
        }
        set(best);
      }
    }
    return choice;
  }

  private cost(items: readonly number[], choice: Choice): number {
    const settings = this.settings(choice);
    const rows = this.rows[choice.rho]!;
    let sum = this.priorCost(choice);
    for (const i of items) sum += this.lossBy(i, rows, settings);
    return sum;
  }

  private priorCost({ rho, temperature, weights }: Choice): number {
    const squares = (log: number, deviation: number) => (log / deviation) ** 2 / 2;
    return squares(Math.log((this.rhos[rho]! + 0.1) / (this.rhos[this.given.rho]! + 0.1)), spread.rho) + squares(Math.log(temperatureFactors[temperature]!), spread.temperature)
      + weights.reduce((sum, index) => sum + squares(Math.log(weightFactors[index]!), spread.weight), 0);
  }

  private lossBy(i: number, rows: readonly Float64Array[], { temperature, weights }: MeanSettings): number {
    const { K, mixed, floor } = this;
    const answer = this.answers[i]!;
    let greatest = 0;
    for (let k = 0; k < K; k++) {
      let p = 0;
      for (let part = 0; part < rows.length; part++) p += weights[part]! * rows[part]![i * K + k]!;
      mixed[k] = p;
      greatest = Math.max(greatest, p);
    }
    let sum = 0;
    for (let k = 0; k < K; k++) sum += mixed[k] = power(mixed[k]! / greatest, 1 / temperature);
    const p = (1 - floor) * (mixed[answer]! / sum) + floor / K;
    return -Math.log((1 - SMOOTHING) * p + SMOOTHING / K);
  }
}

function shares(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
