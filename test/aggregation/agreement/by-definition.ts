/** The metrics straight from their definitions, vote by vote and pair by pair: slow, and free of everything the library does. */

export interface Answer {
  item: number;
  annotator: number;
  label: number;
}

export type Distance = (k: number, l: number) => number;

export const nominal: Distance = (k, l) => Number(k !== l);
export const interval: Distance = (k, l) => (k - l) ** 2;

export const ratio: Distance = (k, l) => (k + l === 0 ? 0 : ((k - l) / (k + l)) ** 2);

/** Ordinal distances from the pairable votes: ((n_k + n_l) / 2 + the votes between)^2, Krippendorff (2004) p. 245. */
export function ordinal(answers: Answer[]): Distance {
  const votes = pairable(answers);
  const count = (k: number) => votes.filter((vote) => vote.label === k).length;
  return (k, l) => {
    if (k === l) return 0;
    let between = (count(k) + count(l)) / 2;
    for (let g = Math.min(k, l) + 1; g < Math.max(k, l); g++) between += count(g);
    return between ** 2;
  };
}

export function alpha(answers: Answer[], distance: Distance): number {
  const votes = pairable(answers);
  let observed = 0;
  let expected = 0;
  for (const [i, one] of votes.entries()) {
    const siblings = votes.filter((vote) => vote.item === one.item).length - 1;
    for (const [j, other] of votes.entries()) {
      if (i === j) continue;
      expected += distance(one.label, other.label) / (votes.length - 1);
      if (one.item === other.item) observed += distance(one.label, other.label) / siblings;
    }
  }
  return 1 - observed / expected;
}

export function percent(answers: Answer[]): number {
  return mean(
    items(pairable(answers)).map((votes) => mean(pairs(votes).map(([one, other]) => Number(one.label === other.label)))),
  );
}

export function fleissKappa(answers: Answer[], K: number): number {
  const byChance = shares(answers, K).reduce((sum, share) => sum + share ** 2, 0);
  return (percent(answers) - byChance) / (1 - byChance);
}

export function gwetAc1(answers: Answer[], K: number): number {
  const byChance = shares(answers, K).reduce((sum, share) => sum + share * (1 - share), 0) / (K - 1);
  return (percent(answers) - byChance) / (1 - byChance);
}

/** Of two annotators who answered no item twice. */
export function cohenDisagreements(answers: Answer[], a: number, b: number, distance: Distance): { observed: number; expected: number; shared: number } {
  const both = answers
    .filter((vote) => vote.annotator === a)
    .flatMap((vote) => answers.filter((other) => other.annotator === b && other.item === vote.item).map((other) => [vote.label, other.label] as const));
  const observed = both.reduce((sum, [k, l]) => sum + distance(k, l), 0);
  const expected = both.reduce((sum, [k]) => sum + both.reduce((inner, [, l]) => inner + distance(k, l), 0), 0) / both.length;
  return { observed, expected, shared: both.length };
}

/** K shares, each item counting once. */
function shares(answers: Answer[], K: number): number[] {
  return Array.from({ length: K }, (_, k) => mean(items(answers).map((votes) => mean(votes.map((vote) => Number(vote.label === k))))));
}

function items(answers: Answer[]): Answer[][] {
  return [...new Set(answers.map((vote) => vote.item))].map((item) => answers.filter((vote) => vote.item === item));
}

function pairable(answers: Answer[]): Answer[] {
  return items(answers).filter((votes) => votes.length > 1).flat();
}

function pairs<T>(values: T[]): [T, T][] {
  return values.flatMap((one, i) => values.slice(i + 1).map((other): [T, T] => [one, other]));
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
