import type { otherOutcomes } from '../rows/tables.js';
import type { FaultCode } from '../text/fault.js';

/** Why a record is no vote by the platform's own word. */
export const passingReasons = {
  NO_ANSWER: 'the question was not answered',
  DRAFT: 'saved, and never submitted',
  PREDICTION: 'the label of a model; assay import reads it by --predictions spread or votes',
  NO_SCORE: 'the label of a model without a score from 0 to 1',
  REJECTED: 'the requester refused the work; --rejected keep reads it',
  UNFINISHED: 'given out, and not answered',
  TRAINING: 'a training task; --training keep reads it',
  TAINTED: 'the platform stopped to trust the worker; --tainted keep reads it',
  NOT_LIVE: 'answered before the launch, and --live-only was asked for',
  EMPTY_SLOT: 'a place of a page that had no item',
  ABSTAIN: 'a labelling function had no opinion',
  TIE: 'the best two answers were equal',
  GOLD_ONLY: 'a vote, and --gold only was asked for',
} as const;

export type PassingReason = keyof typeof passingReasons;

/** Why a record is refused; those around it are read on. */
export type RefusalCode = FaultCode
  | 'NO_ANNOTATOR' | 'SEVERAL_CLASSES' | 'NOT_A_CLASS' | 'PER_REGION' | 'SEVERAL_SUBJECTS' | 'GOLD_CONFLICT'
  | 'REQUEST_FAILED' | 'TRUNCATED' | 'SEVERAL_ANSWERS' | 'UNKNOWN_CLASS';

/** Why a file as a whole is refused: an option is missing, or there are no votes in it. */
export type FileRefusalCode =
  | 'SEVERAL_QUESTIONS' | 'NO_SUCH_QUESTION' | 'NO_QUESTION' | 'SEVERAL_INPUTS' | 'NO_SUCH_INPUT' | 'SEVERAL_WORKFLOWS' | 'SEVERAL_FILTERS'
  | 'NO_ANNOTATOR' | 'NO_VOTES_IN_FILE' | 'STATUS_MISSING' | 'NOT_CLASSES' | 'OTHER_PLATFORM' | 'OPTION_MISSING';

export class FileRefused extends Error {
  /** @param names what there is to choose from, sorted */
  constructor(
    readonly code: FileRefusalCode,
    message: string,
    readonly names: readonly string[] = [],
  ) {
    super(message);
    this.name = 'FileRefused';
  }
}

export type OtherOutcome = (typeof otherOutcomes)[number];

/** Where a record stands: the file, and its place within. */
export interface Place {
  file: string;
  /** A line from 1, a JSON pointer, both, or what the file itself calls the place. */
  at: string;
}

/** What was answered: a class by its text, or an outcome that is none. */
export type Answer = { class: string } | { outcome: OtherOutcome };

/** An answer as a platform has it; ids are checked when it is taken. */
export interface GivenVote {
  at: string;
  item: string | null;
  annotator: string | null;
  answer: Answer;
  voteId?: string | null;
  /** As it is written; see `momentIn`. */
  time?: string | null;
  durationMs?: number | null;
  comment?: string | null;
  guidelineVersion?: string | null;
}

export interface GivenPrediction {
  at: string;
  item: string | null;
  model: string;
  version: string;
  /** A class with its score, the others share the rest; or a probability for each class, in the order of the classes. */
  score: { class: string; score: number } | { probabilities: number[] };
}

/** What a platform's reader tells of a file, record by record. */
export interface Fates {
  vote(vote: GivenVote): void;
  gold(gold: { at: string; item: string | null; class: string; reason?: string | null }): void;
  prediction(prediction: GivenPrediction): void;
  /** @param payload the item's data; told once an item or many times, the first stands */
  item(item: { at: string; item: string | null; payload: unknown }): void;
  pass(at: string, reason: PassingReason): void;
  refuse(at: string, code: RefusalCode, message: string): void;
  /** What the caller should know of the file, told once. */
  note(message: string): void;
}

/** What became of one record. */
export type Fate =
  | ({ fate: 'vote' } & Place & TakenVote)
  | ({ fate: 'gold' } & Place & { item: string; class: string; reason: string | null })
  | ({ fate: 'prediction' } & Place & { item: string; model: string; version: string; score: GivenPrediction['score'] })
  | ({ fate: 'item' } & Place & { item: string; payload: unknown })
  | ({ fate: 'passed' } & Place & { reason: PassingReason })
  | ({ fate: 'refused' } & Place & { code: RefusalCode; message: string });

export type FateOf<Kind extends Fate['fate']> = Extract<Fate, { fate: Kind }>;

export interface TakenVote {
  item: string;
  annotator: string;
  class: string | null;
  outcome: OtherOutcome | null;
  voteId: string | null;
  /** ms since 1970 */
  time: number | null;
  durationMs: number | null;
  comment: string | null;
  guidelineVersion: string | null;
}
