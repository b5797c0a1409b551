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

/** The ids of some rows in the order of their codes, as one text: row by row they cost Node three times the processor time. No id has a NUL. */
async function readRange(from: string, read: ReadRows): Promise<string[]> {
  let names: string[] = [];
  await read(`select string_agg(convert_to(external_id, 'UTF8'), '\\x00'::bytea order by code) ${from}`, (rows) => {
    if (!rows.isNull()) names = rows.raw().toString('utf8').split('\0');
  });
  return names;
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
    const of = `from ${table} where project_id = ${sqlInteger(projectId)} and`;
    const keep = (code: number, name: string) => {
      if (known.get(code) !== undefined) return;
      known.set(code, name);
      this.characters += name.length;
    };
    if (last - first < codes.length * SPARSEST_RANGE) {
      const names = await readRange(`${of} code between ${first} and ${last}`, read);
      // Codes have no gaps, unless somebody took rows away by hand.
      if (names.length === last - first + 1) return names.forEach((name, i) => keep(first + i, name));
    }
    await read(`select code, external_id ${of} code = any('{${codes.join(',')}}'::int4[])`, (rows) => keep(rows.int4(), rows.text()));
  }

  private forget(): void {
    this.held.clear();
    this.characters = 0;
  }
}
