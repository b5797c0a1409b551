import { Controller, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findFormat, formatOfContentType, formats } from '../formats/formats.js';
import type { Format } from '../formats/format.js';
import { AssayError, invalid, limitExceeded } from '../platform/errors.js';
import { Config } from '../platform/config.js';
import { RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { BrokenUpload, BulkVotesService, type BulkAnswer } from './bulk-votes.service.js';

@Controller('projects/:id')
export class BulkVotesController {
  constructor(
    private readonly bulk: BulkVotesService,
    private readonly access: ProjectAccess,
    private readonly config: Config,
  ) {}

  /** The body is NDJSON or CSV, plain or gzip; rows that are refused are told in the answer, the others are stored. */
  @Post('votes')
  @HttpCode(200)
  @RequiresScope('votes:write')
  async upload(
    @Req() request: RequestWithContext, @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string, @Query('format') formatId: string | undefined, @Headers('content-type') contentType: string | undefined,
  ): Promise<BulkAnswer | object> {
    const { principal, idempotencyKey } = request.assay!;
    const project = await this.access.findOpen(principal!, id);
    const format = chooseFormat(formatId, contentType);
    try {
      return await this.bulk.load(project, format, this.bounded(request), idempotencyKey);
    } catch (error) {
      if (!(error instanceof BrokenUpload)) throw error;
      // What was committed before the break is told beside the error: with the same key, a mended file is not needed twice.
      void reply.status(error.status);
      return { error: { code: error.code, message: error.message, line: error.line, requestId: request.id }, ...error.tally };
    }
  }

  private async *bounded(request: FastifyRequest): AsyncGenerator<Uint8Array> {
    const limit = this.config.settings.MAX_BULK_BYTES;
    let bytes = 0;
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > limit) throw limitExceeded(`the upload is larger than ${limit} bytes (MAX_BULK_BYTES); send it in parts`);
      yield chunk;
    }
  }
}

function chooseFormat(id: string | undefined, contentType: string | undefined): Format {
  if (id != null) {
    try {
      return findFormat(id);
    } catch (error) {
      throw invalid((error as Error).message, 'format');
    }
  }
  const format = contentType == null ? undefined : formatOfContentType(contentType);
  if (!format) {
    const known = formats.map((one) => one.contentTypes[0]).join(' or ');
    throw new AssayError('INVALID_INPUT', `content-type ${JSON.stringify(contentType ?? '')} tells no format: send ${known}, or ?format=${formats.map((one) => one.id).join('|')}`, { status: 415 });
  }
  return format;
}
