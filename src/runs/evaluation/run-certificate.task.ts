import { majorityVoteCertificate, VoteTable, type AggregationInput, type MajorityVoteCertificate } from '../../aggregation/index.js';
import { Connection } from '../../platform/database/connection.js';
import { readKnownGold } from '../../gold/known-gold.js';
import { readSnapshot } from '../snapshot/snapshot.js';

export interface CertificateTask {
  url: string;
  projectId: number;
  watermark: number;
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  /** Whether the run's method reads gold: then the certificate reads what the run read. */
  readsGold: boolean;
}

/** On a thread of its own, and for as long as it reads on a connection. The votes are those of the run to the last one: by its watermark, N, M and K. */
export async function run(task: CertificateTask): Promise<MajorityVoteCertificate> {
  return majorityVoteCertificate(await readInput(task));
}

async function readInput({ url, projectId, watermark, itemCount, annotatorCount, classCount, readsGold }: CertificateTask): Promise<AggregationInput> {
  const client = await Connection.open(url, 'assay certificate');
  try {
    const votes = new VoteTable({ ...await readSnapshot(client, projectId, watermark), itemCount, annotatorCount, classCount });
    const gold = readsGold ? await readKnownGold(client, projectId, watermark, itemCount) : null;
    return { votes, ...(gold && gold.count > 0 && { gold: gold.classes }) };
  } finally {
    await client.end();
  }
}
