import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFigure } from '../../src/results/label-figures.js';
import { rowsToBlocks } from '../../src/results/old-rows.js';
import { MATRIX_COLUMNS, matrixOf, type MatrixColumns } from '../../src/results/packed-matrix.js';
import { readInLane } from '../../src/platform/database/binary-copy-reader.js';
import { Connection } from '../../src/platform/database/connection.js';
import { newCrowd, numbersOf, runToEnd, storedBits, storedLabels } from '../runs/crowd.js';
import { atRest } from '../setup/at-rest.js';
import { startBeside, startService, type Service } from '../setup/service.js';

const K = 3;
let home: Service;

beforeAll(async () => { home = await startService(); });
afterAll(() => home.stop());

/** A run of top-two whose labels have the form that older versions gave them, and what they were before. */
async function oldRun() {
  const { projectId } = await newCrowd(home, { items: 600, annotators: 12, classes: K, votesPerItem: 3 }, 5, { minVotes: 6, maxVotes: 9, policy: 'information-gain', explorationShare: 0 });
  const run = await runToEnd(home, projectId, { method: 'top-two' });
  await atRest(home);
  const answer = await ask(home, projectId);
  const bits = await storedBits(home, run.id);
  const [number, runNumber] = numbersOf(run.id);
  const names = ((await home.source.query(`select item_findings as names from runs where id = $1`, [runNumber]))[0] as { names: string[] }).names;
  const columns = await Promise.all(names.map((_, f) => readFigure(readInLane(home.source), { projectId: number!, runId: runNumber! }, 600, f)));
  const labels = await storedLabels(home, run.id, K);
  await home.source.transaction(async (transaction) => {
    for (const { item, votes, probabilities } of labels) {
      const found = columns.map((column) => String(column[item]));
      await transaction.query(
        `insert into soft_labels (project_id, run_id, item_code, votes, consensus, tie, confidence, entropy, probabilities, findings) values ($1, $2, $3, $4, 0, false, 0, 0, $5, $6::text[]::float8[])`,
        [number, runNumber, item, votes, probabilities, found],
      );
    }
    const matrices: (MatrixColumns & { code: number })[] = await transaction.query(`select annotator_code as code, ${MATRIX_COLUMNS} from annotator_results where run_id = $1`, [runNumber]);
    for (const { code, ...columns } of matrices) {
      await transaction.query(
        `update annotator_results set confusion_values = $3, confusion_starts = null, confusion_rows = null where run_id = $1 and annotator_code = $2`, [runNumber, code, Array.from(matrixOf(columns, K)!)],
      );
    }
    await transaction.query(`delete from label_blocks where run_id = $1`, [runNumber]);
    await transaction.query(`update runs set label_rows = true, label_blocks_since = null where id = $1`, [runNumber]);
  });
  return { projectId, run, answer, bits };
}

async function labelsOf(service: Service, id: string): Promise<object> {
  const { project } = await service.data(
    `query ($id: ID!) { project(id: $id) {
      all: softLabels(first: 700) { nodes { item { externalId } probabilities votes topTwo { first second confusionProbability { value } } } }
      confusing: softLabels(first: 5, orderBy: { field: CONFUSION_PROBABILITY, direction: DESC }) { nodes { item { externalId } } }
      rare: softLabels(first: 5, filter: { class: "class 1", confidence: { max: 0.9 } }, orderBy: { field: ENTROPY }) { nodes { item { externalId } entropy } }
      items(first: 20) { nodes { softLabel { confidence } } }
      annotators(first: 3) { nodes { externalId confusionMatrix { rows { vote probabilities } } reliabilityTimeline(votes: 50) { nodes { agreement } } } } } }`, { id },
  );
  return project;
}

const ask = async (service: Service, id: string) => ({ project: await labelsOf(service, id), file: await download(service, id), matrices: await download(service, id, 'confusion-matrices') });

async function download(service: Service, id: string, table = 'soft-labels'): Promise<string> {
  const file = await service.http().get(`/projects/${id}/${table}.csv`).set('authorization', `Bearer ${service.key}`).expect(200);
  return file.text;
}

/** Matrices keep the form they have. */
const labelBits = (bits: unknown) => (bits as { softLabels: unknown }).softLabels;

const formOf = async (run: { id: string }) => (await home.source.query(
  `select label_rows as rows, label_blocks_since is not null as blocks, (select count(*)::int from soft_labels where run_id = runs.id) as left from runs where id = $1`, [numbersOf(run.id)[1]],
))[0] as object;

describe('labels that an older version kept as rows', () => {
  it('are in blocks once somebody asks, are asked for by several at once, and are what they were to the bit', async () => {
    const idle = await startBeside(home, { ASSAY_WORK: 'false' });
    try {
      const { projectId, run, answer, bits } = await oldRun();
      const [file, matrices, ...answers] = await Promise.all([download(idle, projectId), download(idle, projectId, 'confusion-matrices'), ...Array.from({ length: 4 }, () => labelsOf(idle, projectId))]);
      expect([file, matrices]).toEqual([answer.file, answer.matrices]);
      for (const one of answers) expect(one).toEqual(answer.project);
      expect(labelBits(await storedBits(home, run.id))).toEqual(labelBits(bits));
      // Processes of the older version read them for a while.
      expect(await formOf(run)).toEqual({ rows: true, blocks: true, left: 600 });
    } finally {
      await idle.stop();
    }
  });

  it('are in blocks though nobody asks, and their rows go a day later', async () => {
    const { projectId, run, answer, bits } = await oldRun();
    await atRest(home);
    expect(labelBits(await storedBits(home, run.id))).toEqual(labelBits(bits));
    expect(await formOf(run)).toEqual({ rows: true, blocks: true, left: 600 });
    await home.source.query(`update runs set label_blocks_since = label_blocks_since - interval '25 hours' where id = $1`, [numbersOf(run.id)[1]]);
    await atRest(home);
    expect(await formOf(run)).toEqual({ rows: false, blocks: true, left: 0 });
    expect(await ask(home, projectId)).toEqual(answer);
  });

  it('are rows or blocks and never between: who is lost amid the work leaves rows, and of two one does it', async () => {
    const { run, bits } = await oldRun();
    const [projectId, runId] = numbersOf(run.id) as [number, number];
    await atRest(home);
    await home.source.query(`delete from label_blocks where run_id = $1`, [runId]);
    const [lost, one, other] = await Promise.all([1, 2, 3].map(() => Connection.open(home.databaseUrl, 'test of old results')));
    await home.source.query(`update runs set label_blocks_since = null where id = $1`, [runId]);
    await lost!.query('begin');
    expect(await rowsToBlocks(lost!, home.databaseUrl, { projectId, runId })).toBe(true);
    await lost!.end();
    await Promise.all([one!, other!].map((client) => client.query('begin')));
    const done = await Promise.all([one!, other!].map(async (client) => {
      const mine = await rowsToBlocks(client, home.databaseUrl, { projectId, runId });
      await client.query('commit');
      return mine;
    }));
    expect(done.filter((mine) => mine).length).toBeLessThanOrEqual(1);
    await Promise.all([one!, other!].map((client) => client.end()));
    await atRest(home);
    expect(labelBits(await storedBits(home, run.id))).toEqual(labelBits(bits));
  });

  it('are read as blocks by whoever gives items by what an answer would tell', async () => {
    const idle = await startBeside(home, { ASSAY_WORK: 'false' });
    try {
      const { projectId, run, bits } = await oldRun();
      const { nextItems } = await idle.data(`mutation ($id: ID!) { nextItems(input: { projectId: $id, annotator: "new", count: 5 }) { leases { item strategy } } }`, { id: projectId });
      expect(nextItems.leases.map(({ strategy }: { strategy: string }) => strategy)).toEqual(Array(5).fill('information-gain'));
      expect(labelBits(await storedBits(home, run.id))).toEqual(labelBits(bits));
    } finally {
      await idle.stop();
    }
  });
});
