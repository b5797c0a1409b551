import { Injectable } from '@nestjs/common';
import { bestClass, entropy, livePosteriors, movePosteriors, tiedClasses } from '../aggregation/index.js';
import { touchFound } from '../items/touched-items.js';
import { int4Array } from '../platform/database/binary-array.js';
import { Prepared } from '../platform/database/prepared.js';
import type { Transaction } from '../platform/database/transaction.js';
import { readLabels, type StoredLabel } from '../results/stored-labels.js';
import { CurrentRuns, type CurrentRun } from './current-run.js';
import { CHANGED_ITEMS } from './changed-items.js';
import type { TouchedGold } from './touched-gold.js';
import type { TouchedVotes } from './touched-votes.js';

/** K probabilities for each of some items, as they are now. */
export interface LabelsNow {
  /** T x K; the class priors for an item without a label. */
  posteriors: Float64Array;
  /** T: 1 where there is a label, the run's or a live one. */
  labelled: Uint8Array;
}

/** Labels between runs: those of items whose votes or gold answer changed after the current run read them. */
@Injectable()
export class LiveLabels {
  constructor(private readonly runs: CurrentRuns) {}

  /**
   * Brings the live labels of the touched items up to date. With a method that has confusion matrices a live label is its
   * next E step; the label of another, or of one whose labels are no E step of its matrices, is moved on by the votes that came
   * and went, so that it keeps its calibration.
   * Gold is certain, where the method reads it. O(votes of the items x K).
   */
  async refresh(transaction: Transaction, projectId: number, run: CurrentRun, votes: TouchedVotes, gold: TouchedGold): Promise<LabelsNow> {
    const { codes, standing, came, went } = votes;
    const K = standing.classCount;
    const found = await readLabels(Prepared.within(transaction), { projectId, runId: run.id }, K, codes);
    const parameters = {
      classPriors: run.classPriors, pooled: run.pooled,
      confusion: await this.runs.matricesOf(Prepared.within(transaction), projectId, run, votes.annotatorCodes, labelsUsed(votes)),
    };
    const byVotes = livePosteriors(standing, parameters);
    const moved = run.moves ? movePosteriors(startOf(found, codes, standing.itemOffsets, run.classPriors), came, went, parameters) : byVotes;
    const labels: LabelsNow = { posteriors: new Float64Array(codes.length * K), labelled: new Uint8Array(codes.length) };
    const live: number[] = [];
    for (let item = 0; item < codes.length; item++) {
      const ofRun = found.get(codes[item]!);
      const hasVotes = standing.itemOffsets[item + 1]! > standing.itemOffsets[item]!;
      const votesChanged = countOf(came, item) > 0 || countOf(went, item) > 0;
      const [known, knownThen] = run.readsGold ? [gold.now[item]!, gold.then[item]!] : [-1, -1];
      const row = labels.posteriors.subarray(item * K, (item + 1) * K);
      const at = (posteriors: Float64Array) => posteriors.subarray(item * K, (item + 1) * K);
      if (known >= 0) row[known] = 1;
      else if (!hasVotes) row.set(run.classPriors);
      // The run's label was its gold answer's, and tells nothing of the votes.
      else if (knownThen >= 0) row.set(at(byVotes));
      else row.set(votesChanged ? at(moved) : (ofRun?.probabilities ?? run.classPriors));
      labels.labelled[item] = hasVotes || known >= 0 || ofRun ? 1 : 0;
      if (labels.labelled[item] && (votesChanged || known !== knownThen)) live.push(item);
    }
    await write(transaction, projectId, run.id, votes, labels, live);
    return labels;
  }

  /** After another run became current: labels of the one before go, and the items that changed since are to be looked at again. */
  async changeRun(transaction: Transaction, projectId: number, run: CurrentRun | null): Promise<void> {
    await transaction.query(`delete from live_labels where project_id = $1 and run_id is distinct from $2`, [projectId, run?.id ?? null]);
    await touchFound(transaction, projectId, CHANGED_ITEMS, run?.watermark ?? 0);
  }
}

/** Of each annotator the classes of their votes: K x K numbers each would be many. */
function labelsUsed({ annotatorCodes, standing, came, went }: TouchedVotes): Set<number>[] {
  const used = annotatorCodes.map(() => new Set<number>());
  for (const { annotators, classes } of [standing, came, went]) annotators.forEach((annotator, vote) => used[annotator]!.add(classes[vote]!));
  return used;
}

function countOf({ itemOffsets }: { itemOffsets: Int32Array }, item: number): number {
  return itemOffsets[item + 1]! - itemOffsets[item]!;
}

/**
 * What the run found, to be moved on. No class may be at 0, or no vote could bring it back: each
 * gets at least a tenth of what one vote among n + K would be.
 */
function startOf(found: Map<number, StoredLabel>, codes: Int32Array, offsets: Int32Array, priors: Float64Array): Float64Array {
  const K = priors.length;
  const start = new Float64Array(codes.length * K);
  codes.forEach((code, item) => {
    const row = found.get(code)?.probabilities ?? priors;
    const least = 0.1 / (offsets[item + 1]! - offsets[item]! + K);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += start[item * K + k] = Math.max(least, row[k]!);
    for (let k = 0; k < K; k++) start[item * K + k]! /= sum;
  });
  return start;
}

async function write(transaction: Transaction, projectId: number, runId: number, votes: TouchedVotes, { posteriors }: LabelsNow, live: readonly number[]): Promise<void> {
  const { codes, standing } = votes;
  const K = standing.classCount;
  const isLive = new Set(live);
  const gone = codes.filter((_, item) => !isLive.has(item));
  if (gone.length > 0) await transaction.query(`delete from live_labels where project_id = $1 and item_code = any($2::int4[])`, [projectId, int4Array(gone)]);
  if (live.length === 0) return;
  const consensus = live.map((item) => bestClass(posteriors, item * K, K));
  await transaction.query(
    `insert into live_labels (project_id, run_id, item_code, votes, consensus, tie, confidence, entropy, probabilities)
     select $1, $2, item, votes, consensus, tie, confidence, entropy, probabilities::float8[]
     from unnest($3::int4[], $4::int4[], $5::int2[], $6::bool[], $7::float8[], $8::float8[], $9::text[]) as given(item, votes, consensus, tie, confidence, entropy, probabilities)
     on conflict (project_id, item_code) do update set
       run_id = excluded.run_id, votes = excluded.votes, consensus = excluded.consensus, tie = excluded.tie, confidence = excluded.confidence,
       entropy = excluded.entropy, probabilities = excluded.probabilities, updated_at = excluded.updated_at`,
    [
      projectId, runId, int4Array(live.map((item) => codes[item]!)), int4Array(live.map((item) => countOf(standing, item))), consensus,
      live.map((item) => tiedClasses(posteriors, item * K, K) > 1),
      live.map((item, i) => posteriors[item * K + consensus[i]!]!),
      live.map((item) => entropy(posteriors, item * K, K)),
      live.map((item) => `{${posteriors.subarray(item * K, (item + 1) * K).join(',')}}`),
    ],
  );
}
