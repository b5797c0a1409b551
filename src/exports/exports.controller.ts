import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { formats } from '../formats/formats.js';
import { AssayError, invalid } from '../platform/errors.js';
import { RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { ExportsService, type ExportChoice, type ExportKind } from './exports.service.js';

interface Choice {
  run?: string;
  history?: string;
}

/** Downloads, streamed: `/projects/:id/<what>.<format>`, the formats being those of the registry. */
@Controller('projects/:id')
export class ExportsController {
  constructor(
    private readonly service: ExportsService,
    private readonly access: ProjectAccess,
  ) {}

  @Get('soft-labels.:format')
  @RequiresScope('results:read')
  softLabels(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query() choice: Choice) {
    return this.send(request, reply, id, 'soft-labels', format, choice);
  }

  @Get('annotators.:format')
  @RequiresScope('results:read')
  annotators(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query() choice: Choice) {
    return this.send(request, reply, id, 'annotators', format, choice);
  }

  /** The votes that stand; with `?history=true` the whole log. */
  @Get('votes.:format')
  @RequiresScope('results:read')
  votes(@Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') format: string, @Query() choice: Choice) {
    return this.send(request, reply, id, 'votes', format, choice);
  }

  private async send(request: RequestWithContext, reply: FastifyReply, id: string, kind: ExportKind, extension: string, choice: Choice): Promise<void> {
    const project = await this.access.find(request.assay!.principal!, id);
    const format = formats.find((one) => one.extension === extension);
    if (!format) throw new AssayError('NOT_FOUND', `there is no ${kind}.${extension}; there are: ${formats.map((one) => `${kind}.${one.extension}`).join(', ')}`);
    const { table, run } = await this.service.table(project, kind, checked(choice));
    void reply.header('content-type', format.contentTypes[0]).header('content-disposition', `attachment; filename="${kind}.${extension}"`);
    if (run) void reply.header('x-assay-run', run.nodeId);
    await reply.send(Readable.from(format.write(table.columns, table.pages()), { objectMode: false }));
  }
}

/** A parameter given twice arrives as a list. */
function checked({ run, history }: Choice): ExportChoice {
  if (run != null && typeof run !== 'string') throw invalid('run is given more than once', 'run');
  if (history != null && history !== 'true' && history !== 'false') throw invalid(`history is ${JSON.stringify(history)}; it must be true or false`, 'history');
  return { run, history: history === 'true' };
}
