import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { formats } from '../formats/formats.js';
import { AssayError, conflict, invalid, notFound } from '../platform/errors.js';
import { globalId } from '../platform/global-id.js';
import { RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { Transactions } from '../platform/transaction.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import type { Run } from '../runs/run.entity.js';
import { requireResults, RunsService } from '../runs/runs.service.js';
import { newestWatermark } from '../runs/watermark.js';
import { annotatorTable, softLabelTable, voteTable, type ExportTable } from './export-tables.js';

/** Downloads, streamed: `/projects/:id/<what>.<format>`, the formats being those of the registry. */
@Controller('projects/:id')
export class ExportsController {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly access: ProjectAccess,
    private readonly runs: RunsService,
  ) {}

  @Get('soft-labels.:format')
  @RequiresScope('results:read')
  async softLabels(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query('run') run?: string) {
    const project = await this.access.find(request.assay!.principal!, id);
    const chosen = await this.chooseRun(request, project, run);
    return this.send(reply, 'soft-labels', format, softLabelTable(this.source, project, chosen.id), chosen);
  }

  @Get('annotators.:format')
  @RequiresScope('results:read')
  async annotators(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query('run') run?: string) {
    const project = await this.access.find(request.assay!.principal!, id);
    const chosen = await this.chooseRun(request, project, run);
    return this.send(reply, 'annotators', format, annotatorTable(this.source, project, chosen.id), chosen);
  }

  /** The votes that stand; with `?history=true` the whole log. */
  @Get('votes.:format')
  @RequiresScope('results:read')
  async votes(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query('history') history?: string) {
    const project = await this.access.find(request.assay!.principal!, id);
    if (history != null && history !== 'true' && history !== 'false') throw invalid(`history is ${JSON.stringify(history)}; it must be true or false`, 'history');
    const watermark = await this.transactions.run(async (transaction) => {
      await lockVotes(transaction, project.id, 'exclusive');
      return newestWatermark(transaction, project.id);
    });
    return this.send(reply, 'votes', format, voteTable(this.source, project, watermark, history === 'true'));
  }

  private async send(reply: FastifyReply, name: string, extension: string, table: ExportTable, run?: Run): Promise<void> {
    const format = formats.find((one) => one.extension === extension);
    if (!format) throw new AssayError('NOT_FOUND', `there is no ${name}.${extension}; there are: ${formats.map((one) => `${name}.${one.extension}`).join(', ')}`);
    void reply.header('content-type', format.contentTypes[0]).header('content-disposition', `attachment; filename="${name}.${extension}"`);
    if (run) void reply.header('x-assay-run', run.nodeId);
    await reply.send(Readable.from(format.write(table.columns, table.pages()), { objectMode: false }));
  }

  /** The run that was named, or the project's current one; with results. */
  private async chooseRun(request: RequestWithContext, project: Project, id: string | undefined): Promise<Run> {
    if (id == null && project.currentRunId == null) {
      throw conflict('the project has no results yet: start a run (startRun) and wait for its end');
    }
    const run = await this.runs.find(request.assay!.principal!, id ?? globalId('Run', project.id, project.currentRunId!));
    if (run.projectId !== project.id) throw notFound('run', id!);
    requireResults(run);
    return run;
  }
}
