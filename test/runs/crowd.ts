import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import { simulateCrowd, type CrowdOptions } from '../../src/aggregation/index.js';
import { part } from '../../src/results/blocks.js';
import { readRecord } from '../../src/results/label-record.js';
import { eachRecord } from '../../src/results/stored-labels.js';
import type { Service } from '../setup/service.js';
import { until } from '../setup/until.js';

export const classNames = (K: number) => Array.from({ length: K }, (_, k) => `class ${k}`);

/** A project with the votes of a simulated crowd. @returns its global id and what was voted. */
export async function newCrowd(service: Service, options: CrowdOptions, seed = 1, rules: object = {}) {
  const { columns } = simulateCrowd(options, seed);
  const classes = classNames(columns.classCount);
  const projectId = await service.newProject({ classes, rules });
  const votes = Array.from(columns.items, (item, v) => ({ item: `i${item}`, annotator: `a${columns.annotators[v]}`, class: classes[columns.classes[v]!]! }));
  await submit(service, projectId, votes);
  return { projectId, votes, classes, columns };
}

export interface NamedVote {
  item: string;
  annotator: string;
  class: string;
}

export async function submit(service: Service, projectId: string, votes: NamedVote[]): Promise<void> {
  for (let from = 0; from < votes.length; from += 5000) {
    const { submitVotes } = await service.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`,
      { input: { projectId, votes: votes.slice(from, from + 5000) } },
    );
    if (submitVotes.counts.rejected > 0) throw new Error(`${submitVotes.counts.rejected} votes were rejected`);
  }
}

/** A crowd of 20,000 votes: a million passes over them take minutes. */
export const manyVotes = { items: 4000, annotators: 20, classes: 4, votesPerItem: 5 };

/** A run that only a cancel ends, where there are many votes. */
export const endless = { method: 'dawid-skene', options: { tolerance: 0, maxIterations: 1_000_000 } };

export async function startRun(service: Service, projectId: string, input: object = {}): Promise<string> {
  const { startRun: started } = await service.data(
    `mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId, ...input } },
  );
  return started.run.id;
}

export const RUN = `query ($id: ID!) { run(id: $id) {
  id method methodVersion options seed watermark origin makeCurrent status attempt phase iteration logLikelihood itemCount annotatorCount voteCount
  failure seconds createdAt startedAt finishedAt classPriors { class probability }
  diagnostics { iterations converged logLikelihoodTrace ties warnings } } }`;

export async function readRun(service: Service, id: string) {
  return (await service.data(RUN, { id })).run;
}

/** Waits for a state of the run. */
export async function untilRun(service: Service, id: string, holds: (run: { status: string; attempt: number; phase: string | null; iteration: number | null }) => boolean) {
  let run;
  try {
    return await until(async () => holds(run = await readRun(service, id)) && run, 'a state of a run');
  } catch (error) {
    throw new Error(`${(error as Error).message}, which is ${JSON.stringify(run)}`, { cause: error });
  }
}

export const ended = (run: { status: string }) => !['QUEUED', 'RUNNING'].includes(run.status);

/** Starts a run and waits for its success. */
export async function runToEnd(service: Service, projectId: string, input: object = {}) {
  const run = await untilRun(service, await startRun(service, projectId, input), ended);
  if (run.status !== 'SUCCEEDED') throw new Error(`the run ended ${run.status}: ${run.failure}`);
  return run;
}

/** The external ids of a project in the order of their codes. */
export async function codes(service: Service, projectId: string): Promise<{ items: string[]; annotators: string[] }> {
  const number = numbersOf(projectId)[0];
  const ids = async (table: 'items' | 'annotators') =>
    (await service.source.query<{ external_id: string }[]>(`select external_id from ${table} where project_id = $1 order by code`, [number])).map((row) => row.external_id);
  return { items: await ids('items'), annotators: await ids('annotators') };
}

/** The numbers in a global id: of the project, then within it. */
export function numbersOf(id: string): number[] {
  return Buffer.from(id, 'base64url').toString().split(':').slice(1).map(Number);
}

/** The stored results of a run, bit for bit: floats as the eight bytes they are. */
export async function storedBits(service: Service, runId: string): Promise<unknown> {
  const of = numbersOf(runId);
  return {
    softLabels: await service.source.query(
      `select part, block, first, first_item, starts, bytes from label_blocks where project_id = $1 and run_id = $2 order by part, block`, of),
    annotators: await service.source.query(
      `select annotator_code, votes, float8send(quality) q, float8send(accuracy) a, confusion_labels l, confusion_starts s, confusion_rows m
       from annotator_results where project_id = $1 and run_id = $2 order by annotator_code`, of),
  };
}

/** The stored soft labels of a run, in the order of item codes. */
export async function storedLabels(service: Service, runId: string, K: number): Promise<{ item: number; votes: number; probabilities: number[] }[]> {
  const blocks = await service.source.query<{ block: number; starts: number[]; bytes: Buffer }[]>(
    `select block, starts, bytes from label_blocks where project_id = $1 and run_id = $2 and part = ${part.labels} order by block`, numbersOf(runId));
  const labels: { item: number; votes: number; probabilities: number[] }[] = [];
  for (const { block, starts, bytes } of blocks) {
    eachRecord(block, starts, bytes, (item, view, at, end) => {
      const probabilities = new Float64Array(K);
      labels.push({ item, votes: readRecord(view, at, end, probabilities, 0, K), probabilities: Array.from(probabilities) });
    });
  }
  return labels;
}

export function socketClient(service: Service, key = service.key): Client {
  return createClient({
    url: `${service.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${key}` },
  });
}
