import { Fault } from '../text/fault.js';
import { id, json, number, oneOf, type RowOf, type Table, text, time, wholeNumber } from './table.js';

const item = { aliases: ['task'], required: true as const, read: id };

/** Answers that are no class. */
export const otherOutcomes = ['SKIP', 'UNSURE', 'CANNOT_LABEL'] as const;

export const voteTable = {
  row: 'vote',
  columns: {
    item,
    annotator: { aliases: ['worker', 'performer'], required: true as const, read: id },
    class: { aliases: ['label'], inHeader: true, read: id },
    outcome: { read: oneOf(['CLASS', ...otherOutcomes]) },
    voteId: { read: id },
    time: { read: time },
    durationMs: { read: wholeNumber(0, 2 ** 31 - 1) },
    comment: { read: text(1 << 16) },
    guidelineVersion: { read: id },
  },
  answers: ['class', 'outcome'],
  check: (row) => outcomeFault(row.class != null, (row.outcome ?? 'CLASS') !== 'CLASS'),
} satisfies Table;

/** A vote has a class, or an outcome that is none. */
export function outcomeFault(hasClass: boolean, isOther: boolean): Fault | null {
  if (hasClass !== isOther) return null;
  if (isOther) return new Fault('MALFORMED', `a vote has a class or an outcome such as ${otherOutcomes[0]}, not both`);
  return new Fault('MISSING', `class is missing or empty; give one, or an outcome: ${otherOutcomes.join(', ')}`);
}

export const goldTable = {
  row: 'gold answer',
  columns: { item, class: { aliases: ['label', 'gold'], required: true as const, read: id }, reason: { read: text(1 << 16) } },
} satisfies Table;

/** What is known of annotators beforehand: an accuracy a row, or one pair of a true class and a class voted for. */
export const priorTable = {
  row: 'prior',
  columns: {
    annotator: { aliases: ['worker', 'performer'], required: true as const, read: id },
    accuracy: { read: number(0, 1) },
    votes: { read: number(0, Number.MAX_SAFE_INTEGER) },
    truth: { aliases: ['true_class'], read: id },
    vote: { read: id },
    count: { read: number(0, Number.MAX_SAFE_INTEGER) },
  },
  answers: ['accuracy', 'count'],
  check: ({ accuracy, truth, vote, count }) => {
    const ofPair = [truth, vote, count].filter((value) => value != null).length;
    if (accuracy != null ? ofPair === 0 : ofPair === 3) return null;
    return new Fault('MALFORMED', accuracy != null ? 'a row has an accuracy, or truth, vote and count, not both' : `accuracy is missing or empty${ofPair > 0 ? ', and so is one of truth, vote and count' : ''}; give an accuracy, or truth, vote and count`);
  },
} satisfies Table;

export const itemTable = {
  row: 'item',
  columns: { item: { ...item, aliases: ['task', 'id'] }, payload: { read: json(1 << 20) } },
} satisfies Table;

/** The column of a class's probability. */
export function classColumn(name: string): string {
  return `p_${name}`;
}

/** A model's probabilities in the order of the classes: a list, or a column p_<class> for each. What they must be is for the reader to check. */
export function predictionTable(classes: readonly string[]) {
  return { row: 'prediction', columns: { item }, numbers: { name: 'probabilities', parts: classes.map(classColumn) } } as const satisfies Table;
}

export type VoteRow = RowOf<typeof voteTable>;
export type GoldRow = RowOf<typeof goldTable>;
export type PriorRow = RowOf<typeof priorTable>;
export type ItemRow = RowOf<typeof itemTable>;
export type PredictionTable = ReturnType<typeof predictionTable>;
export type PredictionRow = RowOf<PredictionTable>;
