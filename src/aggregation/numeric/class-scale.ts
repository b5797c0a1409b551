/** What the names of classes tell beyond their indices. */
export interface ClassScale {
  /** K names. */
  names: readonly string[];
  /** Whether the order of the classes means something: that of numbers, or that of a list which the caller gave. */
  isOrdered: boolean;
  /** K places on a line, in the unit of the names: each name as a number, NaN for one that is none. */
  values: Float64Array;
}

const numberForm = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a class is named for, however it is written (`.5`, `1e-03`, `+2`, ` 3`); NaN for any other name. */
export function classNumber(name: string): number {
  const written = name.trim();
  const value = numberForm.test(written) ? Number(written) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** Sorted, so that their order does not depend on the order of votes: numbers first, by value, and then other names by code unit. */
export function sortedClasses(names: Iterable<string>): string[] {
  const place = (value: number) => (Number.isNaN(value) ? Infinity : value);
  return Array.from(names, (name) => ({ name, value: place(classNumber(name)) }))
    .sort((a, b) => (a.value === b.value ? 0 : a.value - b.value) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** @param isGiven whether the caller chose the order of the names */
export function classScale(names: readonly string[], isGiven: boolean): ClassScale {
  const values = Float64Array.from(names, classNumber);
  return { names, isOrdered: isGiven || values.every((value) => !Number.isNaN(value)), values };
}

/** Names for a message: the first ten, quoted. */
export function shownClasses(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => JSON.stringify(name)).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
