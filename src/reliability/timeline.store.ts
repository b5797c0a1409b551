import type { RunParameters, VoteSequence } from '../aggregation/index.js';
import { int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';
import { matrixOf, type MatrixColumns } from '../results/packed-matrix.js';
import type { OwnVote, Surroundings } from './timeline-windows.js';

interface VoteOnItem {
  seq: number;
  item: number;
  annotator: number;
  label: number;
}

/** Microseconds of a vote's time: when it was given, or else received. */
const MICROS = `(extract(epoch from coalesce(voted_at, received_at)) * 1000000)::int8`;

/** SQL of one annotator's timeline. Every method runs in one transaction that sees one moment. */
export const timelineStore = {
  /** Standing class votes of the annotator in the order of their time. @param where a condition on micros and seq, with `bounds` from $4 on */
  ownVotes(transaction: Transaction, projectId: number, annotator: number, limit: number, where: string, bounds: unknown[]): Promise<OwnVote[]> {
    return transaction.query(
      `select * from (
         select seq, item_code as item, class_index as label, duration_ms as duration, ${MICROS} as micros
         from votes where project_id = $1 and annotator_code = $2 and ended_seq is null and outcome = 0
       ) own where ${where} order by micros, seq limit $3`,
      [projectId, annotator, limit, ...bounds],
    );
  },

  async gold(transaction: Transaction, projectId: number, items: readonly number[]): Promise<Map<number, number>> {
    const rows: { item: number; label: number }[] = await transaction.query(
      `select item_code as item, class_index as label from gold_answers where project_id = $1 and item_code = any($2::int4[]) and ended_seq is null`, [projectId, int4Array(items)],
    );
    return new Map(rows.map(({ item, label }) => [item, label]));
  },

  /** All standing votes on the items of `own`, and what the project's current run knows of those who gave them. @returns null where there is no such run */
  async around(transaction: Transaction, projectId: number, annotator: number, own: readonly OwnVote[], gold: ReadonlyMap<number, number>): Promise<Surroundings | null> {
    const [run]: { id: number; priors: number[] | null; labels: number[] | null; values: number[] | null }[] = await transaction.query(
      `select runs.id, class_priors as priors, pooled_labels as labels, pooled_values as values from projects
       join runs on runs.project_id = projects.id and runs.id = projects.current_run_id where projects.id = $1`, [projectId],
    );
    if (!run?.priors || !run.labels || !run.values) return null;
    const codes = [...new Set(own.map((vote) => vote.item))];
    const found: VoteOnItem[] = await transaction.query(
      `select seq, item_code as item, annotator_code as annotator, class_index as label from votes
       where project_id = $1 and item_code = any($2::int4[]) and ended_seq is null and outcome = 0 order by annotator_code, seq`,
      [projectId, int4Array(codes)],
    );
    const K = run.priors.length;
    const listed = new Set(own.map((vote) => vote.seq));
    const ordered = [
      ...own.map((vote) => ({ ...vote, annotator })),
      ...found.filter((vote) => vote.annotator === annotator && !listed.has(vote.seq)), ...found.filter((vote) => vote.annotator !== annotator),
    ];
    const place = new Map(codes.map((code, i) => [code, i]));
    const { votes, annotators } = sequenceOf(ordered, place, K);
    return {
      votes,
      parameters: {
        classPriors: Float64Array.from(run.priors), confusion: await readRows(transaction, projectId, run.id, ordered, annotators, K),
        pooled: { offsets: Int32Array.of(0, run.labels.length), labels: Int32Array.from(run.labels), values: Float64Array.from(run.values) },
      },
      gold: Int32Array.from(codes, (code) => gold.get(code) ?? -1),
    };
  },
};

/** @param ordered votes that lie together by annotator. @returns annotators in the order of the sequence, too */
function sequenceOf(ordered: readonly VoteOnItem[], place: ReadonlyMap<number, number>, classCount: number): { votes: VoteSequence; annotators: number[] } {
  const annotators: number[] = [];
  const offsets: number[] = [];
  ordered.forEach((vote, i) => {
    if (vote.annotator === annotators.at(-1)) return;
    annotators.push(vote.annotator);
    offsets.push(i);
  });
  return {
    annotators,
    votes: {
      itemCount: place.size, annotatorCount: annotators.length, classCount, offsets: Int32Array.of(...offsets, ordered.length),
      items: Int32Array.from(ordered, (vote) => place.get(vote.item)!), classes: Int32Array.from(ordered, (vote) => vote.label),
    },
  };
}

/** Only the rows that the votes need: K x M may be many. */
async function readRows(transaction: Transaction, projectId: number, runId: number, votes: readonly VoteOnItem[], annotators: readonly number[], K: number): Promise<RunParameters['confusion']> {
  const used = new Map(annotators.map((annotator) => [annotator, new Set<number>()]));
  for (const { annotator, label } of votes) used.get(annotator)!.add(label);
  const pairs = [...used].flatMap(([annotator, labels]) => [...labels].map((label) => [annotator, label] as const));
  const rows: (Pick<MatrixColumns, 'values' | 'bytes'> & { annotator: number; label: number })[] = await transaction.query(
    `select wanted.annotator, wanted.label, confusion_values[(place - 1) * $5 + 1 : place * $5] as values,
       substr(confusion_rows, 1 + confusion_starts[place], confusion_starts[place + 1] - confusion_starts[place]) as bytes
     from unnest($3::int4[], $4::int4[]) as wanted(annotator, label)
     join annotator_results results on results.project_id = $1 and results.run_id = $2 and results.annotator_code = wanted.annotator
     cross join lateral array_position(confusion_labels, wanted.label) as place
     where place is not null`,
    [projectId, runId, int4Array(pairs.map(([annotator]) => annotator)), int4Array(pairs.map(([, label]) => label)), K],
  );
  const byAnnotator = new Map<number, typeof rows>(annotators.map((annotator) => [annotator, []]));
  for (const row of rows) byAnnotator.get(row.annotator)!.push(row);
  const ordered = annotators.map((annotator) => byAnnotator.get(annotator)!);
  const offsets = new Int32Array(annotators.length + 1);
  ordered.forEach((some, i) => (offsets[i + 1] = offsets[i]! + some.length));
  const flat = ordered.flat();
  const values = new Float64Array(flat.length * K);
  flat.forEach(({ values: numbers, bytes }, i) => values.set(matrixOf({ values: numbers, starts: bytes && [0, bytes.length], bytes }, K)!, i * K));
  return { offsets, labels: Int32Array.from(flat, (row) => row.label), values };
}
