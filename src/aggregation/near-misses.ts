import { classNumber } from './numeric/class-scale.js';

/** How files write that there is no answer. */
const missing = new Set(['none', 'nan', 'na', 'n/a', '#n/a', '<na>', 'null', 'nil', 'nat', 'undefined', 'missing', '-', '?']);
const mostWarnings = 20;

/** What two names may differ by though the same is meant, from the least difference to the greatest. */
const differences: readonly [what: string, form: (name: string) => string][] = [
  ['blanks', blankless],
  ['Unicode form', (name) => blankless(name).normalize('NFKC')],
  ['case', (name) => blankless(name).normalize('NFKC').toLowerCase()],
];

/**
 * Names that may stand for one class, or for none: they are kept as they are, and told.
 * @returns a sentence each, at most 20
 */
export function classWarnings(names: readonly string[]): string[] {
  const warnings: string[] = [];
  const isTold = new Set<string>();
  for (const [what, form] of [...differences, ['the way a number is written', numberForm] as const]) {
    const groups = new Map<string, string[]>();
    for (const name of names) {
      const key = form(name);
      const group = groups.get(key);
      if (group) group.push(name);
      else groups.set(key, [name]);
    }
    for (const group of groups.values()) {
      const shown = group.map((name) => JSON.stringify(name)).join(' and ');
      if (group.length < 2 || isTold.has(shown)) continue;
      isTold.add(shown);
      warnings.push(`the classes ${shown} differ by ${what} alone and are counted apart; write them alike if they are one`);
    }
  }
  // Beside a plus, a minus is a class.
  const isSign = names.some((name) => blankless(name) === '+');
  for (const name of names) {
    const form = blankless(name).toLowerCase();
    if (missing.has(form) && !(form === '-' && isSign)) warnings.push(`${JSON.stringify(name)} is a class like any other; leave the answer out where it means that there is none`);
  }
  return warnings.length > mostWarnings ? [...warnings.slice(0, mostWarnings), `and ${warnings.length - mostWarnings} more such classes`] : warnings;
}

/** Finds the class that is probably meant by a name which is none; K names are looked through once, not for each name. */
export class NearClasses {
  private readonly forms: { form: (name: string) => string; classes: Map<string, string> }[];

  constructor(classes: readonly string[]) {
    this.forms = [...differences.map(([, form]) => form), numberForm].map((form) => {
      const first = new Map<string, string>();
      for (const name of classes) if (!first.has(form(name))) first.set(form(name), name);
      return { form, classes: first };
    });
  }

  /** Null for none. */
  nearest(name: string): string | null {
    for (const { form, classes } of this.forms) {
      const found = classes.get(form(name));
      if (found !== undefined) return found;
    }
    return null;
  }
}

function blankless(name: string): string {
  return name.trim().replace(/\s+/g, ' ');
}

/** Names that are no number never meet another. */
function numberForm(name: string): string {
  const value = classNumber(name);
  return Number.isNaN(value) ? `name ${name}` : `number ${value + 0}`;
}
