import { severalClasses } from './choosing.js';
import type { Answer, GivenPrediction, Fates } from './fates.js';
import { type Json, numberOf, shownJson, written } from './json.js';
import { quoted } from './ledger.js';
import type { ImportOptions } from './options.js';
import { RecordFault } from './record.js';

/** The class that was chosen of several; null for none. @throws RecordFault for more than one */
export function oneOf(question: string, classes: readonly string[]): string | null {
  if (classes.length > 1) throw new RecordFault('SEVERAL_CLASSES', severalClasses(question, classes));
  return classes[0] ?? null;
}

/** Texts, numbers and truth values of a list as they are written; one value counts as a list of it. @throws RecordFault for what is no class */
export function classesIn(question: string, value: Json | undefined): string[] {
  const values = Array.isArray(value) ? value : value == null ? [] : [value];
  return values.map((one) => {
    const text = written(one);
    if (text === null) throw notAClass(question, one);
    return text;
  });
}

export function notAClass(question: string, value: Json | undefined): RecordFault {
  return new RecordFault('NOT_A_CLASS', `the answer to ${quoted(question)} is no class, ${shownJson(value)}; only choices can be voted on`);
}

/** A vote for a class, or NO_ANSWER where there is none. */
export function voteOrPass(fates: Fates, vote: Omit<Parameters<Fates['vote']>[0], 'answer'>, chosen: string | null): void {
  if (chosen === null) fates.pass(vote.at, 'NO_ANSWER');
  else fates.vote({ ...vote, answer: { class: chosen } });
}

/** What becomes of a model's label, by `--predictions`. @param score of the class, 0 to 1; null where the file has none */
export function modelLabel(
  fates: Fates, { predictions = 'ignore' }: ImportOptions, { at, item, model, version, answer, score }: Omit<GivenPrediction, 'score'> & { answer: string | null; score: number | null },
): void {
  if (answer === null) return fates.pass(at, predictions === 'ignore' ? 'PREDICTION' : 'NO_ANSWER');
  if (predictions === 'votes') return fates.vote({ at, item, annotator: `model:${version}`, answer: { class: answer } satisfies Answer });
  if (predictions === 'ignore') return fates.pass(at, 'PREDICTION');
  if (score === null || !(score >= 0 && score <= 1)) return fates.pass(at, 'NO_SCORE');
  fates.prediction({ at, item, model, version, score: { class: answer, score } });
}

/** Seconds as ms; null for what is no number. */
export function secondsOf(value: Json | undefined): number | null {
  const seconds = numberOf(value);
  return seconds === null ? null : seconds * 1000;
}
