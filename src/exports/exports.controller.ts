import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { formats } from '../formats/formats.js';
import { within } from '../platform/budget.js';
import { AssayError, invalid } from '../platform/errors.js';
import { KeyWatch } from '../platform/key-watch.js';
import { readInPlace } from '../platform/place.js';
import { RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { exportTables } from './export-tables.js';
import { ExportsService } from './exports.service.js';
import type { ExportChoice } from './tables/table.js';

/** Downloads, streamed: `/projects/:id/<table>.<format>`, both of their registries. */
@Controller('projects/:id')
export class ExportsController {
  constructor(
    private readonly service: ExportsService,
    private readonly access: ProjectAccess,
    private readonly keys: KeyWatch,
  ) {}

  @Get(exportTables.map(({ name }) => `${name}.:format`))
  @RequiresScope('results:read')
  async download(
    @Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') extension: string,
    @Query() query: Record<string, string | string[] | undefined>,
  ): Promise<void> {
    const table = exportTables.find(({ name }) => request.routeOptions.url!.endsWith(`/${name}.:format`))!;
    const project = await this.access.find(request.assay!.principal!, id);
    const format = formats.find((one) => one.extension === extension);
    if (!format) throw new AssayError('NOT_FOUND', `there is no ${table.name}.${extension}; there are: ${formats.map((one) => `${table.name}.${one.extension}`).join(', ')}`);
    const gone = new AbortController();
    // Without an end mark, as a download that breaks off.
    const leave = this.keys.watch(request.headers.authorization!, () => reply.raw.destroy());
    reply.raw.once('close', () => {
      leave();
      gone.abort();
    });
    // Fastify would read a whole table to answer HEAD with none of it.
    const isHead = request.method === 'HEAD';
    const reader = isHead ? null : { actor: actorOf(request.assay!), format: format.id };
    const { columns, rows, run } = await within(gone.signal, () => this.service.open(project, table, choiceIn(query), reader));
    void reply.header('content-type', format.contentTypes[0]).header('content-disposition', `attachment; filename="${table.name}.${extension}"`);
    if (run) void reply.header('x-assay-run', run.nodeId);
    if (isHead) return void await reply.send(Readable.from([]));
    await reply.send(Readable.from(format.write(columns, readInPlace(request.place!, rows(gone.signal))), { objectMode: false }));
  }
}

/** @throws INVALID_INPUT for a parameter that is given twice (it arrives as a list), and for one that is no flag. */
function choiceIn(query: Record<string, string | string[] | undefined>): ExportChoice {
  const one = (name: keyof ExportChoice): string | undefined => {
    const value = query[name];
    if (value != null && typeof value !== 'string') throw invalid(`${name} is given more than once`, name);
    return value;
  };
  const history = one('history');
  if (history != null && history !== 'true' && history !== 'false') throw invalid(`history is ${JSON.stringify(history)}; it must be true or false`, 'history');
  return { run: one('run'), history: history === 'true' ? true : undefined, model: one('model'), version: one('version') };
}
