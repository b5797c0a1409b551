import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Fate, FateOf, PassingReason } from '../formats/foreign/fates.js';
import { Order, type Survey } from '../formats/foreign/in-order.js';
import type { ForeignFiles } from '../formats/foreign/read.js';
import { GoldService } from '../gold/gold.service.js';
import { ItemsService } from '../items/items.service.js';
import { RowStatus, ROWS_PER_CALL, type RowResult } from '../platform/row-result.js';
import { Transactions } from '../platform/database/transaction.js';
import type { PredictionRow } from '../predictions/prediction-row.js';
import { PredictionsService } from '../predictions/predictions.service.js';
import type { Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { readAnswers, VoteStatus } from '../votes/vote-batch.js';
import { VotesService } from '../votes/votes.service.js';
import { REJECTS_TOLD } from './bulk-tally.js';

/** A record that was refused, by the file or by the project. */
export interface ForeignRefusal {
  file: string;
  at: string;
  code: string;
  message: string;
}

/** What became of all records of an import. */
export interface ForeignAnswer {
  platform: string;
  /** Whether nothing was written. */
  dryRun: boolean;
  votes: { found: number; created: number; superseded: number; duplicate: number };
  /** Votes a class and an outcome, as found. */
  classes: Record<string, number>;
  outcomes: Record<string, number>;
  /** Classes that the project does not have: their votes are refused. */
  unknownClasses: Record<string, number>;
  annotators: number;
  items: { found: number; created: number };
  gold: { found: number; created: number; updated: number };
  predictions: { found: number; created: number };
  passed: Partial<Record<PassingReason, number>>;
  /** By code; the first of them with their places. */
  refused: Record<string, number>;
  refusals: ForeignRefusal[];
  notes: string[];
}

export interface ForeignOptions {
  dryRun?: boolean;
  /** Whether the caller may set gold answers. */
  mayGold: boolean;
  /** Told of every refused record, also of those that the answer does not tell. */
  onRefusal?: (refusal: ForeignRefusal) => void;
}

/** Files of other platforms into a project: items, then votes, then gold answers, then predictions. Each is idempotent, so that an import can be run again. */
@Injectable()
export class ForeignImportService {
  constructor(
    private readonly votes: VotesService,
    private readonly items: ItemsService,
    private readonly gold: GoldService,
    private readonly predictions: PredictionsService,
    private readonly transactions: Transactions,
  ) {}

  /**
   * Reads the files whole before anything is written: one that is cut or refused leaves the project as it was.
   * @throws FaultInFile
   */
  async load(project: Project, actor: Actor, files: ForeignFiles, { dryRun = false, mayGold, onRefusal }: ForeignOptions): Promise<ForeignAnswer> {
    const answer = emptyAnswer(files.platform.id, dryRun);
    const refuse = (refusal: ForeignRefusal) => {
      answer.refused[refusal.code] = (answer.refused[refusal.code] ?? 0) + 1;
      if (answer.refusals.length < REJECTS_TOLD) answer.refusals.push(refusal);
      onRefusal?.(refusal);
    };
    const order = new Order();
    for await (const fates of files.fates((told) => tell(answer, told))) {
      order.see(fates);
      for (const fate of fates) if (fate.fate === 'refused') refuse({ file: fate.file, at: fate.at, code: fate.code, message: fate.message });
    }
    take(answer, order.survey);
    if (dryRun) return answer;
    const takesItems = project.createUnknownItems;
    if (!takesItems && answer.items.found > 0) answer.notes.push('items and their data are left out: the project makes no items of itself; load them with --rows items');
    const golds = await this.writeVotes(project, files, order, takesItems, answer, refuse);
    await this.writeGold(project, actor, golds, mayGold, answer, refuse);
    if (answer.predictions.found > 0) await this.writePredictions(project, actor, files, answer, refuse);
    return answer;
  }

  /** @returns the gold answers that were met */
  private async writeVotes(project: Project, files: ForeignFiles, order: Order, takesItems: boolean, answer: ForeignAnswer, refuse: (refusal: ForeignRefusal) => void): Promise<FateOf<'gold'>[]> {
    const golds: FateOf<'gold'>[] = [];
    const sentItems = new Set<string>();
    let items: FateOf<'item'>[] = [];
    let votes: FateOf<'vote'>[] = [];
    const ids = new AnswerIds(files.platform.id, order);
    const sendItems = async () => {
      const batch = items;
      items = [];
      if (batch.length === 0) return;
      const results = await this.items.add(project, batch.map(({ item, payload }) => ({ item, payload })));
      answer.items.created += results.filter(({ status }) => status === RowStatus.CREATED).length;
      for (const { index, status, message } of results) {
        if (status === RowStatus.REJECTED) noteOnce(answer, `data of some items are left out; the first, of ${JSON.stringify(batch[index]!.item)}: ${message!}`);
      }
    };
    const sendVotes = async () => {
      await sendItems();
      const batch = votes;
      votes = [];
      if (batch.length === 0) return;
      const rows = batch.map((vote) => ({
        item: vote.item, annotator: vote.annotator, class: vote.class, outcome: vote.outcome, voteId: vote.voteId ?? ids.of(vote),
        time: vote.time === null ? null : new Date(vote.time), durationMs: vote.durationMs, comment: vote.comment, guidelineVersion: vote.guidelineVersion,
      }));
      const { answers } = await this.votes.submit(project, rows);
      for (const { index, status, code, message } of readAnswers(answers)) {
        if (status === VoteStatus.REJECTED) refuse({ file: batch[index]!.file, at: batch[index]!.at, code: code!, message: message! });
        else answer.votes[status.toLowerCase() as 'created' | 'superseded' | 'duplicate']++;
      }
    };
    const seen = async function* () {
      for await (const fates of files.fates()) {
        for (const fate of fates) {
          if (fate.fate === 'gold') golds.push(fate);
          if (fate.fate !== 'item' || !takesItems || sentItems.has(fate.item)) continue;
          sentItems.add(fate.item);
          items.push(fate);
          if (items.length === ROWS_PER_CALL) await sendItems();
        }
        yield fates;
      }
    };
    for await (const batch of order.votes(seen())) {
      for (const vote of batch) {
        votes.push(vote);
        if (votes.length === ROWS_PER_CALL) await sendVotes();
      }
    }
    await sendVotes();
    return golds;
  }

  private async writeGold(project: Project, actor: Actor, golds: readonly FateOf<'gold'>[], mayGold: boolean, answer: ForeignAnswer, refuse: (refusal: ForeignRefusal) => void): Promise<void> {
    if (golds.length > 0 && !mayGold) {
      answer.notes.push(`${golds.length} gold answers are left out: the key has no scope project:admin; load the file again with one that has`);
      return;
    }
    for (const batch of batches(golds)) {
      const { results } = await this.gold.set(project, actor, batch.map(({ item, class: label, reason }) => ({ item, class: label, reason })));
      count(results, batch, refuse, (status) => { if (status !== RowStatus.UNCHANGED) answer.gold[status === RowStatus.CREATED ? 'created' : 'updated']++; });
    }
  }

  private async writePredictions(project: Project, actor: Actor, files: ForeignFiles, answer: ForeignAnswer, refuse: (refusal: ForeignRefusal) => void): Promise<void> {
    const pending = new Map<string, FateOf<'prediction'>[]>();
    const versions = new Map<string, { model: string; version: string; outOfSample: null; trainingWatermark: null }>();
    const send = async (key: string) => {
      const batch = pending.get(key)!;
      pending.set(key, []);
      if (batch.length === 0) return;
      const rows: PredictionRow[] = batch.map(({ item, score }) => ({ item, probabilities: 'class' in score ? spread(project.classes, score.class, score.score) : score.probabilities }));
      const { results } = await this.predictions.submit(project, actor, versions.get(key)!, rows, { finish: false });
      count(results, batch, refuse, (status) => { if (status === RowStatus.CREATED) answer.predictions.created++; });
    };
    const mostRows = Math.max(1, Math.min(ROWS_PER_CALL, Math.floor(1_000_000 / project.classes.length)));
    for await (const fates of files.fates()) {
      for (const fate of fates) {
        if (fate.fate !== 'prediction') continue;
        const key = JSON.stringify([fate.model, fate.version]);
        if (!versions.has(key)) {
          versions.set(key, { model: fate.model, version: fate.version, outOfSample: null, trainingWatermark: null });
          pending.set(key, []);
        }
        pending.get(key)!.push(fate);
        if (pending.get(key)!.length === mostRows) await send(key);
      }
    }
    for (const [key, version] of versions) {
      await send(key);
      await this.transactions.run((transaction) => this.predictions.finish(transaction, project.id, version, true));
    }
  }
}

/**
 * Ids of answers that their platform gives none: made of what was answered, so that the same file, or another with the same answers, counts
 * nothing twice. Equal answers of one annotator to one item are told apart by their number.
 */
class AnswerIds {
  private readonly numbers = new Map<string, number>();

  constructor(private readonly platform: string, private readonly order: Order) {}

  of(vote: FateOf<'vote'>): string {
    const content = JSON.stringify([vote.item, vote.annotator, vote.class, vote.outcome, vote.time]);
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 32);
    if (!this.order.isRepeated(vote)) return `${this.platform}:${digest}`;
    const number = (this.numbers.get(digest) ?? 0) + 1;
    this.numbers.set(digest, number);
    return number === 1 ? `${this.platform}:${digest}` : `${this.platform}:${digest}/${number}`;
  }
}

/** A class's score, and the rest in equal parts on the others. */
function spread(classes: readonly string[], label: string, score: number): number[] {
  return classes.map((name) => (name === label ? score : (1 - score) / (classes.length - 1)));
}

function count(results: readonly RowResult[], batch: readonly Fate[], refuse: (refusal: ForeignRefusal) => void, taken: (status: RowStatus) => void): void {
  for (const { index, status, code, message } of results) {
    const { file, at } = batch[index]!;
    if (status === RowStatus.REJECTED) refuse({ file, at, code: code!, message: message! });
    else taken(status);
  }
}

function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_PER_CALL) yield rows.slice(at, at + ROWS_PER_CALL);
}

function noteOnce(answer: ForeignAnswer, note: string): void {
  const [start] = note.split(';');
  if (!answer.notes.some((told) => told.startsWith(start!))) answer.notes.push(note);
}

function emptyAnswer(platform: string, dryRun: boolean): ForeignAnswer {
  return {
    platform, dryRun, votes: { found: 0, created: 0, superseded: 0, duplicate: 0 }, classes: {}, outcomes: {}, unknownClasses: {}, annotators: 0,
    items: { found: 0, created: 0 }, gold: { found: 0, created: 0, updated: 0 }, predictions: { found: 0, created: 0 }, passed: {}, refused: {}, refusals: [], notes: [],
  };
}

function tell(answer: ForeignAnswer, { notes, unknownClasses }: { notes: ReadonlyMap<string, number>; unknownClasses: ReadonlyMap<string, number> }): void {
  answer.notes = [...notes].map(([note, times]) => (times > 1 ? `${note} (${times} times)` : note));
  answer.unknownClasses = Object.fromEntries(unknownClasses);
}

function take(answer: ForeignAnswer, survey: Survey): void {
  answer.votes.found = survey.votes;
  answer.classes = Object.fromEntries(survey.classes);
  answer.outcomes = survey.outcomes;
  answer.annotators = survey.annotators;
  answer.items.found = survey.items;
  answer.gold.found = survey.gold;
  answer.predictions.found = survey.predictions;
  answer.passed = survey.passed;
}
