import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { formats } from '../formats/formats.js';
import { within } from '../platform/budget.js';
import { AssayError, conflict, invalid } from '../platform/errors.js';
import { KeyWatch } from '../platform/key-watch.js';
import { onceGone } from '../platform/http/once-gone.js';
import { flagIn, oneIn, wholeIn } from '../platform/http/query.js';
import { Described } from '../platform/openapi.js';
import { readInPlace } from '../platform/place.js';
import { RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { downloads } from './exports.reference.js';
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
  @Described(...downloads)
  async download(
    @Req() request: RequestWithContext, @Res() reply: FastifyReply, @Param('id') id: string, @Param('format') extension: string,
    @Query() query: unknown,
  ): Promise<void> {
    const gone = new AbortController();
    // Without an end mark, as a download that breaks off.
    const leave = this.keys.watch(request.headers.authorization!, () => reply.raw.destroy());
    onceGone(reply.raw, () => {
      leave();
      gone.abort();
    });
    const table = exportTables.find(({ name }) => request.routeOptions.url!.endsWith(`/${name}.:format`))!;
    const project = await this.access.find(request.assay!.principal!, id);
    const format = formats.find((one) => one.extension === extension);
    if (!format) throw new AssayError('NOT_FOUND', `there is no ${table.name}.${extension}; there are: ${formats.map((one) => `${table.name}.${one.extension}`).join(', ')}`);
    // Fastify would read a whole table to answer HEAD with none of it.
    const isHead = request.method === 'HEAD';
    const reader = isHead ? null : { actor: actorOf(request.assay!), format: format.id };
    const { columns, rows, run, watermark, fingerprint } = await within(gone.signal, () => this.service.open(project, table, choiceIn(query), reader));
    const etag = fingerprint && `"${fingerprint}.${format.id}"`;
    // A refusal has another type: so it comes first.
    const skipped = skippedBytes(wholeIn(query, 'skipBytes', 'a whole number of bytes'), table.name, etag, request.headers['if-match']);
    void reply.header('content-type', format.contentTypes[0]).header('content-disposition', `attachment; filename="${table.name}.${extension}"`);
    if (run) void reply.header('x-assay-run', run.nodeId);
    if (watermark != null) void reply.header('x-assay-watermark', watermark);
    if (etag) void reply.header('etag', etag);
    if (isHead) return void await reply.send(Readable.from([]));
    const bytes = format.write(columns, readInPlace(request.place!, rows(gone.signal)));
    await reply.send(Readable.from(skipped > 0 ? behind(bytes, skipped) : bytes, { objectMode: false }));
  }
}

/**
 * How much of a file its reader has already. @throws INVALID_INPUT where it is not said of which file; CONFLICT where the file would be another one.
 */
function skippedBytes(asked: number | null, table: string, etag: string | null, wanted: string | undefined): number {
  if (asked == null) return 0;
  if (etag == null) throw invalid(`${table} are shown as they are when they are read, so that a download cannot go on where another was cut; download them anew, without skipBytes`, 'skipBytes');
  if (wanted == null) throw invalid('skipBytes needs the header If-Match with the etag of the download that was cut, so that no halves of two files are put together', 'skipBytes');
  if (wanted !== etag) {
    throw conflict(`the file is another one than that of the etag ${wanted}: name the run (run=, from x-assay-run) or the point of the log (watermark=, from x-assay-watermark) of the first answer, and the same choices; or download it anew`);
  }
  return asked;
}

/** All but the first `count` bytes. */
async function* behind(chunks: AsyncIterable<string | Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (left < bytes.length) yield bytes.subarray(left);
    left = Math.max(0, left - bytes.length);
  }
}

function choiceIn(query: unknown): ExportChoice {
  const one = (name: keyof ExportChoice) => oneIn(query, name) ?? undefined;
  return {
    run: one('run'), history: flagIn(query, 'history') || undefined, model: one('model'), version: one('version'),
    watermark: wholeIn(query, 'watermark', 'a number, as x-assay-watermark tells it') ?? undefined,
  };
}
