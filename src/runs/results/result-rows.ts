import type { Client } from 'pg';
import type { ConfusionMatrices, MethodResult, VoteTable } from '../../aggregation/index.js';
import { BinaryCopy } from '../../platform/database/binary-copy.js';
import type { RunKey } from '../../results/blocks.js';
import { packMatrix } from '../../results/packed-matrix.js';
import { LabelWriter } from '../../results/label-writer.js';
import { expectedAccuracy, wilsonInterval } from './accuracy.js';
import type { FoundColumns } from './found.js';

const ANNOTATOR_COLUMNS = [
  'project_id', 'run_id', 'annotator_code', 'votes', 'quality', 'accuracy', 'accuracy_low', 'accuracy_high', 'confusion_labels', 'confusion_starts', 'confusion_rows', 'confusion_evidence', 'findings',
];

/**
 * One label for each item with votes, or whose class the method was given. Other items have no soft label: a prior is no finding about them.
 * @param found null where the method finds nothing about items
 * @param gold N class indices, -1 where unknown; null where the method read none.
 */
export async function writeSoftLabels(
  client: Client, key: RunKey, votes: VoteTable, posteriors: Float64Array, found: FoundColumns | null, gold: Int32Array | null,
): Promise<void> {
  const { itemCount, itemOffsets, classCount: K } = votes;
  const writer = new LabelWriter(client, key, itemCount, K);
  for (let item = 0; item < itemCount; item++) {
    const voteCount = itemOffsets[item + 1]! - itemOffsets[item]!;
    if (voteCount === 0 && (gold?.[item] ?? -1) < 0) continue;
    writer.add(item, voteCount, posteriors, item * K);
    if (writer.isFull) await writer.flush();
  }
  await writer.end(found?.columns ?? []);
}

/** One row for each annotator with votes. @param confusion the method's matrices, or those its soft labels imply. */
export async function writeAnnotators(
  client: Client, { projectId, runId }: RunKey, votes: VoteTable, result: MethodResult, confusion: ConfusionMatrices | undefined, found: FoundColumns | null,
): Promise<void> {
  const { annotatorCount, classCount: K } = votes;
  const { offsets } = votes.byAnnotator();
  const { annotatorQuality: quality } = result;
  const accuracy = expectedAccuracy(votes, result.posteriors);
  const copy = new BinaryCopy(client, 'annotator_results', ANNOTATOR_COLUMNS);
  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    const voteCount = offsets[annotator + 1]! - offsets[annotator]!;
    if (voteCount === 0) continue;
    const interval = wilsonInterval(accuracy[annotator]!, voteCount);
    copy.row(ANNOTATOR_COLUMNS.length);
    copy.int4(projectId);
    copy.int8(runId);
    copy.int4(annotator);
    copy.int4(voteCount);
    copy.float8(quality ? quality[annotator]! : NaN);
    copy.float8(accuracy[annotator]!);
    copy.float8(interval.low);
    copy.float8(interval.high);
    if (confusion) {
      const first = confusion.offsets[annotator]!;
      const last = confusion.offsets[annotator + 1]!;
      copy.int4Array(confusion.labels, first, last);
      const { starts, bytes } = packMatrix(confusion.values, first * K, last - first, K);
      copy.int4Array(starts, 0, starts.length);
      copy.bytes(bytes);
    } else {
      copy.null();
      copy.null();
      copy.null();
    }
    if (confusion?.evidence) copy.float8Array(confusion.evidence, annotator * K, (annotator + 1) * K);
    else copy.null();
    if (found) copy.float8ArrayAcross(found.columns, annotator);
    else copy.null();
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
}
