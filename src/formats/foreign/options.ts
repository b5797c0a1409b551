import { JsonFault } from '../text/json-cursor.js';
import { parseJson } from './json.js';

/** How an option is written: `map` is a CSV file with a header and two columns, or a list a=b,c=d; `json` a file of JSON. */
export type ImportOptionKind = 'text' | 'list' | 'flag' | 'map' | 'json' | readonly string[];

export interface ImportOptionSpec {
  name: keyof ImportOptions;
  kind: ImportOptionKind;
  /** What is written in its place. */
  takes?: string;
  doc: string;
  /** Whether every platform heeds it. */
  common?: true;
}

/** What may be said about a file of another platform. */
export interface ImportOptions {
  question?: string;
  itemId?: string;
  annotatorId?: string;
  annotator?: string;
  annotators?: ReadonlyMap<string, string>;
  classMap?: ReadonlyMap<string, string>;
  classes?: readonly string[];
  unsure?: readonly string[];
  skip?: readonly string[];
  cannot?: readonly string[];
  predictions?: 'ignore' | 'spread' | 'votes';
  gold?: 'read' | 'ignore' | 'only';
  rejected?: 'drop' | 'keep';
  tainted?: 'drop' | 'keep';
  training?: 'drop' | 'keep';
  workflow?: string;
  filter?: string;
  projectId?: string;
  dataset?: string;
  pair?: ReadonlyMap<string, string>;
  statusMissing?: 'submitted';
  emptyClass?: string;
  subjects?: 'joined';
  liveOnly?: boolean;
  labels?: string;
  choices?: 'all';
  annotatorColumns?: readonly string[];
  goldColumn?: string;
  missing?: readonly string[];
  noHeader?: boolean;
  classColumns?: readonly string[];
  cannotColumn?: string;
  abstain?: string;
  firstClass?: string;
}

/** THE OPTIONS of importing, a line each: flags of the command line by their names with hyphens, parameters of requests as they stand. */
export const importOptionSpecs: readonly ImportOptionSpec[] = [
  { name: 'question', kind: 'text', takes: 'name', doc: 'which question is read, where a file has several; outer/inner for one within another' },
  { name: 'itemId', kind: 'text', takes: 'field', doc: 'what names the items, where it is not what the platform itself calls them' },
  { name: 'annotatorId', kind: 'text', takes: 'field', doc: 'what names the annotators, where there is a choice' },
  { name: 'annotator', kind: 'text', takes: 'name', doc: 'who gave the answers that name nobody; of files that are one person\'s, in the place of the file\'s name', common: true },
  { name: 'annotators', kind: 'map', takes: 'file', doc: 'other names for annotators', common: true },
  { name: 'classMap', kind: 'map', takes: 'file', doc: 'other names for classes; a file that is not there is written with the classes that the project lacks', common: true },
  { name: 'classes', kind: 'list', takes: 'list', doc: 'the classes in their order, instead of the project\'s', common: true },
  { name: 'unsure', kind: 'list', takes: 'list', doc: 'answers that mean UNSURE', common: true },
  { name: 'skip', kind: 'list', takes: 'list', doc: 'answers that mean SKIP', common: true },
  { name: 'cannot', kind: 'list', takes: 'list', doc: 'answers that mean CANNOT_LABEL', common: true },
  { name: 'predictions', kind: ['ignore', 'spread', 'votes'], doc: 'what becomes of labels of models: nothing (the default), predictions with the rest of the score spread over the other classes, or votes of model:NAME' },
  { name: 'gold', kind: ['read', 'ignore', 'only'], doc: 'what becomes of gold answers: read is the default; ignore makes those that people gave votes, only reads nothing else', common: true },
  { name: 'rejected', kind: ['drop', 'keep'], doc: 'what becomes of work that was refused: nothing (the default), or votes' },
  { name: 'tainted', kind: ['drop', 'keep'], doc: 'what becomes of answers of workers whom the platform stopped to trust: nothing (the default), or votes' },
  { name: 'training', kind: ['drop', 'keep'], doc: 'what becomes of answers to training tasks: nothing (the default), or votes' },
  { name: 'workflow', kind: 'text', takes: 'id', doc: 'which workflow is read, where a file has several' },
  { name: 'filter', kind: 'text', takes: 'name', doc: 'which filter of the answers is read, where a file has several' },
  { name: 'projectId', kind: 'text', takes: 'id', doc: 'which project of the platform is read, where a file has several' },
  { name: 'dataset', kind: 'text', takes: 'name', doc: 'the data set whose name and hyphen stand before each annotator\'s, to be taken off' },
  { name: 'pair', kind: 'map', takes: 'list', doc: 'several items a page: which input goes with which question, Input.a=q_a,Input.b=q_b' },
  { name: 'statusMissing', kind: ['submitted'], doc: 'take answers without a status for submitted' },
  { name: 'emptyClass', kind: 'text', takes: 'class', doc: 'the class of an answer that chose none of several' },
  { name: 'subjects', kind: ['joined'], doc: 'take several subjects that were shown together for one item' },
  { name: 'liveOnly', kind: 'flag', doc: 'pass over what was answered before the launch' },
  { name: 'labels', kind: 'json', takes: 'file', doc: 'the file with the names of labels that are numbers' },
  { name: 'choices', kind: ['all'], doc: 'take each of several answers of one request for a vote' },
  { name: 'annotatorColumns', kind: 'list', takes: 'list', doc: 'the columns that are annotators; ann_* for all that begin so' },
  { name: 'goldColumn', kind: 'text', takes: 'column', doc: 'the column of gold answers' },
  { name: 'missing', kind: 'list', takes: 'list', doc: 'cells that are no answer; empty, NA, N/A, nan, NaN, null, None where left out' },
  { name: 'noHeader', kind: 'flag', doc: 'the first line is a row like another; items and columns are numbered from 1' },
  { name: 'classColumns', kind: 'list', takes: 'list', doc: 'the columns that are classes' },
  { name: 'cannotColumn', kind: 'text', takes: 'column', doc: 'the column that is true for CANNOT_LABEL' },
  { name: 'abstain', kind: 'text', takes: 'number', doc: 'the number of a function without an opinion; -1 where left out' },
  { name: 'firstClass', kind: 'text', takes: 'number', doc: 'the number of the first class; 0 where left out' },
];

/** The platform of a file, and what was said about it, as commands and requests write it. */
export function importOptions(given: Readonly<Record<string, unknown>>): ImportOptions {
  return Object.fromEntries(importOptionSpecs.flatMap(({ name, kind }) => {
    const value = given[name];
    return value == null ? [] : [[name, typed(name, kind, value)]];
  }));
}

/** @throws RangeError naming the option, its value and what it may be */
function typed(name: string, kind: ImportOptionKind, value: unknown): unknown {
  if (kind === 'flag') {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw new RangeError(`${name} is ${JSON.stringify(value)}; it is true or false`);
  }
  if (kind === 'list' && Array.isArray(value)) return value;
  if (kind === 'map' && value instanceof Map) return value;
  if (typeof value !== 'string') throw new RangeError(`${name} must be a text`);
  if (kind === 'list') return listIn(name, value);
  if (kind === 'map') return pairsIn(name, value);
  if (kind === 'json') requireJson(name, value);
  if (typeof kind === 'object' && !kind.includes(value)) throw new RangeError(`${name} is ${JSON.stringify(value)}; it is ${kind.join(' or ')}`);
  return value;
}

/** Values separated by commas, or a JSON list where one has a comma. An empty text is a list of one empty value. */
function listIn(name: string, value: string): string[] {
  if (!value.startsWith('[')) return value.split(',');
  const list = parsed(value);
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
  throw new RangeError(`${name} is ${JSON.stringify(value)}; it is a list such as a,b, or ["a","b"]`);
}

/** a=b,c=d, or a JSON object where a name has a comma or an equals sign. */
function pairsIn(name: string, value: string): Map<string, string> {
  const object = value.startsWith('{') ? parsed(value) : null;
  const pairs = object ? Object.entries(object) : value.split(',').map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))), pair.slice(pair.indexOf('=') + 1)] as const);
  const isSound = pairs.every(([from, to]) => from !== '' && typeof to === 'string' && to !== '') && new Set(pairs.map(([from]) => from)).size === pairs.length;
  if (!isSound) throw new RangeError(`${name} is ${JSON.stringify(value)}; it is a list such as a=b,c=d, or {"a":"b"}, each name once`);
  return new Map(pairs as [string, string][]);
}

function requireJson(name: string, text: string): void {
  try {
    parseJson(text);
  } catch (fault) {
    if (fault instanceof JsonFault) throw new RangeError(`${name} is no JSON: ${fault.message}`);
    throw fault;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The flag of the command line for an option. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
