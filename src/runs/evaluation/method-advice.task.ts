import type pg from 'pg';
import { methodAdvice, VoteTable, type CostBounds, type MethodAdvice as Computed } from '../../aggregation/index.js';
import { Connection } from '../../platform/database/connection.js';
import { readSnapshot } from '../snapshot/snapshot.js';
import type { MethodAdvice } from './method-advice.js';
import { STANDING_GOLD } from './standing-gold.js';

export interface AdviceTask {
  url: string;
  projectId: number;
  watermark: number;
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  /** Null for the usual ones. */
  methods: string[] | null;
  bounds: CostBounds;
}

/** What is kept, and of which gold answers it is. */
export interface Advised {
  gold: string;
  advice: MethodAdvice;
}

/** On a thread of its own, and for as long as it reads on a connection. The votes are those of the run to the last one; gold is that of this moment. */
export async function run({ methods, bounds, ...task }: AdviceTask): Promise<Advised> {
  const { votes, gold, digest } = await readInput(task);
  const advice = methodAdvice(votes, { gold, bounds, ...(methods && { methods }), clock: () => performance.now() });
  return { gold: digest, advice: told(advice) };
}

async function readInput({ url, projectId, watermark, itemCount, annotatorCount, classCount }: Omit<AdviceTask, 'methods' | 'bounds'>) {
  const client = await Connection.open(url, 'assay advice');
  try {
    await client.query('begin isolation level repeatable read, read only');
    const votes = new VoteTable({ ...await readSnapshot(client, projectId, watermark), itemCount, annotatorCount, classCount });
    return { votes, ...await readGold(client, projectId, itemCount) };
  } finally {
    await client.end();
  }
}

async function readGold(client: pg.Client, projectId: number, itemCount: number): Promise<{ gold: Int32Array; digest: string }> {
  const { rows: [digest] } = await client.query<{ gold: string }>(STANDING_GOLD, [projectId, itemCount]);
  const { rows } = await client.query<[item: number, classIndex: number]>({
    text: `select item_code, class_index from gold_answers where project_id = $1 and ended_seq is null and item_code < $2`, values: [projectId, itemCount], rowMode: 'array',
  });
  const gold = new Int32Array(itemCount).fill(-1);
  for (const [item, classIndex] of rows) gold[item] = classIndex;
  return { gold, digest: digest!.gold };
}

/** As the API has it: bytes as megabytes, and null for what is not a number. */
function told({ methods, certificate, ...rest }: Computed): MethodAdvice {
  const plain = {
    ...rest,
    methods: methods.map(({ cost: { operations, bytes, seconds }, ...method }) => ({ ...method, cost: { operations, megabytes: bytes / 1e6, seconds } })),
    certificate: certificate && { ...certificate, regret: Number.isNaN(certificate.regret.mean) ? null : certificate.regret },
  };
  return JSON.parse(JSON.stringify(plain)) as MethodAdvice;
}
