import type { Client } from 'pg';
import { classShares, type VoteTable } from '../../aggregation/index.js';
import { notOutOfSample } from '../../predictions/current-versions.js';
import { readPredictions, type VersionRows } from '../../predictions/read-predictions.js';

/** A version that a run reads. */
export interface PinnedVersion {
  id: number;
  model: string;
  version: string;
  outOfSample: boolean;
}

export interface RunPredictions {
  /** One N x K array a version: a row for every item. */
  models: Float64Array[];
  warnings: string[];
}

/**
 * The predictions that a run reads. An item without a row in one version has the mean of its rows in the others there; one
 * without any has the shares of the classes among the votes, which is what would be guessed of an item that nobody knows.
 * @throws Error where no version has any row by the watermark.
 */
export async function readRunPredictions(client: Client, projectId: number, versions: readonly PinnedVersion[], watermark: number, votes: VoteTable): Promise<RunPredictions> {
  const read = await readPredictions(client, projectId, versions.map(({ id }) => id), watermark, votes.itemCount, votes.classCount);
  if (read.every(({ rowCount }) => rowCount === 0)) throw new Error(`the project had no predictions by the watermark ${watermark}; send some, or choose a method that needs votes alone`);
  const warnings = notOutOfSample(versions);
  const { none, some } = fillAbsent(read, votes);
  if (none > 0) warnings.push(`${counted(none)} no prediction: the shares of the classes among all votes stand in for it`);
  if (some > 0) warnings.push(`${counted(some)} a prediction of some models only: the mean of these stands in for the others`);
  return { models: read.map(({ probabilities }) => probabilities), warnings };
}

/** Fills in the rows that are not there. @returns how many items with votes had none, and how many had some but not all. */
function fillAbsent(versions: readonly VersionRows[], votes: VoteTable): { none: number; some: number } {
  const { itemCount, itemOffsets, classCount: K } = votes;
  const shares = classShares(votes);
  const mean = new Float64Array(K);
  let none = 0;
  let some = 0;
  for (let item = 0; item < itemCount; item++) {
    const there = versions.filter(({ present }) => present[item] === 1);
    if (there.length === versions.length) continue;
    mean.fill(0);
    for (const { probabilities } of there) for (let k = 0; k < K; k++) mean[k]! += probabilities[item * K + k]! / there.length;
    for (const { probabilities, present } of versions) if (present[item] === 0) probabilities.set(there.length > 0 ? mean : shares, item * K);
    if (itemOffsets[item] === itemOffsets[item + 1]) continue;
    if (there.length > 0) some++;
    else none++;
  }
  return { none, some };
}

function counted(items: number): string {
  return items === 1 ? '1 item with votes has' : `${items} items with votes have`;
}
