import { FileRefused, type FileRefusalCode } from './fates.js';
import { quoted } from './ledger.js';

/** What a choice is about, for messages and codes. */
interface Kind {
  several: FileRefusalCode;
  none: FileRefusalCode;
  unknown: FileRefusalCode;
  one: string;
  many: string;
  flag: string;
}

const kinds = {
  question: { several: 'SEVERAL_QUESTIONS', none: 'NO_QUESTION', unknown: 'NO_SUCH_QUESTION', one: 'question', many: 'questions', flag: '--question' },
  workflow: { several: 'SEVERAL_WORKFLOWS', none: 'NO_QUESTION', unknown: 'SEVERAL_WORKFLOWS', one: 'workflow', many: 'workflows', flag: '--workflow' },
  project: { several: 'SEVERAL_WORKFLOWS', none: 'NO_QUESTION', unknown: 'SEVERAL_WORKFLOWS', one: 'project', many: 'projects', flag: '--project-id' },
  filter: { several: 'SEVERAL_FILTERS', none: 'NO_QUESTION', unknown: 'SEVERAL_FILTERS', one: 'filter', many: 'filters', flag: '--filter' },
} satisfies Record<string, Kind>;

/**
 * The one thing of a kind that a file has, or the one that was chosen: never a guess between two.
 * @param found what there is, of a file without records nothing
 * @param instead what else is there, for the message of a file that has none
 * @throws FileRefused naming what there is
 */
export function chosen(kind: keyof typeof kinds, found: Iterable<string>, choice: string | undefined, instead = ''): string {
  const { several, none, unknown, one, many, flag } = kinds[kind];
  const names = [...new Set(found)].sort();
  if (choice !== undefined) {
    if (names.includes(choice)) return choice;
    throw new FileRefused(names.length === 0 ? none : unknown, `there is no ${one} ${quoted(choice)}; there ${names.length === 0 ? `is none${instead}` : `are ${listed(names)}`}`, names);
  }
  if (names.length === 0) throw new FileRefused(none, `the file has no ${one} with classes${instead}`);
  if (names.length > 1) throw new FileRefused(several, `the file has ${names.length} ${many}, ${listed(names)}; choose one with ${flag}`, names);
  return names[0]!;
}

/** What names the items of a file, as `chosen`. @param also names that may be chosen, and are offered where there is a choice */
export function chosenInput(found: Iterable<string>, also: readonly string[], choice: string | undefined): string {
  const inputs = [...new Set(found)];
  const names = [...new Set([...inputs, ...also])].sort();
  if (choice !== undefined) {
    if (names.includes(choice)) return choice;
    throw new FileRefused('NO_SUCH_INPUT', `nothing is called ${quoted(choice)} here that could name the items; there are ${listed(names)}`, names);
  }
  if (inputs.length === 1) return inputs[0]!;
  if (inputs.length === 0 && also.length === 1) return also[0]!;
  throw new FileRefused('SEVERAL_INPUTS', `items may be named by ${listed(names, 'or')}; choose with --item-id`, names);
}

/** "a", "b" and "c", with the first 20. */
export function listed(names: readonly string[], word = 'and'): string {
  const all = names.slice(0, 20).map(quoted);
  if (names.length > 20) all.push(`${names.length - 20} more`);
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} ${word} ${all.at(-1)!}`;
}

/** What is wrong with an answer of several classes. */
export function severalClasses(question: string, classes: readonly string[]): string {
  return `${quoted(question)} has ${classes.length} answers, ${listed(classes)}; a vote has one class: import such a question as one project a class, or take another with --question`;
}
