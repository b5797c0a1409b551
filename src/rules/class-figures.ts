import type { Quantity } from './quantities.js';

/** What is known of an item, class by class. */
export interface ClassFigures {
  /** K: votes for each class. */
  votes: ArrayLike<number>;
  voteCount: number;
  /** K probabilities, from place `at` on. */
  probabilities: ArrayLike<number>;
  at: number;
  /** The class with more votes than any other; -1 where there is none. */
  leading: number;
}

/** A project's classes, as a rule names them. */
export interface NamedClasses {
  indexOf(name: string): number | undefined;
  /** The class that is probably meant by a name which is none, or null. */
  nearest(name: string): string | null;
  /** Why the name is refused. */
  refusal(name: string, near: string | null): string;
}

/** Functions of one class, written as text. One that is not known yet is NaN. */
export const classFunctions = [
  { name: 'votesFor', doc: 'Votes for the class that count.', range: '0 to 10,000', of: ({ votes }: ClassFigures, k: number) => votes[k]! },
  { name: 'shareFor', doc: 'Share of the votes that are for the class; not known without votes.', range: '0 to 1', of: ({ votes, voteCount }: ClassFigures, k: number) => votes[k]! / voteCount },
  { name: 'probabilityOf', doc: 'Probability of the class.', range: '0 to 1', of: ({ probabilities, at }: ClassFigures, k: number) => probabilities[at + k]! },
] as const satisfies readonly (Quantity & { of: (figures: ClassFigures, k: number) => number })[];

/** The quantity that is a class, and no number. */
export const LEADING = {
  name: 'leading', doc: 'The class with more votes than any other, to be compared with one: leading == "deer". Not known without votes, and where several have as many.', range: 'a class',
} as const satisfies Quantity;
