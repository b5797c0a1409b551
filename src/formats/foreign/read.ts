import { FormatError } from '../text/fault.js';
import { plainBytes } from '../text/plain-bytes.js';
import { type Scanner, scanning } from '../text/scanner.js';
import { type Fate, FileRefused } from './fates.js';
import { JsonScanner } from './json-scanner.js';
import { Ledger } from './ledger.js';
import type { ImportOptions } from './options.js';
import { type Beginning, type FileForm, type ForeignFile, formNames, type Platform, type PlatformReader } from './platform.js';
import { type ForeignRecord, RecordFault, type RecordTaker } from './record.js';
import { TableRows } from './table-scanner.js';
import { XmlScanner } from './xml.js';

/** Of a record, in bytes: a task with all of its answers. */
const longestRecord = 1 << 24;
/** Files that are no text, by their first bytes, and what to do about them. */
const binaries: readonly (readonly [mark: string, remedy: string])[] = [
  ['PK\x03\x04', 'the file is a zip; unpack it, and give the file within'],
  ['PAR1', 'the file is Parquet; write it as JSON, a record a line (pandas: to_json(path, orient="records", lines=True); datasets: to_json(path))'],
  ['\x93NUMPY', 'the file is a NumPy array; write it as CSV: numpy.savetxt(path, L, fmt="%d", delimiter=",")'],
];

/** The form of a file by its first bytes. @throws FormatError for what is no text */
function formOf(head: Buffer): FileForm {
  const binary = binaries.find(([mark]) => head.toString('latin1', 0, mark.length) === mark);
  if (binary) throw new FormatError(binary[1], 1);
  const first = head.toString('latin1', 0, 4096).trimStart()[0];
  return first === '{' || first === '[' ? 'json' : first === '<' ? 'xml' : 'table';
}

/** Passes the records of a file to `taker`; yields between steps, so that what it made of them can be handed on. */
async function* records(file: ForeignFile, platform: Pick<Platform, 'lists' | 'table' | 'forms' | 'title'>, options: ImportOptions, taker: RecordTaker, maxUnpackedBytes?: number): AsyncGenerator<void> {
  const shape = typeof platform.table === 'function' ? platform.table(options) : platform.table ?? {};
  const scannerFor = (head: Buffer): Scanner => {
    const form = formOf(head);
    if (!platform.forms.includes(form)) {
      throw new FileRefused('OTHER_PLATFORM', `files of ${platform.title} are ${platform.forms.map((one) => formNames[one]).join(' or ')}, and this begins as ${formNames[form]} does; --from auto tells whose it is`);
    }
    if (form === 'json') return new JsonScanner(head, platform.lists ?? [], taker);
    return form === 'xml' ? new XmlScanner(taker) : TableRows.scanner(shape, taker);
  };
  for await (const _ of scanning(plainBytes(file.open(), undefined, maxUnpackedBytes), {}, scannerFor, longestRecord)) yield;
}

/** How a file begins; null for one without a record. @throws FormatError, FileRefused */
export async function beginningOf(file: ForeignFile, lists: readonly string[]): Promise<Beginning | null> {
  let beginning: Beginning | null = null;
  const taker: RecordTaker = {
    columns: (columns) => { beginning ??= { form: 'table', columns }; },
    record(record) {
      if (record.kind === 'json') beginning ??= { form: 'json', value: record.value, at: record.at };
      else if (record.kind === 'xml') beginning ??= { form: 'xml', element: record.element };
    },
    bad: () => undefined,
  };
  for await (const _ of records(file, { lists, forms: ['table', 'json', 'xml'], title: '' }, {}, taker)) if (beginning) break;
  return beginning;
}

/** Files of one platform, of one project. */
export class ForeignFiles {
  private readonly reader: PlatformReader;
  private chosen = false;

  /**
   * @param classes those of the project, in order; null where all that come will do
   * @throws RangeError for an option that the platform does not heed, or one that it needs
   */
  constructor(
    readonly platform: Platform,
    private readonly files: readonly ForeignFile[],
    private readonly options: ImportOptions,
    private readonly classes: readonly string[] | null,
    private readonly maxUnpackedBytes?: number,
  ) {
    this.reader = platform.open(options, classes);
  }

  /**
   * What becomes of each record, in the order of the files; each call reads them anew.
   * @param onEnd told at the end what the caller should know
   * @throws FaultInFile, after what was told before the place of the fault
   */
  async *fates(onEnd?: (told: Pick<Ledger, 'notes' | 'unknownClasses'>) => void): AsyncGenerator<Fate[]> {
    await this.choose();
    const ledger = new Ledger(this.options, this.classes && new Set(this.classes));
    for (const file of this.files) {
      ledger.file = file.path;
      yield* this.pass(file, ledger, (record) => this.reader.record(record, ledger));
    }
    onEnd?.(ledger);
  }

  private async choose(): Promise<void> {
    const { reader } = this;
    if (this.chosen) return;
    if (reader.look) {
      const unheard = new Ledger(this.options, null);
      for (const file of this.files) for await (const _ of this.pass(file, unheard, (record) => reader.look!(record))) unheard.take();
    }
    try {
      reader.choose?.();
    } catch (fault) {
      throw inFile(this.files[0]!, fault);
    }
    this.chosen = true;
  }

  private async *pass(file: ForeignFile, ledger: Ledger, take: (record: ForeignRecord) => void): AsyncGenerator<Fate[]> {
    let hasBegun = false;
    const begin = (columns: readonly string[] | null) => {
      if (!hasBegun) this.reader.begin?.(file, columns, ledger);
      hasBegun = true;
    };
    const taker: RecordTaker = {
      columns: begin,
      record(record) {
        begin(null);
        try {
          take(record);
        } catch (fault) {
          if (!(fault instanceof RecordFault)) throw fault;
          ledger.refuse(record.at, fault.code, fault.message);
        }
      },
      bad: (at, code, message) => ledger.refuse(at, code, message),
    };
    const steps = records(file, this.platform, this.options, taker, this.maxUnpackedBytes);
    let fault: unknown = null;
    try {
      for await (const _ of steps) {
        const fates = ledger.take();
        if (fates.length > 0) yield fates;
      }
    } catch (thrown) {
      fault = thrown;
    }
    // What stood before the place where the file breaks is told.
    const rest = ledger.take();
    if (rest.length > 0) yield rest;
    if (fault !== null) throw inFile(file, fault);
  }
}

/** A fault of a file, with the file. */
export class FaultInFile extends Error {
  constructor(
    readonly file: string,
    readonly fault: FileRefused | FormatError,
  ) {
    super(`${file}: ${fault.message}`);
    this.name = 'FaultInFile';
  }
}

function inFile(file: ForeignFile, fault: unknown): unknown {
  return fault instanceof FileRefused || fault instanceof FormatError ? new FaultInFile(file.path, fault) : fault;
}
