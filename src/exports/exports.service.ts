import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CellValue } from '../formats/text/writer.js';
import { conflict, invalid, notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { Transactions } from '../platform/database/transaction.js';
import { textFault } from '../platform/text.js';
import { PredictionModels, type VersionFacts } from '../predictions/prediction-models.service.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { OldResults } from '../results/old-results.service.js';
import { Run } from '../runs/run.entity.js';
import { requireResults } from '../runs/run-reader.js';
import { newestWatermark } from '../runs/watermark.js';
import { Downloads } from './reading/downloads.js';
import { pieces } from './reading/pieces.js';
import type { ExportChoice, ExportTable, Facts, OpenTable } from './tables/table.js';

/** A table on its way to a file: its columns, and its rows in pieces of a few thousand, so that memory stays constant. */
export interface Export {
  columns: readonly string[];
  /** Ends, and its statement is cancelled, once the signal comes. A row has its cells until the next is asked for. */
  readonly rows: (signal: AbortSignal) => AsyncGenerator<Iterable<CellValue[]>>;
  run: Run | null;
  watermark: number | null;
  /** What settles each byte of a file of one format; null where that changes while the project is worked on. */
  fingerprint: string | null;
}

@Injectable()
export class ExportsService implements Facts {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly downloads: Downloads,
    private readonly models: PredictionModels,
    private readonly audit: Audit,
    private readonly old: OldResults,
  ) {}

  /**
   * @param reader told in the audit log before, where the workspace asks for that; null for one who is given no rows
   * @throws INVALID_INPUT for a choice that the table does not heed; and what the table tells of those it does.
   */
  async open(project: Project, table: ExportTable, choice: ExportChoice, reader: { actor: Actor; format: string } | null): Promise<Export> {
    const stray = (Object.keys(choice) as (keyof ExportChoice)[]).find((name) => choice[name] != null && !table.choices.includes(name));
    if (stray) throw invalid(`${table.name} take no ${stray}${table.choices.length > 0 ? `; they take: ${table.choices.join(', ')}` : ''}`, stray);
    const open = await table.open(project, this, choice);
    if (reader) await this.audit.recordRead(reader.actor, 'download', project.id, { ...choice, table: table.name, format: reader.format, run: open.run?.nodeId });
    const columns = open.columns ?? open.sequences[0]!.columns.flatMap(({ names }) => names);
    const { history, model, version } = choice;
    return {
      columns,
      rows: (signal) => this.rows(open, signal),
      run: open.run ?? null,
      watermark: open.watermark ?? null,
      fingerprint: open.isFixed ? fingerprintOf([project.id, table.name, open.run?.id, open.watermark, history, model, version, columns, project.classes]) : null,
    };
  }

  async run(project: Project, { run: id }: ExportChoice): Promise<Run> {
    if (id == null && project.currentRunId == null) throw conflict('the project has no results yet: start a run (startRun) and wait for its end');
    const [projectId, runId] = id == null ? [project.id, project.currentRunId!] : readGlobalId('Run', id);
    const run = projectId === project.id && runId != null ? await this.source.getRepository(Run).findOneBy({ projectId, id: runId }) : null;
    if (!run) throw notFound('run', id!);
    requireResults(run);
    return run;
  }

  labelsReady({ projectId, id }: Run): Promise<void> {
    return this.old.ready({ projectId, runId: id });
  }

  async confusion({ projectId, id }: Run): Promise<{ implied: boolean; hasEvidence: boolean }> {
    // All matrices of a run have it, or none.
    const [row] = await this.source.query<{ implied: boolean | null; hasEvidence: boolean | null }[]>(
      `select confusion_implied as implied, (
         select confusion_evidence is not null from annotator_results result
         where result.project_id = runs.project_id and result.run_id = runs.id and confusion_labels is not null order by annotator_code limit 1
       ) as "hasEvidence" from runs where project_id = $1 and id = $2`,
      [projectId, id],
    );
    return { implied: row?.implied ?? false, hasEvidence: row?.hasEvidence ?? false };
  }

  async watermark({ id }: Project, { watermark: asked }: ExportChoice): Promise<number> {
    const newest = await this.transactions.run(async (transaction) => {
      await lockVotes(transaction, id, 'exclusive');
      return newestWatermark(transaction, id);
    });
    if (asked != null && asked > newest) throw invalid(`watermark is ${asked}, and the project's log ends at ${newest}`, 'watermark');
    return asked ?? newest;
  }

  async versions({ id }: Project, { model, version }: ExportChoice): Promise<VersionFacts[]> {
    if (model == null && version != null) throw invalid('version is given without its model', 'version');
    const absent = [model, version].find((name) => name != null && textFault(name) != null);
    if (absent != null) throw notFound('prediction model or version', JSON.stringify(absent));
    if (model != null && version != null) return [await this.models.byName(id, model, version)];
    const current = await this.models.current(id);
    const chosen = model == null ? current : current.filter((one) => one.model === model);
    if (model != null && chosen.length === 0) throw notFound('prediction model with a version that is read', model);
    return chosen;
  }

  private async* rows({ sequences, expand, run }: OpenTable, signal: AbortSignal): AsyncGenerator<Iterable<CellValue[]>> {
    for (const sequence of sequences) {
      for await (const rows of pieces(this.downloads, sequence, signal)) yield expand ? expanded(rows, expand) : rows;
    }
    // Results that were dropped meanwhile must not pass for a whole file.
    if (run) requireResults(await this.source.getRepository(Run).findOneByOrFail({ projectId: run.projectId, id: run.id }));
  }
}

function* expanded(rows: Iterable<CellValue[]>, expand: NonNullable<OpenTable['expand']>): Generator<CellValue[]> {
  for (const cells of rows) yield* expand(cells);
}

function fingerprintOf(facts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url');
}
