import { sqlInteger, type ReadRows } from '../../platform/database/binary-copy-reader.js';
import type { DictionaryTable } from '../../projects/code-dictionary.js';

/** Names held over all downloads of a process, by the length of their text. */
const HELD_CHARACTERS = 16 * 2 ** 20;

/** Pages of which at least one name in so many is wanted are read whole: a row passed over costs a fraction of a probe. */
const SPARSEST_PAGE = 4;

const PAGE_BITS = 10;
const PAGE_CODES = 2 ** PAGE_BITS;

/** Stands between names that come as one text: a character which ids hardly have. */
const BETWEEN = '\u0001';

/** The names of a page's first codes, none left out, as one text: it costs memory and its collector far less than a string each. */
interface Page {
  text: string;
  /** Where each of them ends. */
  ends: Int32Array;
}

/** Names by code. */
export class Known {
  /** Codes are dense, so that pages find them faster than a map. */
  private readonly pages: (Page | undefined)[] = [];
  private readonly others = new Map<number, string>();

  get(code: number): string | undefined {
    const page = this.pages[code >> PAGE_BITS];
    const place = code & (PAGE_CODES - 1);
    if (!page || place >= page.ends.length) return this.others.get(code);
    return page.text.slice(place === 0 ? 0 : page.ends[place - 1]! + 1, page.ends[place]);
  }

  /**
   * @param first page @param text the names of `count` codes from its first one on
   * @returns whether they were told apart: not where a name has the character between them
   */
  setPages(first: number, text: string, count: number): boolean {
    const pages: Page[] = [];
    let at = 0;
    for (let left = count; left > 0; left -= PAGE_CODES) {
      const from = at;
      const ends = new Int32Array(Math.min(left, PAGE_CODES));
      for (let place = 0; place < ends.length; place++) {
        const end = text.indexOf(BETWEEN, at);
        const to = end < 0 ? text.length : end;
        ends[place] = to - from;
        at = to + 1;
      }
      pages.push({ text: text.slice(from, at - 1), ends });
    }
    if (at !== text.length + 1) return false;
    pages.forEach((page, i) => (this.pages[first + i] = page));
    return true;
  }

  set(code: number, name: string): void {
    this.others.set(code, name);
  }
}

/** The ids of items and annotators by their codes. A code is given once and never again: what is held stays true, until an annotator is erased. */
export class Names {
  private readonly held = new Map<string, { known: Known; erasures: number }>();
  private characters = 0;

  /** Ids by code, those of these codes among them. @param erasures how many annotators were erased before: nothing is taken from what was known under fewer */
  async of(projectId: number, table: DictionaryTable, codes: readonly (number | null)[], read: ReadRows, erasures = 0): Promise<Known> {
    const key = `${table} ${projectId}`;
    if (this.characters > HELD_CHARACTERS) this.forget();
    const held = this.held.get(key);
    const known = held && held.erasures >= erasures ? held.known : new Known();
    if (known !== held?.known) this.held.set(key, { known, erasures });
    const missing: number[] = [];
    let last = -1;
    for (const code of codes) {
      // The same one again and again is the rule where votes of an item, or pairs of an annotator, follow each other.
      if (code != null && code !== last && known.get(code) === undefined) missing.push(last = code);
    }
    if (missing.length > 0) await this.learn(`from ${table} where project_id = ${sqlInteger(projectId)} and`, Int32Array.from(missing).sort(), known, read);
    return known;
  }

  /** @param codes ascending, some of them perhaps more than once */
  private async learn(from: string, codes: Int32Array, known: Known, read: ReadRows): Promise<void> {
    const pages: [first: number, last: number] = [codes[0]! >> PAGE_BITS, codes.at(-1)! >> PAGE_BITS];
    if ((pages[1] + 1 - pages[0]) * PAGE_CODES <= codes.length * SPARSEST_PAGE && await this.learnPages(from, pages, known, read)) return;
    await read(`select code, external_id ${from} code = any('{${codes.join(',')}}'::int4[])`, (rows) => {
      const code = rows.int4();
      const name = rows.text();
      this.characters += name.length;
      known.set(code, name);
    });
  }

  /**
   * Whole pages as one text: row by row names cost Node four times the processor time.
   * @returns false where that cannot be: codes are missing, as only those do that somebody took away by hand, or a name has the character between them
   */
  private async learnPages(from: string, [first, last]: [number, number], known: Known, read: ReadRows): Promise<boolean> {
    const [low, high] = [first * PAGE_CODES, (last + 1) * PAGE_CODES - 1];
    let isWhole = false;
    await read(
      `select count(*)::int4, max(code), string_agg(external_id, chr(1)) from (select code, external_id ${from} code between ${low} and ${high} order by code) named`,
      (rows) => {
        const count = rows.int4();
        if (count === 0 || rows.int4() !== low + count - 1) return;
        const text = rows.text();
        isWhole = known.setPages(first, text, count);
        if (isWhole) this.characters += text.length;
      },
    );
    return isWhole;
  }

  private forget(): void {
    this.held.clear();
    this.characters = 0;
  }
}
