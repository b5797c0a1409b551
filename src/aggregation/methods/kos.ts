import { components } from '../kernels/components.js';
import { iterationsOverVotes } from '../numeric/cost.js';
import type { AggregationInput, AggregationMethod, MethodOptions, MethodResult, RunContext } from '../method.js';
import { fingerprints, mix, uniformOf } from '../numeric/fingerprints.js';
import { countTies } from '../numeric/simplex.js';
import type { VoteTable } from '../vote-table.js';

/**
 * KOS message passing for two classes: an item tells each of its annotators what the other annotators think, an annotator
 * tells each item how well they did on the other items, until the messages' proportions settle. The soft label is the share of
 * the absolute messages behind a class; it orders items but is no calibrated probability.
 *
 * Where this differs from the paper, which is about crowds in which everybody answers equally often: by default an
 * annotator's message is the mean over their other items, not the sum. With sums, one annotator who answered everything drowns
 * all others (rte: .498 with sums, .914 with means, majority vote .897; product .896 and .927). `messages: sum` is the paper's.
 * Messages are scaled in every connected part of the crowd on its own, and there turned so that they are positive on the whole:
 * more votes are right than wrong. Starts are normal(1, 1) from the seed and the content of the votes, not from their order.
 */
export const kos: AggregationMethod = {
  id: 'kos',
  version: 1,
  title: 'KOS message passing (two classes)',
  source: 'Karger, Oh and Shah, "Iterative Learning for Reliable Crowdsourcing Systems" (NIPS 2011)',
  reads: ['votes'],
  maxClasses: 2,
  options: [
    { name: 'tolerance', type: 'number', default: 1e-6, min: 0, max: 1, doc: 'Stop when messages, of mean square 1, move by less than this in a round (root mean square); 0 runs exactly maxIterations.' },
    { name: 'maxIterations', type: 'integer', default: 1000, min: 1, max: 1_000_000, doc: 'Most rounds; a run that ends here reports converged: false.' },
    { name: 'messages', type: 'choice', default: 'mean', choices: ['mean', 'sum'], doc: "An annotator's message is the mean over their other items, or the sum, as in the paper, for crowds in which all answer equally often." },
  ],
  cost: 'O(votes) an iteration',
  estimate: iterationsOverVotes(100, 4),
  returns: ['posteriors', 'quality'],
  quality: "the annotator's mean message, any real number: 0 carries no information, negative is more often wrong than right",
  run,
};

/** Messages have mean square 1. What cancels out leaves some 1e-16, whose sign is that of the order of the additions. */
const ROUNDING = 1e-9;

function run({ votes }: AggregationInput, options: MethodOptions, context: RunContext): MethodResult {
  const { classCount, itemCount, voteCount, items, annotators, classes } = votes;
  if (classCount !== 2) throw new RangeError(`kos is for 2 classes, and there are ${classCount}; one-coin, mace and dawid-skene take more`);
  const answers = Float64Array.from(classes, (label) => 2 * label - 1);
  const parts = components(votes);
  const partOfVote = Int32Array.from(items, (item) => parts.items[item]!);
  const messages = startingMessages(votes, context.seed);
  rescale(messages, partOfVote, parts.count);
  const trace: number[] = [];
  let converged = false;
  while (!converged && trace.length < (options.maxIterations as number)) {
    const before = messages.slice();
    exchange(votes, answers, messages, options.messages === 'mean');
    rescale(messages, partOfVote, parts.count);
    let moved = 0;
    for (let v = 0; v < voteCount; v++) moved += (messages[v]! - before[v]!) ** 2;
    trace.push(Math.sqrt(moved / voteCount));
    context.onProgress?.({ phase: 'messages', iteration: trace.length, objective: trace[trace.length - 1]! });
    converged = trace[trace.length - 1]! < (options.tolerance as number);
  }

  for (let v = 0; v < voteCount; v++) if (Math.abs(messages[v]!) < ROUNDING) messages[v] = 0;
  const posteriors = shares(votes, messages);
  const quality = new Float64Array(votes.annotatorCount);
  for (let v = 0; v < voteCount; v++) quality[annotators[v]!]! += messages[v]!;
  const { offsets } = votes.byAnnotator();
  return {
    posteriors,
    annotatorQuality: quality.map((sum, a) => sum / (offsets[a + 1]! - offsets[a]!)),
    diagnostics: { iterations: trace.length, converged, trace, ties: countTies(posteriors, 2), warnings: silent(votes, messages, itemCount) },
  };
}

function startingMessages(votes: VoteTable, seed: number): Float64Array {
  const prints = fingerprints(votes, seed);
  return Float64Array.from(votes.items, (item, v) => {
    const hash = mix(mix(prints.items[item]!, prints.annotators[votes.annotators[v]!]!), prints.classes[votes.classes[v]!]!);
    // Box and Muller's transformation.
    return 1 + Math.sqrt(-2 * Math.log(uniformOf(hash))) * Math.cos(2 * Math.PI * uniformOf(mix(hash, 1)));
  });
}

/** One round, in place: from annotators to items, and back. A sum over the others is the sum over all less one's own. */
function exchange(votes: VoteTable, answers: Float64Array, messages: Float64Array, mean: boolean): void {
  const { items, annotators, voteCount } = votes;
  const { offsets } = votes.byAnnotator();
  const toItem = new Float64Array(votes.itemCount);
  for (let v = 0; v < voteCount; v++) toItem[items[v]!]! += answers[v]! * messages[v]!;
  const toAnnotator = new Float64Array(votes.annotatorCount);
  for (let v = 0; v < voteCount; v++) {
    messages[v] = toItem[items[v]!]! - answers[v]! * messages[v]!;
    toAnnotator[annotators[v]!]! += answers[v]! * messages[v]!;
  }
  for (let v = 0; v < voteCount; v++) {
    const annotator = annotators[v]!;
    const others = offsets[annotator + 1]! - offsets[annotator]! - 1;
    // Nothing is known of who voted once: exactly 0, which the subtraction might miss by a rounding.
    messages[v] = others === 0 ? 0 : (toAnnotator[annotator]! - answers[v]! * messages[v]!) / (mean ? others : 1);
  }
}

/** Mean square 1 and a sum that is not negative, in each connected part; a part whose messages are all 0 stays so. */
function rescale(messages: Float64Array, partOfVote: Int32Array, count: number): void {
  const squares = new Float64Array(count);
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (let v = 0; v < messages.length; v++) {
    const part = partOfVote[v]!;
    squares[part]! += messages[v]! ** 2;
    sums[part]! += messages[v]!;
    sizes[part]!++;
  }
  const scales = squares.map((square, part) => (square > 0 ? Math.sqrt(sizes[part]! / square) * (sums[part]! < -ROUNDING * Math.sqrt(sizes[part]! * square) ? -1 : 1) : 0));
  for (let v = 0; v < messages.length; v++) messages[v]! *= scales[partOfVote[v]!]!;
}

/** Share of the sizes of the messages that stand behind each class; plain vote shares where all messages are 0. */
function shares(votes: VoteTable, messages: Float64Array): Float64Array {
  const { itemCount, itemOffsets, classes } = votes;
  const posteriors = new Float64Array(itemCount * 2).fill(0.5);
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    if (first === end) continue;
    const behind = [0, 0];
    for (let v = first; v < end; v++) behind[messages[v]! < 0 ? 1 - classes[v]! : classes[v]!]! += Math.abs(messages[v]!);
    if (behind[0]! + behind[1]! === 0) for (let v = first; v < end; v++) behind[classes[v]!]!++;
    posteriors[2 * item] = behind[0]! / (behind[0]! + behind[1]!);
    posteriors[2 * item + 1] = 1 - posteriors[2 * item]!;
  }
  return posteriors;
}

function silent(votes: VoteTable, messages: Float64Array, itemCount: number): string[] {
  let items = 0;
  for (let item = 0; item < itemCount; item++) {
    const own = messages.subarray(votes.itemOffsets[item], votes.itemOffsets[item + 1]);
    if (own.length > 0 && own.every((message) => message === 0)) items++;
  }
  return items > 0 ? [`${items} items were voted on only by annotators of whom nothing else is known: their soft label is the vote share`] : [];
}
