import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Attributes, type Link, type Span, type SpanContext, type Tracer } from '@opentelemetry/api';
import { describeError } from './logged-error.js';

/*
 * Traces: what a request or a run spends its time on, span by span, from process to process. Without OTEL_EXPORTER_OTLP_ENDPOINT
 * there is no tracer, and nothing here does anything (trace-export.ts loads the SDK and makes one). As in the log, attributes are
 * names of ours, numbers and the request's id; nothing that a caller wrote otherwise, and no error's message.
 */

let tracer: Tracer | null = null;

/** @returns what to call when spans are sent no more. */
export function traceBy(made: Tracer): () => void {
  tracer = made;
  return () => { tracer = null; };
}

export interface SpanSettings {
  kind?: SpanKind;
  attributes?: Attributes;
  links?: Link[];
  /** Since when, in ms of the epoch; by default since now. */
  from?: number;
}

/** Where work stands in a trace: what begins is beneath this span. */
export class Trace {
  private constructor(
    readonly root: Span,
    /** Beneath the root while an operation of its own is under way. */
    public span: Span = root,
  ) {}

  /**
   * Begins here, or goes on with what another process began.
   * @param parent the W3C traceparent that it told
   * @returns null where nothing is traced
   */
  static begin(name: string, parent: string | null | undefined, settings: SpanSettings): Trace | null {
    return tracer && new Trace(newSpan(name, readTraceparent(parent), settings));
  }

  /** The same trace beneath another span, for work that has one of its own. */
  beneath(span: Span): Trace {
    return new Trace(this.root, span);
  }

  /** Something that is over, beneath the root. @param to in ms of the epoch */
  past(name: string, to: number, settings: SpanSettings & { from: number }): void {
    newSpan(name, this.root.spanContext(), settings).end(to);
  }

  /** Once: a caller who goes leaves an operation without an end. */
  end(): void {
    if (this.span !== this.root) this.span.end();
    this.root.end();
  }
}

const traces = new AsyncLocalStorage<Trace>();

export function inTrace<T>(one: Trace | null, work: () => T): T {
  return one ? traces.run(one, work) : work();
}

/** For what outlives the work that begins it. */
export function beyondTrace<T>(work: () => T): T {
  return tracer ? traces.exit(work) : work();
}

/** @returns null where nothing is traced, or nothing of this: it is over, or not among those that are looked at. */
export function currentTrace(): Trace | null {
  const one = tracer && traces.getStore();
  return one?.span.isRecording() ? one : null;
}

/** W3C Trace Context of the current span, for another process to go on with. */
export function currentTraceparent(): string | null {
  const one = tracer && traces.getStore();
  if (!one) return null;
  const { traceId, spanId, traceFlags } = one.span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export function newSpanBeneath({ span }: Trace, name: string, settings: SpanSettings = {}): Span {
  return newSpan(name, span.spanContext(), settings);
}

/** Does `work` in a span beneath the current one; without one, just does it. */
export function spanned<T>(name: string, settings: SpanSettings, work: (span: Span | null) => Promise<T>): Promise<T> {
  const around = currentTrace();
  return around ? inSpan(around, newSpanBeneath(around, name, settings), work) : work(null);
}

async function inSpan<T>(around: Trace, span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await traces.run(around.beneath(span), () => work(span));
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Does `work` for several at once: in a span beneath the first one's, with links to the others'. */
export function spannedForAll<T>(name: string, those: readonly (Trace | null)[], work: () => Promise<T>): Promise<T> {
  const [first, ...others] = those.filter((one) => one !== null);
  if (!first) return work();
  return traces.run(first, () => spanned(name, { links: others.map(({ span }) => ({ context: span.spanContext() })), attributes: { 'assay.callers': those.length } }, work));
}

/** Of an error its code or class; its message may quote what a caller wrote. */
export function failed(span: Span, error: unknown): void {
  const { code, type } = describeError(error);
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', code ?? type);
}

function newSpan(name: string, parent: SpanContext | null, { kind, attributes, links, from }: SpanSettings): Span {
  return tracer!.startSpan(name, { kind, attributes, links, startTime: from }, parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT);
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

function readTraceparent(text: string | null | undefined): SpanContext | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  return flags == null ? null : { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
