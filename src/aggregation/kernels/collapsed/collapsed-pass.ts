import type { ConfusionRows } from '../confusion-rows.js';
import { LEAST_PRIOR, NEGLIGIBLE, partsOf, RESCALE_EVERY, SPARSE_ABOVE, type PassInput } from '../pass.js';
import { normalizeRow } from '../../numeric/simplex.js';

/** The arrays of a pass from which an item is itself taken out: it reads the terms and the start, and overwrites the counts. */
export interface CollapsedState {
  /**
   * (rows + M) x K. First of each row its prior's pseudo-votes and its expected votes for each true class; then, of each
   * annotator, the same over all K answers. The ratio of the two is the chance of the row's class.
   */
  terms: Float64Array;
  /** K + 1: what each class starts from, and how much of that an item's own probability of the class is, for 1. */
  start: Float64Array;
  /** rows x K: expected votes of this annotator for this class where the truth is that class. */
  counts: Float64Array;
  /** K: expected items, of those with votes or a gold answer. */
  classCounts: Float64Array;
}

/** Every item's posterior from all the others', and the counts that follow. A kernel owns its arrays, as in `PassKernel`. */
export interface CollapsedKernel {
  state: CollapsedState;
  /** The first posteriors, written item by item (K numbers at `at`); the counts follow. */
  begin(write: (item: number, out: Float64Array, at: number) => void): void;
  /** @param tell called now and then within a long pass, with the share that is done. */
  run(tell?: (done: number) => void): CollapsedOutcome;
  /** N x K, of the last pass; what was written at the beginning for items without votes. */
  posteriors(): Float64Array;
  warnings: readonly string[];
  close?(): void;
}

export interface CollapsedOutcome {
  /** Natural log of the chance of each item's votes given those of all other items, summed. */
  logLikelihood: number;
  /** The greatest change of a probability. */
  moved: number;
}

/** The readable kernel. The fast one is checked against it and leaves it what is rare. */
export function readableKernel(input: PassInput): CollapsedKernel {
  const { itemCount: N, classCount: K } = input.votes;
  const entries = input.rows.labels.length * K;
  const state: CollapsedState = {
    terms: new Float64Array(entries + input.votes.annotatorCount * K), start: new Float64Array(K + 1), counts: new Float64Array(entries), classCounts: new Float64Array(K),
  };
  const items = Int32Array.from({ length: N }, (_, item) => item);
  const pass = new CollapsedPass(input, state, items);
  return {
    state,
    warnings: [],
    begin: (write) => {
      items.forEach((item) => write(item, pass.posteriors, item * K));
      pass.count();
    },
    run: (tell) => {
      state.counts.fill(0);
      state.classCounts.fill(0);
      return pass.run(tell);
    },
    posteriors: () => pass.posteriors,
  };
}

/**
 * Some items, any K, gold, candidate sets and annotators who answer an item again and again. Where a vote is for a set or an
 * annotator's second, the item's votes are literally taken out of the terms before they are read, and put back to the bit.
 */
export class CollapsedPass {
  /** items x K. */
  readonly posteriors: Float64Array;
  private readonly K: number;
  private readonly weights: Float64Array;
  /** What is still to be taken out of each term: the item's probabilities, or nothing where that was done before. */
  private readonly part: Float64Array;
  /** Of each member of each vote for a set, K shares of the vote: even until the annotator's other answers are known. */
  private readonly shares: Float64Array;
  /** What the terms were at `places`, to be put back. */
  private saved = new Float64Array(0);
  private places = new Int32Array(0);

  constructor(private readonly input: PassInput, private readonly state: CollapsedState, private readonly items: Int32Array) {
    const { classCount: K } = input.votes;
    this.K = K;
    this.weights = new Float64Array(K);
    this.part = new Float64Array(K);
    this.posteriors = new Float64Array(items.length * K);
    this.shares = evenShares(input.rows, K);
  }

  /** Adds all items' posteriors to the counts. */
  count(): void {
    for (let place = 0; place < this.items.length; place++) this.countItem(place, 0);
  }

  /** New posteriors from the old ones, and their counts on top of those there are. */
  run(tell?: (done: number) => void): CollapsedOutcome {
    const { input: { votes: { itemOffsets }, gold }, items, K } = this;
    const least = K > SPARSE_ABOVE ? NEGLIGIBLE : 0;
    const part = partsOf(items.length, K);
    const outcome = { logLikelihood: 0, moved: 0 };
    for (let place = 0; place < items.length; place++) {
      if (place % part === part - 1) tell?.(place / items.length);
      const item = items[place]!;
      const known = gold ? gold[item]! : -1;
      if (itemOffsets[item] === itemOffsets[item + 1] && known < 0) continue;
      // Of an item that is known no other class has a part.
      const [from, to] = known < 0 ? [0, K] : [known, known + 1];
      let taken = 0;
      if (this.isPlain(item)) for (let k = from; k < to; k++) this.part[k] = this.posteriors[place * K + k]!;
      else {
        this.part.fill(0);
        taken = this.takeOut(place, from, to);
      }
      if (known >= 0) outcome.logLikelihood += this.ofKnown(item, known);
      else this.infer(place, outcome);
      this.putBack(taken, from, to);
      this.countItem(place, least);
    }
    return outcome;
  }

  /** Whether the item is in none of its terms more than once, or less than whole. Its votes are by annotator. */
  private isPlain(item: number): boolean {
    const { votes: { itemOffsets, annotators }, rows: { codes } } = this.input;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      if (codes[vote]! < 0 || (vote > itemOffsets[item]! && annotators[vote] === annotators[vote - 1])) return false;
    }
    return true;
  }

  /** The item's part of every term it has one in, of classes `from` up to `to`; as often as its votes have. @returns how many rows were saved. */
  private takeOut(place: number, from: number, to: number): number {
    const { input: { votes: { itemOffsets, annotators }, rows: { codes, labels, sets } }, K, shares } = this;
    const item = this.items[place]!;
    const totals = labels.length * K;
    let taken = 0;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const code = codes[vote]!;
      if (code >= 0) this.take(taken++, code, place, from, to);
      else for (let m = sets!.offsets[~code]!; m < sets!.offsets[~code + 1]!; m++) this.take(taken++, sets!.starts[m]!, place, from, to, shares, m * K);
      this.take(taken++, totals + annotators[vote]! * K, place, from, to);
    }
    return taken;
  }

  private take(index: number, at: number, place: number, from: number, to: number, shares: Float64Array | null = null, share = 0): void {
    const { K, posteriors, state: { terms } } = this;
    if (index === this.places.length) this.makeRoom();
    const { saved, places } = this;
    places[index] = at;
    for (let k = from; k < to; k++) {
      const own = posteriors[place * K + k]!;
      saved[index * K + k] = terms[at + k]!;
      terms[at + k]! -= shares ? shares[share + k]! * own : own;
    }
  }

  /** The last first, since a row may have been saved more than once. */
  private putBack(taken: number, from: number, to: number): void {
    const { K, saved, places, state: { terms } } = this;
    for (let index = taken - 1; index >= 0; index--) for (let k = from; k < to; k++) terms[places[index]! + k] = saved[index * K + k]!;
  }

  private makeRoom(): void {
    const { saved, places, K } = this;
    this.places = new Int32Array(2 * places.length + 16);
    this.saved = new Float64Array(this.places.length * K);
    this.places.set(places);
    this.saved.set(saved);
  }

  private infer(place: number, outcome: CollapsedOutcome): void {
    const { input: { votes: { itemOffsets, annotators }, rows: { codes, labels } }, K, weights, part, posteriors, state: { start, terms } } = this;
    const item = this.items[place]!;
    const at = place * K;
    const totals = labels.length * K;
    for (let k = 0; k < K; k++) weights[k] = start[k]! - start[K]! * posteriors[at + k]!;
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    for (let from = first; from < last; from += RESCALE_EVERY) {
      for (let vote = from; vote < Math.min(from + RESCALE_EVERY, last); vote++) {
        const code = codes[vote]!;
        const total = totals + annotators[vote]! * K;
        if (code >= 0) for (let k = 0; k < K; k++) weights[k]! *= (terms[code + k]! - part[k]!) / (terms[total + k]! - part[k]!);
        else for (let k = 0; k < K; k++) weights[k]! *= this.shareSet(code, k) / terms[total + k]!;
      }
      outcome.logLikelihood += Math.log(normalizeRow(weights, 0, K));
    }
    for (let k = 0; k < K; k++) {
      const p = weights[k]!;
      const change = Math.abs(p - posteriors[at + k]!);
      if (change > outcome.moved) outcome.moved = change;
      posteriors[at + k] = p;
    }
  }

  /** The log of the chance of a known item's class and votes, by all other items. */
  private ofKnown(item: number, known: number): number {
    const { input: { votes: { itemOffsets, annotators }, rows: { codes, labels } }, K, part, state: { start, terms } } = this;
    let log = Math.log(Math.max(LEAST_PRIOR, start[known]! - start[K]!));
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const code = codes[vote]!;
      const own = part[known]!;
      log += Math.log((code >= 0 ? terms[code + known]! - own : this.shareSet(code, known)) / (terms[(labels.length + annotators[vote]!) * K + known]! - own));
    }
    return log;
  }

  /** The sum of the terms of a set's members, among whom the vote is shared accordingly from here on. */
  private shareSet(code: number, k: number): number {
    const { input: { rows: { sets } }, K, shares, state: { terms } } = this;
    const [first, last] = [sets!.offsets[~code]!, sets!.offsets[~code + 1]!];
    let sum = 0;
    for (let m = first; m < last; m++) sum += terms[sets!.starts[m]! + k]!;
    for (let m = first; m < last; m++) shares[m * K + k] = terms[sets!.starts[m]! + k]! / sum;
    return sum;
  }

  private countItem(place: number, least: number): void {
    const { input: { votes: { itemOffsets }, rows: { codes, sets }, gold }, items, K, shares, posteriors, state: { counts, classCounts } } = this;
    const item = items[place]!;
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    if (first === last && !(gold && gold[item]! >= 0)) return;
    for (let k = 0; k < K; k++) {
      const p = posteriors[place * K + k]!;
      classCounts[k]! += p;
      if (p <= least) continue;
      for (let vote = first; vote < last; vote++) {
        const code = codes[vote]!;
        if (code >= 0) counts[code + k]! += p;
        else for (let m = sets!.offsets[~code]!; m < sets!.offsets[~code + 1]!; m++) counts[sets!.starts[m]! + k]! += p * shares[m * K + k]!;
      }
    }
  }
}

function evenShares({ sets }: ConfusionRows, K: number): Float64Array {
  if (!sets) return new Float64Array(0);
  const shares = new Float64Array(sets.starts.length * K);
  for (let set = 0; set + 1 < sets.offsets.length; set++) shares.fill(1 / (sets.offsets[set + 1]! - sets.offsets[set]!), sets.offsets[set]! * K, sets.offsets[set + 1]! * K);
  return shares;
}
