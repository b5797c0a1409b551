import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { conflict, notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { Transactions } from '../platform/database/transaction.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { Run } from '../runs/run.entity.js';
import { requireResults } from '../runs/run-reader.js';
import { newestWatermark } from '../runs/watermark.js';
import { annotatorTable, softLabelTable, voteTable, type ExportTable } from './export-tables.js';

export const exportKinds = ['soft-labels', 'annotators', 'votes'] as const;
export type ExportKind = (typeof exportKinds)[number];

export interface ExportChoice {
  /** Global id of the run whose results are meant; the project's current one where left out. */
  run?: string;
  /** Votes: also those that have ended. */
  history?: boolean;
}

@Injectable()
export class ExportsService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** @throws CONFLICT where there are no results; NOT_FOUND for a run of another project. */
  async table(project: Project, kind: ExportKind, choice: ExportChoice): Promise<{ table: ExportTable; run: Run | null }> {
    if (kind === 'votes') {
      return { table: voteTable(this.source, project, await this.watermark(project.id), choice.history ?? false), run: null };
    }
    const run = await this.chooseRun(project, choice.run);
    const table = kind === 'soft-labels' ? softLabelTable : annotatorTable;
    return { table: table(this.source, project, run), run };
  }

  private async chooseRun(project: Project, id: string | undefined): Promise<Run> {
    if (id == null && project.currentRunId == null) throw conflict('the project has no results yet: start a run (startRun) and wait for its end');
    const [projectId, runId] = id == null ? [project.id, project.currentRunId!] : readGlobalId('Run', id);
    const run = projectId === project.id && runId != null ? await this.source.getRepository(Run).findOneBy({ projectId, id: runId }) : null;
    if (!run) throw notFound('run', id!);
    requireResults(run);
    return run;
  }

  private watermark(projectId: number): Promise<number> {
    return this.transactions.run(async (transaction) => {
      await lockVotes(transaction, projectId, 'exclusive');
      return newestWatermark(transaction, projectId);
    });
  }
}
