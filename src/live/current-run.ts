import { Injectable } from '@nestjs/common';
import { int4Array } from '../platform/database/binary-array.js';
import type { Asked } from '../platform/database/prepared.js';
import { methods, type ConfusionMatrices } from '../aggregation/index.js';
import type { RunKey } from '../results/blocks.js';
import { MATRIX_COLUMNS, packedOf, unpackRow, type MatrixColumns, type PackedMatrix } from '../results/packed-matrix.js';
import { OldResults } from '../results/old-results.service.js';
import { readLabels } from '../results/stored-labels.js';

/** What a project's current run left behind for labels between runs. */
export interface CurrentRun {
  id: number;
  watermark: number;
  voteCount: number;
  /** Whether the run's own labels are moved on by the news, instead of being worked out anew from its confusion matrices. */
  moves: boolean;
  readsGold: boolean;
  /** K numbers. */
  classPriors: Float64Array;
  /** One matrix for annotators that the run did not know. */
  pooled: ConfusionMatrices;
}

/** Rows of one annotator's matrix: the classes used, and for each K probabilities. */
interface AnnotatorMatrix {
  labels: Int32Array;
  rows: PackedMatrix;
}

/** Bytes of matrices held over all runs. */
const CACHED_BYTES = 64 * 2 ** 20;
/** Beside a matrix's own bytes, about. */
const ENTRY_BYTES = 200;

/** Parameters of current runs, read once and kept while they are in use: a run's results never change. */
@Injectable()
export class CurrentRuns {
  private readonly runs = new Map<string, CurrentRun | null>();
  private readonly matrices = new Map<string, AnnotatorMatrix>();
  private cachedBytes = 0;

  constructor(private readonly old: OldResults) {}

  /** @returns null where no run is current, or where it left no parameters (a method without matrices over very many classes). */
  async of(database: Asked, projectId: number): Promise<CurrentRun | null> {
    const [row] = await database.query<{ id: number | null }>(`select current_run_id as id from projects where id = $1`, [projectId]);
    return row?.id == null ? null : this.byId(database, projectId, row.id);
  }

  async byId(database: Asked, projectId: number, runId: number): Promise<CurrentRun | null> {
    const key = `${projectId}:${runId}`;
    let run = this.runs.get(key);
    if (run === undefined) {
      await this.old.ready({ projectId, runId }, database);
      run = await readRun(database, projectId, runId);
      this.runs.set(key, run);
      if (this.runs.size > 1000) this.runs.delete(this.runs.keys().next().value!);
    }
    return run;
  }

  /**
   * One matrix for each of the annotators, in their order; empty for one the run did not know. Repeats allowed.
   * @param used for each of them the classes whose rows are wanted; all where left out
   */
  async matricesOf(database: Asked, projectId: number, run: CurrentRun, annotators: readonly number[], used?: readonly ReadonlySet<number>[]): Promise<ConfusionMatrices> {
    const K = run.classPriors.length;
    const prefix = `${projectId}:${run.id}:`;
    const missing = [...new Set(annotators)].filter((code) => !this.matrices.has(prefix + code));
    const read = missing.length > 0 ? await readMatrices(database, projectId, run.id, missing, K) : null;
    if (read) for (const [code, matrix] of read) this.remember(prefix + code, matrix);
    return joined(annotators.map((code) => read?.get(code) ?? this.matrices.get(prefix + code) ?? NONE), K, used);
  }

  /** K probabilities of each of the items that has a label: as they are now, by this run and what came since. */
  async labelsOf(database: Asked, key: RunKey, K: number, items: readonly number[]): Promise<Map<number, Float64Array>> {
    if (items.length === 0) return new Map();
    await this.old.ready(key, database);
    const labels = new Map(Array.from(await readLabels(database, key, K, items), ([code, { probabilities }]) => [code, probabilities]));
    const live = await database.query<{ code: number; row: string }>(LIVE, [key.projectId, key.runId, int4Array(items)]);
    for (const { code, row } of live) labels.set(code, Float64Array.from(row.split(' '), Number));
    return labels;
  }

  private remember(key: string, matrix: AnnotatorMatrix): void {
    this.matrices.set(key, matrix);
    this.cachedBytes += sizeOf(matrix);
    for (const [oldest, one] of this.matrices) {
      if (this.cachedBytes <= CACHED_BYTES) break;
      this.matrices.delete(oldest);
      this.cachedBytes -= sizeOf(one);
    }
  }
}

function sizeOf({ labels, rows }: AnnotatorMatrix): number {
  return ENTRY_BYTES + labels.byteLength + rows.starts.byteLength + rows.bytes.byteLength;
}

// As text: the driver's own reader of arrays takes them a character at a time.
const LIVE = `
  select item_code as code, array_to_string(probabilities, ' ') as row from live_labels where project_id = $1 and item_code = any($3::int4[]) and run_id = $2`;

const NONE: AnnotatorMatrix = { labels: new Int32Array(0), rows: { starts: new Int32Array(1), bytes: new Uint8Array(0) } };

async function readRun(database: Asked, projectId: number, runId: number): Promise<CurrentRun | null> {
  const [row] = await database.query<{ watermark: number; voteCount: number; method: string; implied: boolean; readsGold: boolean; priors: number[] | null; labels: number[] | null; values: number[] | null }>(
    `select watermark, vote_count as "voteCount", method_id as method, confusion_implied as implied, gold_count is not null as "readsGold", class_priors as priors, pooled_labels as labels, pooled_values as values
     from runs where project_id = $1 and id = $2`,
    [projectId, runId],
  );
  if (!row?.labels || !row.values || !row.priors) return null;
  return {
    id: runId, watermark: row.watermark, voteCount: row.voteCount, moves: row.implied || methods.find(({ id }) => id === row.method)?.liveLabels === 'moved', readsGold: row.readsGold, classPriors: Float64Array.from(row.priors),
    pooled: { offsets: Int32Array.of(0, row.labels.length), labels: Int32Array.from(row.labels), values: Float64Array.from(row.values) },
  };
}

async function readMatrices(database: Asked, projectId: number, runId: number, annotators: readonly number[], K: number): Promise<Map<number, AnnotatorMatrix>> {
  const rows = await database.query<MatrixColumns & { code: number; labels: number[] | null }>(
    `select annotator_code as code, confusion_labels as labels, ${MATRIX_COLUMNS} from annotator_results where project_id = $1 and run_id = $2 and annotator_code = any($3)`,
    [projectId, runId, annotators],
  );
  const found = new Map(annotators.map((code) => [code, NONE]));
  for (const { code, labels, ...columns } of rows) {
    const packed = packedOf(columns, K);
    if (labels && packed) found.set(code, { labels: Int32Array.from(labels), rows: packed });
  }
  return found;
}

function joined(matrices: readonly AnnotatorMatrix[], K: number, used?: readonly ReadonlySet<number>[]): ConfusionMatrices {
  const wanted = matrices.map(({ labels }, i) => [...labels.keys()].filter((row) => used?.[i]!.has(labels[row]!) ?? true));
  const offsets = new Int32Array(matrices.length + 1);
  wanted.forEach((rows, i) => (offsets[i + 1] = offsets[i]! + rows.length));
  const labels = new Int32Array(offsets[matrices.length]!);
  const values = new Float64Array(labels.length * K);
  matrices.forEach((matrix, i) => wanted[i]!.forEach((row, n) => {
    const place = offsets[i]! + n;
    labels[place] = matrix.labels[row]!;
    unpackRow(matrix.rows, row, K, values, place * K);
  }));
  return { offsets, labels, values };
}
