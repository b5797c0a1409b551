import { Injectable } from '@nestjs/common';
import { ItemsService } from '../items/items.service.js';
import { conflict, invalid, limitExceeded } from '../platform/errors.js';
import { Idempotency } from '../platform/database/idempotency.js';
import { rejectedRow, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt, requireText } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import { stillOpen } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { checkPredictionRows, type CheckedPrediction, type PredictionRow } from './prediction-row.js';
import { predictionsStore, type GivenVersion, type PredictionColumns, type StoredVersion } from './predictions.store.js';

export interface SubmitOptions {
  /** False where more rows of the version are to come, and `finish` will be called after them. */
  finish: boolean;
  /** Where this is the end: whether all rows of the version are in. */
  complete?: boolean;
  idempotencyKey?: string | null;
  /** More to be done in the transaction of the rows: bulk imports note how far they are. */
  alongside?: (transaction: Transaction, results: RowResult[]) => Promise<void>;
}

/** A checked row with its item's code. */
type CodedPrediction = CheckedPrediction & { itemCode: number };

/** Every run reads each of them whole. */
const MODELS_PER_PROJECT = 100;

@Injectable()
export class PredictionsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly audit: Audit,
    private readonly items: ItemsService,
  ) {}

  /**
   * Up to 10,000 rows of one version, which the first call makes. A row is immutable: the same numbers again are UNCHANGED,
   * others are rejected. What is answered is committed; new items are committed before it, and stay if it fails.
   * @throws INVALID_INPUT for a name or watermark that cannot be; CONFLICT where the version was made with another flag or watermark.
   */
  async submit(project: Project, actor: Actor, given: GivenVersion, rows: readonly PredictionRow[], options: SubmitOptions): Promise<{ results: RowResult[]; replayed: boolean }> {
    requireGiven(given);
    const { accepted, results: refused } = checkPredictionRows(rows, project.classes);
    const codes = await this.items.dictionary.codes(project.id, accepted.map((row) => row.item), project.createUnknownItems);
    const coded: CodedPrediction[] = [];
    accepted.forEach((row, i) => {
      if (codes[i]! >= 0) coded.push({ ...row, itemCode: codes[i]! });
      else refused[row.index] = rejectedRow(row.index, 'UNKNOWN_ITEM', `item ${excerpt(row.item)} is not in the project, which makes no items of itself; add it first`);
    });
    coded.sort((a, b) => a.itemCode - b.itemCode || a.index - b.index);
    const { answer, replayed } = await this.transactions.run(async (transaction) => {
      // Shared with the writers of votes, so that a watermark is above all that was written before it.
      await lockVotes(transaction, project.id, 'shared');
      await stillOpen(transaction, project);
      const scope = { projectId: project.id, workspaceId: project.workspaceId, key: options.idempotencyKey ?? null };
      return this.idempotency.once(transaction, scope, ['submitPredictions', given, options.complete, rows], async () => {
        const results = refused.slice();
        if (coded.length > 0) {
          const version = await this.ensureVersion(transaction, project, actor, given);
          for (const result of await write(transaction, project, given, version, coded)) results[result.index] = result;
        }
        if (options.finish) await this.finish(transaction, project.id, given, options.complete ?? true);
        await options.alongside?.(transaction, results);
        return results;
      });
    });
    return { results: answer, replayed };
  }

  /**
   * After the last rows of a version that came in several calls: it becomes its model's current one if it is complete and the newest.
   * Nothing for a version that was never made.
   */
  async finish(transaction: Transaction, projectId: number, given: GivenVersion, complete: boolean): Promise<void> {
    const version = await predictionsStore.version(transaction, projectId, given);
    if (!version) return;
    if (complete) await predictionsStore.completeVersion(transaction, projectId, version.id);
    await predictionsStore.rescore(transaction, projectId, version.id);
  }

  private async ensureVersion(transaction: Transaction, project: Project, actor: Actor, given: GivenVersion): Promise<StoredVersion> {
    const stored = await predictionsStore.version(transaction, project.id, given);
    if (stored) return requireSame(stored, given);
    if (given.trainingWatermark != null && !await predictionsStore.isPast(transaction, given.trainingWatermark)) {
      throw invalid(`trainingWatermark ${given.trainingWatermark} is no point of the vote log so far; give the watermark of a run, or leave it out`, 'input.trainingWatermark');
    }
    const made = await predictionsStore.addVersion(transaction, project.id, given);
    if (!made) return requireSame((await predictionsStore.version(transaction, project.id, given))!, given);
    if (await predictionsStore.modelCount(transaction, project.id) > MODELS_PER_PROJECT) {
      throw limitExceeded(`the project has ${MODELS_PER_PROJECT} models already, removed ones among them; send ${excerpt(given.model)} as a version of one of them`, 'input.model');
    }
    await this.audit.record(transaction, actor, 'makePredictionVersion', project.id, { ...given });
    return made;
  }
}

/** Writes rows sorted by item; of several rows of one item the first counts, and the others are measured by it. */
async function write(transaction: Transaction, project: Project, given: GivenVersion, version: StoredVersion, rows: readonly CodedPrediction[]): Promise<RowResult[]> {
  const isFirst = (row: CodedPrediction, i: number) => row.itemCode !== rows[i - 1]?.itemCode;
  const written = await predictionsStore.insert(transaction, project.id, version.id, columnsOf(rows.filter(isFirst)));
  const results: RowResult[] = [];
  const met: CodedPrediction[] = [];
  rows.forEach((row, i) => {
    if (isFirst(row, i) && (written?.has(row.itemCode) ?? true)) results.push({ index: row.index, status: RowStatus.CREATED });
    else met.push(row);
  });
  const same = await predictionsStore.same(transaction, project.id, version.id, columnsOf(met));
  return [...results, ...met.map((row, place) => judged(row, same.has(place), given))];
}

function judged({ index, item }: CodedPrediction, isSame: boolean, { model, version }: GivenVersion): RowResult {
  if (isSame) return { index, status: RowStatus.UNCHANGED };
  return rejectedRow(index, 'OTHER_NUMBERS', `item ${excerpt(item)} has other probabilities in version ${excerpt(version)} of model ${excerpt(model)}, and they never change; send a new version`);
}

function columnsOf(rows: readonly CodedPrediction[]): PredictionColumns {
  const K = rows[0]?.probabilities.length ?? 0;
  const probabilities = new Float64Array(rows.length * K);
  rows.forEach((row, i) => probabilities.set(row.probabilities, i * K));
  return { items: Int32Array.from(rows, (row) => row.itemCode), probabilities };
}

function requireGiven({ model, version, trainingWatermark }: GivenVersion): void {
  requireText(model, 'input.model');
  requireText(version, 'input.version');
  if (trainingWatermark != null && !(Number.isSafeInteger(trainingWatermark) && trainingWatermark >= 0)) {
    throw invalid(`trainingWatermark is ${trainingWatermark}; it is a whole number from 0 on`, 'input.trainingWatermark');
  }
}

/** @throws CONFLICT where the version was made with something else. */
function requireSame(stored: StoredVersion, { model, version, outOfSample, trainingWatermark }: GivenVersion): StoredVersion {
  const name = `version ${excerpt(version)} of model ${excerpt(model)}`;
  if (outOfSample != null && outOfSample !== stored.outOfSample) throw conflict(`${name} was made with outOfSample ${stored.outOfSample}; leave it out, or send a new version`);
  if (trainingWatermark != null && trainingWatermark !== stored.trainingWatermark) {
    throw conflict(`${name} was made with ${stored.trainingWatermark == null ? 'no trainingWatermark' : `trainingWatermark ${stored.trainingWatermark}`}; leave it out, or send a new version`);
  }
  return stored;
}
