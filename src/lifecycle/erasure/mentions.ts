import { excerpt } from '../../platform/text.js';

/** A shorter id is a word of many texts: there it counts only where it is quoted, as in all that the service says of it, or the whole text. */
const LEAST_OF_WORDS = 3;

/** Finds a person's id in what was written about them, and puts another in its place. */
export class Mentions {
  /** Stands in every text, as JSON writes it, that names the id: a part of it, where messages would show no more. */
  readonly needle: string;
  private readonly quoted: readonly string[];
  private readonly word: RegExp | null;

  constructor(private readonly id: string, private readonly pseudonym: string) {
    const shown = excerpt(id);
    this.quoted = [...new Set([JSON.stringify(id), shown])];
    this.needle = shown.slice(1).replace(shown === JSON.stringify(id) ? /"$/ : /\.\.\.$/, '').replace(/\\+(u[0-9a-f]{0,3})?$/, '');
    this.word = id.length < LEAST_OF_WORDS ? null : new RegExp(`(?<![\\p{L}\\p{N}_])${id.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, 'gu');
  }

  in(text: string): string {
    if (text === this.id) return this.pseudonym;
    let named = text;
    for (const quoted of this.quoted) named = named.replaceAll(quoted, () => JSON.stringify(this.pseudonym));
    return this.word ? named.replace(this.word, () => this.pseudonym) : named;
  }

  /** In all texts of a value, names of fields too. */
  inJson(value: unknown): unknown {
    if (typeof value === 'string') return this.in(value);
    if (Array.isArray(value)) return value.map((one) => this.inJson(one));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [this.in(name), this.inJson(one)]));
  }
}
