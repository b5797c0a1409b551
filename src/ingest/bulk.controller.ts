import { Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findReadableFormat, formatOfContentType, readableFormats } from '../formats/formats.js';
import { plainBytes } from '../formats/text/plain-bytes.js';
import type { ReadableFormat } from '../formats/rows/format.js';
import type { Table } from '../formats/rows/table.js';
import { GoldService } from '../gold/gold.service.js';
import { ItemsService } from '../items/items.service.js';
import { AssayError, invalid, limitExceeded } from '../platform/errors.js';
import { Config } from '../platform/config.js';
import { givenType, streamed } from '../platform/http/http.js';
import { onceGone } from '../platform/http/once-gone.js';
import { Described } from '../platform/openapi.js';
import { KeyWatch } from '../platform/key-watch.js';
import { mayUse, RequiresScope } from '../platform/principal.js';
import type { RequestWithContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { PredictionsService } from '../predictions/predictions.service.js';
import { VotesService } from '../votes/votes.service.js';
import { uploads } from './bulk.reference.js';
import { withColumns, type BulkSink } from './bulk-sink.js';
import { BrokenUpload, BulkService, type BulkAnswer } from './bulk.service.js';
import { type ForeignAnswer, ForeignImportService } from './foreign-import.service.js';
import { asParameters, type ForeignUpload, foreignUploadIn, withUpload } from './foreign-upload.js';
import { goldSink } from './gold-sink.js';
import { itemsSink } from './items-sink.js';
import { predictionsSink } from './predictions-sink.js';
import { flagIn, oneIn } from '../platform/http/query.js';
import { versionIn } from './version-in-query.js';
import { votesSink } from './votes-sink.js';

/** Files of rows: NDJSON or CSV, plain or gzip, or Parquet; votes also as other platforms have them. Rows that are refused are told in the answer, the others are stored. */
@Controller('projects/:id')
export class BulkController {
  constructor(
    private readonly bulk: BulkService,
    private readonly votes: VotesService,
    private readonly items: ItemsService,
    private readonly predictions: PredictionsService,
    private readonly gold: GoldService,
    private readonly access: ProjectAccess,
    private readonly config: Config,
    private readonly keys: KeyWatch,
    private readonly foreign: ForeignImportService,
  ) {}

  @Post('votes')
  @HttpCode(200)
  @Described(uploads.votes)
  @RouteConfig(streamed)
  @RequiresScope('votes:write')
  uploadVotes(@Req() request: RequestWithContext, @Res({ passthrough: true }) reply: FastifyReply, @Param('id') id: string) {
    const foreign = foreignUploadIn(request.query);
    if (foreign) return this.uploadForeign(request, reply, id, foreign);
    return this.upload(request, reply, id, (project) => votesSink(this.votes, project, flagIn(request.query, 'wide') ?? false));
  }

  @Post('items')
  @HttpCode(200)
  @Described(uploads.items)
  @RouteConfig(streamed)
  @RequiresScope('votes:write')
  uploadItems(@Req() request: RequestWithContext, @Res({ passthrough: true }) reply: FastifyReply, @Param('id') id: string) {
    return this.upload(request, reply, id, (project) => itemsSink(this.items, project));
  }

  @Post('gold')
  @HttpCode(200)
  @Described(uploads.gold)
  @RouteConfig(streamed)
  @RequiresScope('project:admin')
  uploadGold(@Req() request: RequestWithContext, @Res({ passthrough: true }) reply: FastifyReply, @Param('id') id: string) {
    return this.upload(request, reply, id, (project) => goldSink(this.gold, project, actorOf(request.assay!)));
  }

  /** The version comes by the query: model, version, outOfSample, trainingWatermark, complete. */
  @Post('predictions')
  @HttpCode(200)
  @Described(uploads.predictions)
  @RouteConfig(streamed)
  @RequiresScope('votes:write')
  uploadPredictions(@Req() request: RequestWithContext, @Res({ passthrough: true }) reply: FastifyReply, @Param('id') id: string) {
    return this.upload(request, reply, id, (project) => predictionsSink(this.predictions, project, actorOf(request.assay!), versionIn(request.query)));
  }

  /** A file of another platform, which may bring items, gold answers and predictions beside votes. */
  private async uploadForeign(request: RequestWithContext, reply: FastifyReply, id: string, upload: ForeignUpload): Promise<ForeignAnswer> {
    const { principal } = request.assay!;
    const project = await this.access.findOpen(principal!, id);
    const coding = chooseCoding(request.headers['content-encoding']);
    const { MAX_UNPACKED_BYTES } = this.config.settings;
    const answer = await withUpload(decoded(this.bounded(request, reply), coding, MAX_UNPACKED_BYTES), upload, project, MAX_UNPACKED_BYTES, (files) =>
      this.foreign.load(project, actorOf(request.assay!), files, { dryRun: upload.dryRun, mayGold: mayUse(principal!, 'project:admin') }));
    return {
      ...answer, notes: answer.notes.map(asParameters),
      refusals: answer.refusals.map((refusal) => ({ ...refusal, message: asParameters(refusal.message) })),
    };
  }

  private async upload<T extends Table, Count extends string>(
    request: RequestWithContext, reply: FastifyReply, id: string, sinkFor: (project: Project) => BulkSink<T, Count>,
  ): Promise<BulkAnswer<Count> | object> {
    const { principal, idempotencyKey } = request.assay!;
    const project = await this.access.findOpen(principal!, id);
    const { query } = request;
    const sink = named(sinkFor(project), oneIn(query, 'map'));
    if (flagIn(query, 'wide') && !sink.table.wide) throw invalid(`a ${sink.table.row} has no annotators, whose columns a wide table has; leave out wide`, 'wide');
    const format = chooseFormat(oneIn(query, 'format'), givenType(request));
    const coding = chooseCoding(request.headers['content-encoding']);
    const { MAX_UNPACKED_BYTES } = this.config.settings;
    try {
      return await this.bulk.load(project, sink, format, decoded(this.bounded(request, reply), coding, MAX_UNPACKED_BYTES), idempotencyKey, MAX_UNPACKED_BYTES);
    } catch (error) {
      if (!(error instanceof BrokenUpload)) throw error;
      // What was committed before the break is told beside the error: with the same key, a mended file is not needed twice.
      void reply.status(error.status);
      return { error: { code: error.code, message: error.message, line: error.line, requestId: request.id }, ...error.tally };
    }
  }

  private async *bounded(request: FastifyRequest, reply: FastifyReply): AsyncGenerator<Uint8Array> {
    const limit = this.config.settings.MAX_BULK_BYTES;
    let bytes = 0;
    let isInForce = true;
    const leave = this.keys.watch(request.headers.authorization!, () => {
      isInForce = false;
      // Whose next bytes come is told; who sends none is not waited for.
      setTimeout(() => request.raw.destroy(), 2000).unref();
    });
    onceGone(reply.raw, leave);
    // Destroyed, as a loop that is left does, a request would leave its connection open and never read again.
    for await (const chunk of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      if (!isInForce) throw new AssayError('UNAUTHENTICATED', 'this API key is not in force any more');
      bytes += chunk.length;
      if (bytes > limit) throw limitExceeded(`the upload is larger than ${limit} bytes (MAX_BULK_BYTES); send it in parts`);
      yield chunk;
    }
  }
}

/** The sink with the columns called as `?map=item=task_id,annotator=worker_id` says. @throws INVALID_INPUT */
function named<T extends Table, Count extends string>(sink: BulkSink<T, Count>, map: string | null): BulkSink<T, Count> {
  try {
    return withColumns(sink, map);
  } catch (error) {
    throw invalid((error as Error).message, 'map');
  }
}

type Coding = 'gzip' | null;

/** @throws INVALID_INPUT (415) for a coding that is not undone here: its bytes would be read as rows. */
function chooseCoding(header: string | undefined): Coding {
  const coding = header?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '') return null;
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  throw new AssayError('INVALID_INPUT', `content-encoding ${JSON.stringify(header)} is not read: send gzip, or the rows as they are`, { status: 415 });
}

function decoded(bytes: AsyncIterable<Uint8Array>, coding: Coding, maxUnpackedBytes: number): AsyncIterable<Uint8Array> {
  return coding === 'gzip' ? plainBytes(bytes, true, maxUnpackedBytes) : bytes;
}

function chooseFormat(id: string | null, contentType: string | undefined): ReadableFormat {
  if (id != null) {
    try {
      return findReadableFormat(id);
    } catch (error) {
      throw invalid((error as Error).message, 'format');
    }
  }
  const format = contentType == null ? undefined : formatOfContentType(contentType);
  if (!format) {
    const known = readableFormats.flatMap(({ contentTypes }) => contentTypes.map((type) => type.split(';')[0])).join(', ');
    throw new AssayError('INVALID_INPUT', `content-type ${JSON.stringify(contentType ?? '')} tells no format; those that do: ${known}; or send ?format=${readableFormats.map((one) => one.id).join('|')}`, { status: 415 });
  }
  return format;
}
