import { setTimeout as sleep } from 'node:timers/promises';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import { traceBy } from './trace.js';

/** How long a stop waits for a collector to take the last spans. */
const FLUSH_MS = 5000;

export interface Tracing {
  /** Sends what is left. Never fails, and is over within 5 s. */
  stop: () => Promise<void>;
}

/** ExportResultCode.SUCCESS, of a package that is not ours to load. */
const SUCCESS = 0;

const OFF: Tracing = { stop: async () => {} };

/**
 * Sends spans by OTLP over HTTP, where a collector is named; else nothing of the SDK is loaded. Sampling, limits, headers, timeouts
 * and batches are as the standard's own variables say, which the SDK reads itself.
 * @param role what this process is
 */
export async function startTracing(settings: Settings, role: 'api' | 'annex' | 'worker', logger: Logger): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_SERVICE_NAME, OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = settings;
  if (OTEL_EXPORTER_OTLP_ENDPOINT == null || OTEL_SDK_DISABLED || OTEL_TRACES_EXPORTER === 'none') return OFF;
  const [{ BasicTracerProvider, BatchSpanProcessor }, { detectResources, envDetector, resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? import('@opentelemetry/exporter-trace-otlp-http') : import('@opentelemetry/exporter-trace-otlp-proto'),
  ]);
  // The environment's own names come last, and stand.
  const resource = resourceFromAttributes({ 'service.name': OTEL_SERVICE_NAME, 'process.pid': process.pid, 'assay.process': role })
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new ToldExporter(new OTLPTraceExporter(), logger))] });
  const end = traceBy(provider.getTracer('assay'));
  return {
    stop: async () => {
      end();
      // What fails is told by the exporter.
      await Promise.race([provider.shutdown().catch(() => undefined), sleep(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}

/** A collector that takes no spans is told to the log once, and once when it takes them again; what it did not take is lost. */
class ToldExporter implements SpanExporter {
  private lost = 0;

  constructor(private readonly exporter: OTLPTraceExporter, private readonly logger: Logger) {}

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.exporter.export(spans, (result) => {
      if (Number(result.code) === SUCCESS) this.taken();
      else this.refused(spans.length, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush();
  }

  private taken(): void {
    if (this.lost > 0) this.logger.warn({ context: 'traces', lost: this.lost }, 'spans are taken again');
    this.lost = 0;
  }

  private refused(count: number, error: Error | undefined): void {
    const { code: status } = (error ?? {}) as { code?: unknown };
    if (this.lost === 0) {
      this.logger.error({ context: 'traces', err: error, ...(typeof status === 'number' && { status }) }, 'spans cannot be sent, and are lost; all else goes on, and the end of this is told');
    }
    this.lost += count;
  }
}
