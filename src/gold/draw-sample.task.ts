import type pg from 'pg';
import { endWithThread } from '../platform/database/cancellable-client.js';
import { drawSample } from '../aggregation/index.js';
import { readBy, readCopy, sqlInteger } from '../platform/database/binary-copy-reader.js';
import { Connection } from '../platform/database/connection.js';
import { readFigure } from '../results/label-figures.js';
import { beginWithLabels } from '../results/old-rows.js';

export interface DrawTask {
  url: string;
  projectId: number;
  size: number;
  seed: number;
  /** By the uncertainty of the current soft labels; else with equal chances. */
  byUncertainty: boolean;
}

export interface Draw {
  /** Items without a gold answer. */
  frameItems: number;
  /** The run whose soft labels told the uncertainty. */
  runId: number | null;
  /** Null where there are fewer items than were asked for. */
  sample: { codes: Int32Array; probabilities: Float64Array } | null;
}

/** What a sure item has of the size of one that nothing is known of. Without it, a mistake that all are sure of could never be found. */
const SURE_SHARE = 0.1;

/** On a thread and a connection of its own: a project may have millions of items. Reads one moment of the project. */
export async function run({ url, projectId, size, seed, byUncertainty }: DrawTask): Promise<Draw> {
  const client = await Connection.open(url, 'assay gold sample');
  try {
    await endWithThread(client);
    await beginWithLabels(client, url, projectId);
    const { rows: [project] } = await client.query<{ itemCount: number; classCount: number; runId: number | null }>(
      `select next_item_code as "itemCount", cardinality(classes) as "classCount", current_run_id::float8 as "runId"
       from projects join project_codes on project_id = id where id = $1`, [projectId],
    );
    const { itemCount, classCount, runId } = project!;
    const hasGold = new Uint8Array(itemCount);
    for await (const rows of readCopy(client, `select item_code from gold_answers where project_id = ${sqlInteger(projectId)} and ended_seq is null`)) {
      while (rows.next()) hasGold[rows.int4()] = 1;
    }
    const entropies = byUncertainty ? await readEntropies(client, projectId, runId, itemCount, Math.log(classCount)) : null;
    // Codes go from 0 to N - 1 without a gap.
    const codes = Int32Array.from({ length: itemCount }, (_, code) => code).filter((code) => hasGold[code] === 0);
    const sizes = entropies ? Float64Array.from(codes, (code) => entropies[code]! + SURE_SHARE * Math.log(classCount)) : undefined;
    const sample = codes.length < size ? null : drawSample({ codes, sizes }, size, seed);
    return { frameItems: codes.length, runId: byUncertainty ? runId : null, sample };
  } finally {
    await client.end();
  }
}

/** N entropies in nats: of the current run's soft labels, or of what they have become since; the greatest where there is none. */
async function readEntropies(client: pg.Client, projectId: number, runId: number | null, itemCount: number, greatest: number): Promise<Float64Array> {
  const entropies = new Float64Array(itemCount).fill(greatest);
  if (runId == null) return entropies;
  const ofRun = await readFigure(readBy(client), { projectId, runId }, itemCount, 'entropy');
  ofRun.forEach((entropy, item) => {
    if (!Number.isNaN(entropy)) entropies[item] = entropy;
  });
  for await (const rows of readCopy(client, `select item_code, entropy from live_labels where project_id = ${sqlInteger(projectId)} and run_id = ${sqlInteger(runId)}`)) {
    while (rows.next()) {
      const item = rows.int4();
      entropies[item] = rows.float8();
    }
  }
  return entropies;
}
