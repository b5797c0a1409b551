import { sqlInteger, type CopyRows } from '../../platform/database/binary-copy-reader.js';
import type { DictionaryTable } from '../../projects/code-dictionary.js';

/** Names held over all downloads of a process, by the length of their text. */
const HELD_CHARACTERS = 16 * 2 ** 20;

/** Codes of which at least one in so many is wanted are read as one range: a row passed over costs a fraction of a probe. */
const SPARSEST_RANGE = 4;

/** One statement's rows, each shown to `take`. */
export type ReadRows = (query: string, take: (rows: CopyRows) => void) => Promise<void>;

/** The ids of items and annotators by their codes. A code is given once and never again: what is held stays true. */
export class Names {
  private readonly held = new Map<string, Map<number, string>>();
  private characters = 0;

  /** @returns the ids of at least these codes, by code. It is the caller's until the next call. */
  async of(projectId: number, table: DictionaryTable, codes: ReadonlySet<number>, read: ReadRows): Promise<ReadonlyMap<number, string>> {
    const key = `${table} ${projectId}`;
    if (this.characters > HELD_CHARACTERS) this.forget();
    const known = this.held.get(key) ?? new Map<number, string>();
    this.held.set(key, known);
    const missing = Int32Array.from([...codes].filter((code) => !known.has(code))).sort();
    if (missing.length === 0) return known;
    const [first, last] = [missing[0]!, missing.at(-1)!];
    const which = last - first < missing.length * SPARSEST_RANGE ? `code between ${first} and ${last}` : `code = any('{${missing.join(',')}}'::int4[])`;
    await read(`select code, external_id from ${table} where project_id = ${sqlInteger(projectId)} and ${which}`, (rows) => {
      const code = rows.int4();
      const name = rows.text();
      known.set(code, name);
      this.characters += name.length;
    });
    return known;
  }

  private forget(): void {
    this.held.clear();
    this.characters = 0;
  }
}
