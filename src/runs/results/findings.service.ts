import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { findingsOf, type ConfusablePair, type FindingSpec } from '../../aggregation/index.js';
import type { RequestContext } from '../../platform/request-context.js';
import { OldResults } from '../../results/old-results.service.js';
import { readItemFindings } from '../../results/stored-labels.js';
import type { Run } from '../run.entity.js';
import { RunReader } from '../run-reader.js';
import type { Finding } from './finding.entity.js';

/** What a run found about one thing: by name, null for what is unknown. */
export type FoundNumbers = ReadonlyMap<string, number | null>;

/** The pairs of a run, and the matrix of all its annotators together. */
export interface RunPairs {
  pairs: ConfusablePair[];
  pooledLabels: number[] | null;
  pooledValues: number[] | null;
}

/** What runs found beyond soft labels. All that is asked for at once is one statement. */
@Injectable()
export class FindingsService {
  constructor(
    private readonly source: DataSource,
    private readonly runs: RunReader,
    private readonly old: OldResults,
  ) {}

  /** @returns null where the run's method finds nothing about items, or the item had no label in it. */
  async ofItem(context: RequestContext, projectId: number, runId: number, itemCode: number): Promise<FoundNumbers | null> {
    const run = await this.runs.load(context, projectId, runId);
    return run?.itemFindings ? this.loadOfItem(context, run, run.itemFindings, itemCode) : null;
  }

  async ofAnnotator(context: RequestContext, projectId: number, runId: number, annotatorCode: number): Promise<FoundNumbers | null> {
    const run = await this.runs.load(context, projectId, runId);
    return run?.annotatorFindings ? this.loadOfAnnotator(context, run, run.annotatorFindings, annotatorCode) : null;
  }

  /** @returns null where the run does not find items' two answers. */
  async pairs(projectId: number, runId: number): Promise<RunPairs | null> {
    const [row]: RunPairs[] = await this.source.query(
      `select confusable_pairs as pairs, pooled_labels as "pooledLabels", pooled_values as "pooledValues" from runs where project_id = $1 and id = $2`, [projectId, runId],
    );
    return row?.pairs ? row : null;
  }

  private loadOfItem(context: RequestContext, run: Run, names: readonly string[], code: number): Promise<FoundNumbers | null> {
    const key = { projectId: run.projectId, runId: run.id };
    return context.loader<number, FoundNumbers>(`findings:items:${run.projectId}:${run.id}`, async (codes) => {
      if (!run.labelBlocksSince) await this.old.ready(key);
      const found = await readItemFindings(this.source, key, names.length, codes);
      return codes.map((one) => (found.has(one) ? byName(names, found.get(one)!) : null));
    }).load(code);
  }

  private loadOfAnnotator(context: RequestContext, run: Run, names: readonly string[], code: number): Promise<FoundNumbers | null> {
    return context.loader<number, FoundNumbers>(`findings:annotators:${run.projectId}:${run.id}`, async (codes) => {
      const rows: { code: number; findings: number[] }[] = await this.source.query(
        `select annotator_code as code, findings from annotator_results where project_id = $1 and run_id = $2 and annotator_code = any($3) and findings is not null`, [run.projectId, run.id, codes],
      );
      const found = new Map(rows.map((row) => [row.code, byName(names, row.findings)]));
      return codes.map((one) => found.get(one) ?? null);
    }).load(code);
  }
}

function byName(names: readonly string[], numbers: ArrayLike<number>): FoundNumbers {
  return new Map(names.map((name, i) => [name, finiteOrNull(numbers[i]!)]));
}

/** @param of the class or model that the number is about */
export function toFinding({ projectId, id }: Run, spec: FindingSpec, value: number | null, classes: readonly string[], of: string | null = null): Finding {
  const isClass = spec.type === 'class';
  return {
    projectId, runId: id, name: spec.name, value: isClass ? null : value, class: isClass && value != null ? classes[value] ?? null : null, of,
    meaning: spec.meaning, live: false,
  };
}

/** What was found about one item or annotator, in the order of the method's record. */
export function listed(found: FoundNumbers, run: Run, per: 'item' | 'annotator', classes: readonly string[]): Finding[] {
  return findingsOf(run.methodId, per).filter(({ name }) => found.has(name)).map((spec) => toFinding(run, spec, found.get(spec.name)!, classes));
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
