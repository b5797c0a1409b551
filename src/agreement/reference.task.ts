import type pg from 'pg';
import { againstReference, ascendingOrder, bestClass, type ReferenceConfusion } from '../aggregation/index.js';
import { readBy, readCopy, sqlInteger } from '../platform/database/binary-copy-reader.js';
import type { Reported, ReportTask } from '../reports/report-kind.js';
import type { ReportedTable } from '../reports/report-pages.js';
import { readAllLabels } from '../results/stored-labels.js';
import type { Snapshot } from '../runs/snapshot/copied-votes.js';
import { readSelectedVotes, voteTable } from './selected-votes.js';
import type { VoteSelection } from './vote-selection.js';

/** Complete. */
export interface ReferenceRequest {
  classes: string[];
  selection: VoteSelection;
  /** Whose consensus the votes are compared with; null for gold. */
  runId: number | null;
}

export interface ReferenceResult {
  /** Of the reference, among those selected. */
  items: number;
  votes: number;
}

interface Facts {
  votes: Snapshot;
  /** N; -1 for none. */
  reference: Int32Array;
}

export async function read(client: pg.Client, task: ReportTask<ReferenceRequest>): Promise<Facts> {
  const { runId } = task.request;
  const reference = new Int32Array(task.itemCount).fill(-1);
  if (runId == null) await readGold(client, task, reference);
  else await readConsensus(client, task, runId, reference);
  if (runId == null && reference.every((answer) => answer < 0)) throw new RangeError('the project had no gold answers then; tell some (setGold), or compare with CONSENSUS');
  return { votes: await readSelectedVotes(client, task), reference };
}

export function report({ votes, reference }: Facts, task: ReportTask<ReferenceRequest>): Reported<ReferenceResult> {
  const { classes, selection } = task.request;
  const table = voteTable(votes, task, classes);
  if (selection.items) {
    const chosen = new Set(selection.items);
    reference.forEach((_, item) => { if (!chosen.has(item)) reference[item] = -1; });
  }
  const confusion = againstReference(table, reference);
  const compared = confusion.counts.reduce((sum, count) => sum + count, 0);
  return { result: { items: reference.reduce((sum, k) => sum + Number(k >= 0), 0), votes: compared }, tables: [annotatorTable(confusion), cellTable(confusion)] };
}

/** As it stood at the watermark. */
async function readGold(client: pg.Client, { projectId, watermark }: ReportTask<object>, reference: Int32Array): Promise<void> {
  for await (const rows of readCopy(client, `
    select item_code, class_index::int4 from gold_answers where project_id = ${sqlInteger(projectId)} and seq <= ${sqlInteger(watermark)}
      and (ended_seq is null or ended_seq > ${sqlInteger(watermark)})`)) {
    while (rows.next()) {
      const item = rows.int4();
      const gold = rows.int4();
      if (item < reference.length) reference[item] = gold;
    }
  }
}

async function readConsensus(client: pg.Client, { projectId, request: { classes } }: ReportTask<ReferenceRequest>, runId: number, reference: Int32Array): Promise<void> {
  const { rows: [run] } = await client.query<{ items: number; isThere: boolean }>(
    `select item_count as items, results_dropped_at is null as "isThere" from runs where project_id = $1 and id = $2 and status = 'SUCCEEDED'`, [projectId, runId]);
  if (!run?.isThere) throw new RangeError('the results of the run were dropped; name another run');
  const K = classes.length;
  const labels = new Float64Array(run.items * K);
  await readAllLabels(readBy(client), { projectId, runId }, K, labels, (item) => {
    if (item < reference.length) reference[item] = bestClass(labels, item * K, K);
  });
}

/** Annotators with a vote on an item of the reference. */
function annotatorTable({ offsets, referenceClasses, givenClasses, counts }: ReferenceConfusion): ReportedTable {
  const annotators = Int32Array.from(offsets.keys()).filter((j) => j + 1 < offsets.length && offsets[j + 1]! > offsets[j]!);
  const sumOf = (j: number, test: (cell: number) => boolean) => {
    let sum = 0;
    for (let cell = offsets[j]!; cell < offsets[j + 1]!; cell++) if (test(cell)) sum += counts[cell]!;
    return sum;
  };
  const votes = annotators.map((j) => sumOf(j, () => true));
  const agreed = annotators.map((j) => sumOf(j, (cell) => referenceClasses[cell] === givenClasses[cell]));
  return {
    name: 'annotators',
    columns: { annotator: annotators, votes, agreed, firstCell: annotators.map((j) => offsets[j]!), cells: annotators.map((j) => offsets[j + 1]! - offsets[j]!) },
    orders: { ANNOTATOR: Int32Array.from(annotators.keys()), ACCURACY: ascendingOrder(Float64Array.from(agreed, (right, i) => right / votes[i]!)) },
  };
}

function cellTable({ referenceClasses, givenClasses, counts }: ReferenceConfusion): ReportedTable {
  return { name: 'cells', columns: { reference: referenceClasses, given: givenClasses, votes: counts }, orders: { ANNOTATOR: Int32Array.from(counts.keys()) } };
}
