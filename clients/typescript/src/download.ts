import { Attempts } from './attempts.js';
import { type Answer, Broken } from './answer.js';
import type { CallOptions } from './assay.js';
import { AssayError } from './errors.js';
import type { Project } from './project.js';
import { refusalOf } from './refusals.js';
import type { Json } from './schema.js';
import { parameters } from './service.js';

/** Those of docs/api.md. */
export type DownloadTable = 'soft-labels' | 'annotators' | 'confusion-matrices' | 'confusable-pairs' | 'votes' | 'items' | 'gold' | 'predictions' | 'runs' | (string & {});

export interface DownloadOptions extends CallOptions {
  format?: 'csv' | 'ndjson';
  /** The current one where none is named. */
  run?: string;
  watermark?: string | number;
  /** The whole log, ended votes or gold answers included. */
  history?: boolean;
  model?: string;
  version?: string;
}

/** One transfer: how far it is, and of which file. */
interface Progress {
  taken: number;
  begun: number;
  etag: string | null;
}

/** A file of the service, read while it is used, once each time it is iterated. A transfer that breaks off goes on where it stopped, as far as the service can. */
export class Download implements AsyncIterable<Uint8Array> {
  /** The run whose results the file has, and the point of the log as of which it shows votes, gold or predictions: both once the first bytes are there. */
  run: string | null = null;
  watermark: string | null = null;
  private readonly file: string;

  constructor(private readonly project: Project, table: DownloadTable, private readonly options: DownloadOptions) {
    const { format = 'csv' } = options;
    if (!/^[a-z-]+$/.test(table) || !/^[a-z]+$/.test(format)) throw new TypeError(`there is no table ${JSON.stringify(table)} as ${JSON.stringify(format)}; tables are soft-labels, annotators, votes and others of docs/api.md, formats csv and ndjson`);
    this.file = `${table}.${format}`;
  }

  /** @throws AssayError of UNAVAILABLE where a transfer broke off that cannot go on, rather than give bytes twice */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let hasGiven = false;
    for await (const piece of this.pieces()) {
      if (piece === null) {
        if (hasGiven) throw new AssayError(`the transfer of ${this.file} broke off and cannot go on, since it is shown as it is when it is read; ask anew`, { code: 'UNAVAILABLE' });
      } else {
        hasGiven = true;
        yield piece;
      }
    }
  }

  stream(): ReadableStream<Uint8Array> {
    const iterator = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => { await iterator.return(undefined); },
    }, { highWaterMark: 0 });
  }

  /** The lines of NDJSON, parsed. */
  async *rows<Row = Record<string, Json>>(): AsyncGenerator<Row> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const piece of this) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line !== '') yield JSON.parse(line) as Row;
    }
    if (rest.trim() !== '') yield JSON.parse(rest) as Row;
  }

  /** Bytes of the file; null says that it begins anew, and what came is to be forgotten. */
  async *pieces(): AsyncGenerator<Uint8Array | null> {
    const { wire, patience } = this.project.assay.service;
    const attempts = new Attempts(patience, { mayRepeat: true, signal: this.options.signal });
    const progress: Progress = { taken: 0, begun: 0, etag: null };
    const forget = () => {
      Object.assign(progress, { taken: 0, etag: null, begun: progress.begun + 1 });
      if (progress.begun > patience.retries + 1) throw new AssayError(`${this.file} broke off ${progress.begun} times and was another one each time`, { code: 'UNAVAILABLE', attempts: progress.begun });
    };
    for (;;) {
      let answer: Answer | null = null;
      try {
        answer = await wire.ask({ method: 'GET', target: this.target(progress), headers: progress.taken > 0 ? { 'if-match': progress.etag! } : {}, signal: this.options.signal });
        if (answer.status === 200) {
          if (progress.taken === 0) this.begin(answer, progress);
          for await (const piece of answer.pieces()) {
            progress.taken += piece.length;
            yield piece;
            if (progress.etag !== null) attempts.progressed();
          }
          return;
        }
        const text = await answer.text();
        if (answer.status !== 409 || progress.taken === 0) {
          await attempts.refused(refusalOf(answer, text));
        } else {
          // Another file by now: what was read of the first is no beginning of it.
          forget();
          yield null;
          await attempts.broken(new Broken('the file has changed meanwhile', false));
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        if (progress.etag === null && progress.taken > 0) {
          forget();
          yield null;
        }
        await attempts.broken(error);
      } finally {
        answer?.close();
      }
    }
  }

  private begin(answer: Answer, progress: Progress): void {
    progress.etag = answer.header('etag');
    this.run = answer.header('x-assay-run');
    this.watermark = answer.header('x-assay-watermark');
  }

  private target({ taken }: Progress): string {
    const { run, watermark, history, model, version } = this.options;
    const choices = { run, watermark, history: history || undefined, model, version };
    const pinned = taken > 0 ? { run: this.run ?? run, watermark: this.watermark ?? watermark, skipBytes: taken } : {};
    return this.project.target(this.file + parameters({ ...choices, ...pinned }));
  }
}
