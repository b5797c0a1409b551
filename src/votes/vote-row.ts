import { excerpt, textFault } from '../platform/text.js';
import { ClassNames } from '../projects/class-names.js';

/** What an annotator did: named a class, or said why not. The numbers are those of the votes table. */
export const outcomes = ['CLASS', 'SKIP', 'UNSURE', 'CANNOT_LABEL'] as const;
export type Outcome = (typeof outcomes)[number];

/** One row as a caller sends it, from GraphQL or a bulk file. */
export interface VoteRow {
  item: string;
  annotator: string;
  class?: string | null;
  outcome?: Outcome | null;
  voteId?: string | null;
  time?: Date | null;
  durationMs?: number | null;
  comment?: string | null;
  guidelineVersion?: string | null;
}

export interface RowFault {
  code: string;
  message: string;
}

const COMMENT_BYTES = 10_000;
const MAX_INT4 = 2_147_483_647;
/** timestamptz's own range is wider; whatever lies outside these years is a unit mistaken (seconds for milliseconds, say). */
const FIRST_TIME = Date.parse('1970-01-01T00:00:00Z');
const LAST_TIME = Date.parse('2200-01-01T00:00:00Z');

/** A name for which votes are refused though a class is all but called so. */
export interface NearMiss {
  /** Of the first row that has it. */
  index: number;
  message: string;
}

/** Checks rows against a project's classes. */
export class VoteRowCheck {
  private readonly classes: ClassNames;
  /** Refused names, each with its first row and the class that is probably meant. */
  private readonly refused = new Map<string, { index: number; near: string | null }>();

  constructor(classes: readonly string[]) {
    this.classes = new ClassNames(classes);
  }

  /** The class's index; -1 for an outcome without one. Call only for rows without a fault. */
  indexOf(row: VoteRow): number {
    return row.class == null ? -1 : this.classes.indexOf(row.class)!;
  }

  /** @param index the row's place in the call */
  fault(row: VoteRow, index: number): RowFault | null {
    return this.answerFault(row, index) ?? idFault('item', row.item) ?? idFault('annotator', row.annotator) ?? extrasFault(row);
  }

  private answerFault(row: VoteRow, index: number): RowFault | null {
    const outcome = row.outcome ?? 'CLASS';
    if (!outcomes.includes(outcome)) {
      return { code: 'UNKNOWN_OUTCOME', message: `outcome ${excerpt(outcome)} is not among ${outcomes.join(', ')}` };
    }
    if (outcome !== 'CLASS') {
      if (row.class == null) return null;
      return { code: 'CLASS_WITH_OUTCOME', message: `class ${excerpt(row.class)} came with the outcome ${outcome}; send one of the two` };
    }
    if (row.class == null) {
      return { code: 'CLASS_MISSING', message: 'there is no class; name one, or an outcome of SKIP, UNSURE or CANNOT_LABEL' };
    }
    if (this.classes.indexOf(row.class) !== undefined) return null;
    const known = this.refused.get(row.class) ?? { index, near: this.classes.nearest(row.class) };
    this.refused.set(row.class, known);
    return { code: 'UNKNOWN_CLASS', message: this.classes.refusal(row.class, known.near) };
  }

  /** What the rows so far say of classes that are all but the project's; told once a name. */
  nearMisses(): NearMiss[] {
    return [...this.refused].flatMap(([name, { index, near }]) => (near === null ? [] : [{
      index, message: `votes for ${excerpt(name)} are refused: it is no class of the project, and ${excerpt(near)} is; write them alike if they are one`,
    }]));
  }
}

function idFault(name: string, id: string): RowFault | null {
  const fault = textFault(id);
  return fault ? { code: 'INVALID_ID', message: `${name} ${excerpt(id)}: ${fault}` } : null;
}

function extrasFault(row: VoteRow): RowFault | null {
  for (const [name, limit] of [['voteId', 1024], ['guidelineVersion', 1024], ['comment', COMMENT_BYTES]] as const) {
    const value = row[name];
    const fault = value == null ? null : textFault(value, limit);
    if (fault) return { code: `INVALID_${name === 'voteId' ? 'VOTE_ID' : name === 'comment' ? 'COMMENT' : 'GUIDELINE_VERSION'}`, message: `${name} ${excerpt(value)}: ${fault}` };
  }
  if (row.durationMs != null && !(Number.isInteger(row.durationMs) && row.durationMs >= 0 && row.durationMs <= MAX_INT4)) {
    return { code: 'INVALID_DURATION', message: `durationMs ${row.durationMs} is not a whole number from 0 to ${MAX_INT4}` };
  }
  if (row.time != null && !(row.time.getTime() >= FIRST_TIME && row.time.getTime() < LAST_TIME)) {
    return { code: 'INVALID_TIME', message: `time ${Number.isNaN(row.time.getTime()) ? 'is no date' : row.time.toISOString()}: give a moment from 1970 to 2199` };
  }
  return null;
}
