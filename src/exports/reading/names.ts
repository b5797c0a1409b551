import { sqlInteger, type ReadRows } from '../../platform/database/binary-copy-reader.js';
import type { CellValue } from '../../formats/text/writer.js';
import type { DictionaryTable } from '../../projects/code-dictionary.js';

/** Names held over all downloads of a process, by the length of their text. */
const HELD_CHARACTERS = 16 * 2 ** 20;

/** Codes of which at least one in so many is wanted are read as one range: a row passed over costs a fraction of a probe. */
const SPARSEST_RANGE = 4;

const PAGE_BITS = 10;
const PAGE_MASK = 2 ** PAGE_BITS - 1;

/** Ids by code. Codes are dense, so that pages of an array find them faster than a map, and none is hashed. */
class Known {
  private readonly pages: (string | undefined)[][] = [];

  get(code: number): string | undefined {
    return this.pages[code >> PAGE_BITS]?.[code & PAGE_MASK];
  }

  set(code: number, name: string): void {
    (this.pages[code >> PAGE_BITS] ??= [])[code & PAGE_MASK] = name;
  }
}

/** The ids of items and annotators by their codes. A code is given once and never again: what is held stays true. */
export class Names {
  private readonly held = new Map<string, Known>();
  private characters = 0;

  /** In each of the rows the code in this cell gives way to the id that it stands for. */
  async put(projectId: number, table: DictionaryTable, rows: readonly CellValue[][], cell: number, read: ReadRows): Promise<void> {
    const key = `${table} ${projectId}`;
    if (this.characters > HELD_CHARACTERS) this.forget();
    const known = this.held.get(key) ?? new Known();
    this.held.set(key, known);
    const missing: number[] = [];
    let last = -1;
    for (const cells of rows) {
      const code = cells[cell] as number | null;
      // The same one again and again is the rule where votes of an item, or pairs of an annotator, follow each other.
      if (code != null && code !== last && known.get(code) === undefined) missing.push(last = code);
    }
    if (missing.length > 0) await this.learn(projectId, table, Int32Array.from(missing).sort(), known, read);
    for (const cells of rows) {
      const code = cells[cell] as number | null;
      if (code != null) cells[cell] = known.get(code);
    }
  }

  /** @param codes ascending, some of them perhaps more than once */
  private async learn(projectId: number, table: DictionaryTable, codes: Int32Array, known: Known, read: ReadRows): Promise<void> {
    const [first, last] = [codes[0]!, codes.at(-1)!];
    const which = last - first < codes.length * SPARSEST_RANGE ? `code between ${first} and ${last}` : `code = any('{${codes.join(',')}}'::int4[])`;
    await read(`select code, external_id from ${table} where project_id = ${sqlInteger(projectId)} and ${which}`, (rows) => {
      const code = rows.int4();
      const name = rows.text();
      if (known.get(code) !== undefined) return;
      known.set(code, name);
      this.characters += name.length;
    });
  }

  private forget(): void {
    this.held.clear();
    this.characters = 0;
  }
}
