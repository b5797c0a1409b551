import { Dictionary, viewOf } from './rows/dictionary.js';
import { otherOutcomes } from './rows/tables.js';
import type { FateOf } from './foreign/fates.js';
import { Order, type Survey } from './foreign/in-order.js';
import type { ForeignFiles } from './foreign/read.js';
import type { VoteFile } from './vote-columns.js';

/** The refused records that are told one by one. */
const TOLD = 20;

/** Votes of files of another platform, as `readVoteColumns` has them, and what became of all records. */
export interface ForeignVoteFile {
  file: VoteFile;
  survey: Survey;
  /** The first refused records, and what the reader noted, each with how often. */
  refused: FateOf<'refused'>[];
  notes: ReadonlyMap<string, number>;
}

/**
 * Reads votes for a computation on this machine.
 * @throws FaultInFile for a file that is refused, or that cannot be read on
 */
export async function readForeignVotes(foreign: ForeignFiles): Promise<ForeignVoteFile> {
  const order = new Order();
  const refused: FateOf<'refused'>[] = [];
  let notes: ReadonlyMap<string, number> = new Map();
  const columns = [new Column(), new Column(), new Column()] as const;
  const times: number[] = [];
  let hasTimes = false;
  for await (const fates of foreign.fates((told) => { notes = told.notes; })) {
    order.see(fates);
    for (const fate of fates) {
      if (fate.fate === 'refused' && refused.length < TOLD) refused.push(fate);
      if (fate.fate !== 'vote') continue;
      columns[0].add(fate.item);
      columns[1].add(fate.annotator);
      if (fate.class === null) columns[2].push(-1 - otherOutcomes.indexOf(fate.outcome!));
      else columns[2].add(fate.class);
      times.push(fate.time ?? NaN);
      hasTimes ||= fate.time !== null;
    }
  }
  const [items, annotators, classes] = columns;
  const { survey } = order;
  return {
    file: {
      items: items.codes(), annotators: annotators.codes(), classes: classes.codes(), times: hasTimes ? Float64Array.from(times) : null,
      itemIds: items.ids, annotatorIds: annotators.ids, classIds: classes.ids, unanswered: 0, emptyRows: 0, lostTimes: 0, firstLostTime: null, unread: [],
    },
    survey, refused, notes,
  };
}

/** Codes of one column, and the ids that they stand for. */
class Column {
  readonly ids = new Dictionary();
  private readonly list: number[] = [];
  private readonly start = new Int32Array(1);
  private readonly end = new Int32Array(1);
  private readonly code = new Int32Array(1);

  add(id: string): void {
    const bytes = Buffer.from(id);
    this.end[0] = bytes.length;
    this.ids.encode(viewOf(bytes), this.start, this.end, 1, this.code, 0);
    this.list.push(this.code[0]!);
  }

  push(code: number): void {
    this.list.push(code);
  }

  codes(): Int32Array {
    return Int32Array.from(this.list);
  }
}
