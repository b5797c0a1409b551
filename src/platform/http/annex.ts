import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { otherProcesses, type Metrics } from '../metrics.js';
import type { Principal } from '../principal.js';
import { forward } from './forwarding.js';
import { KnownDocuments } from './known-documents.js';

/** What the annex tells the process it belongs to, and is told by it. */
export type FromAnnex = { port: number } | { metrics: Metrics };
export type ToAnnex = 'metrics' | 'stop';

/** Of an answer of the annex: the lane of its operation. */
export const LANE_HEADER = 'x-assay-lane';

/** A larger body of a call is not read here. A page of votes fits. */
const SMALL_BYTES = 64 * 1024;
const METRICS_MS = 1000;
const AGAIN_MS = [1000, 2000, 5000, 10_000, 30_000];

export interface AnnexSource {
  /** The file it runs, and all of its environment. */
  file: URL;
  environment: Record<string, string | undefined>;
  /** From the start on, or as soon as there is a neighbour. */
  isBegun: boolean;
}

/**
 * A second process of the service, which works on all that is not labelling: reads, files, documents that nobody knows. A process
 * has one thread, which every caller's work must pass; so votes and next items have one of their own, and the processor's
 * scheduler divides between the two. While there is no annex, all is worked on here.
 */
export class Annex {
  private readonly documents = new KnownDocuments();
  private readonly logger = new Logger('annex');
  private child: ChildProcess | null = null;
  private port: number | null = null;
  private isBegun = false;
  private isOver = false;
  private onlyWorkspace: number | null = null;

  constructor(private readonly source: AnnexSource) {
    if (source.isBegun) this.begin();
  }

  /** As long as one workspace is alone, it has no neighbour to be kept from. */
  see({ workspaceId }: Principal): void {
    if (this.isBegun) return;
    this.onlyWorkspace ??= workspaceId;
    if (workspaceId !== this.onlyWorkspace) this.begin();
  }

  /** Of a request whose body was not read yet. @returns null where it is to be worked on here */
  takeUnread(request: FastifyRequest, reply: FastifyReply, isCall: boolean): Promise<FastifyReply> | null {
    if (this.port == null || !request.principal) return null;
    const { method, headers } = request;
    const isSmall = method === 'POST' && headers['transfer-encoding'] == null && headers['content-encoding'] == null && Number(headers['content-length'] ?? 0) <= SMALL_BYTES;
    return isCall && isSmall ? null : this.have(request, reply, null, null);
  }

  /** Of a call whose body is small. @returns null where it is to be worked on here */
  takeCall(request: FastifyRequest, reply: FastifyReply, body: Buffer): Promise<FastifyReply> | null {
    if (this.port == null || !request.principal) return null;
    const document = KnownDocuments.of(body);
    if (document != null && this.documents.has(request.principal.workspaceId, document)) return null;
    return this.have(request, reply, body, document);
  }

  /** What it answers is finished; then it ends. */
  async stop(): Promise<void> {
    this.isOver = true;
    otherProcesses.delete(this.metrics);
    const { child } = this;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.tell('stop');
    await ended;
  }

  private begin(): void {
    this.isBegun = true;
    otherProcesses.add(this.metrics);
    this.start(0);
  }

  private start(tries: number): void {
    const { file, environment } = this.source;
    const child = fork(file, [], { env: environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child = child;
    child.on('message', (told: FromAnnex) => {
      if (!('port' in told)) return;
      this.port = told.port;
      this.logger.log({ pid: child.pid }, 'the annex works');
      tries = 0;
    });
    child.on('error', (error) => this.logger.error({ err: error }, 'the annex does not start'));
    child.once('exit', (code, signal) => {
      this.child = this.port = null;
      if (this.isOver) return;
      this.logger.error({ code, signal }, 'the annex ended; its work is done here until another has started');
      void sleep(AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)], undefined, { ref: false }).then(() => (this.isOver ? undefined : this.start(tries + 1)));
    });
  }

  private have(request: FastifyRequest, reply: FastifyReply, body: Buffer | null, document: string | null): Promise<FastifyReply> {
    const { workspaceId } = request.principal!;
    return forward(request, reply, {
      port: this.port!, body,
      onHead: (headers) => {
        if (document != null && headers[LANE_HEADER] === 'votes') this.documents.learn(workspaceId, document);
        delete headers[LANE_HEADER];
      },
    });
  }

  private tell(what: ToAnnex): void {
    if (this.child?.connected) this.child.send(what, () => undefined);
  }

  /** Nothing where it does not tell them in time. */
  private readonly metrics = async (): Promise<Metrics> => {
    const { child } = this;
    if (!child || this.port == null) return [];
    const told = new Promise<Metrics>((resolve) => {
      const hear = (message: FromAnnex) => {
        if (!('metrics' in message)) return;
        child.off('message', hear);
        resolve(message.metrics);
      };
      child.on('message', hear);
    });
    this.tell('metrics');
    return Promise.race([told, sleep(METRICS_MS, [])]);
  };
}
