import type { Client } from 'pg';
import { priorCounts, type AnnotatorPrior, type ConfusionMatrices } from '../aggregation/index.js';

/** What was known of annotators at a watermark, in the form that kernels read it. */
export interface KnownPriors {
  counts: ConfusionMatrices;
  /** Of how many annotators something is known. */
  count: number;
}

type Row = [annotator: number, votes: number, accuracy: number | null, truths: number[] | null, labels: number[] | null, counts: number[] | null];

/**
 * The same whenever it is read: priors are never removed, and what ended later bears a later ticket.
 * @returns null where nothing was known.
 * @throws RangeError where the matrices would take too much memory.
 */
export async function readKnownPriors(client: Client, projectId: number, watermark: number, annotatorCount: number, classCount: number): Promise<KnownPriors | null> {
  const { rows } = await client.query<Row>({
    text: `select annotator_code, votes, accuracy, truths, labels, counts from annotator_priors
           where project_id = $1 and seq <= $2 and (ended_seq is null or ended_seq > $2) order by annotator_code`,
    values: [projectId, watermark], rowMode: 'array',
  });
  if (rows.length === 0) return null;
  const priors = rows.map(([annotator, votes, accuracy, truths, labels, counts]): AnnotatorPrior => (
    accuracy == null ? { annotator, votes, truths: truths!, labels: labels!, counts: counts! } : { annotator, votes, accuracy }
  ));
  return { counts: priorCounts(annotatorCount, classCount, priors), count: rows.length };
}
