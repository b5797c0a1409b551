import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP writes it in JSON, with its attributes by name, and of which process it is. */
export interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  /** Nanoseconds of the epoch. */
  from: bigint;
  to: bigint;
  attributes: Record<string, unknown>;
  links: { spanId: string }[];
  /** 2 where it failed. */
  status: number;
  process: Record<string, unknown>;
}

/** Takes traces as a collector does, by OTLP over HTTP, and keeps what came. */
export class Collector {
  readonly bodies: Buffer[] = [];
  readonly types = new Set<string | undefined>();
  /** What it answers. */
  status = 200;
  refused = 0;

  private constructor(private readonly server: Server, readonly url: string) {}

  static async open(): Promise<Collector> {
    const server = createServer((request, reply) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        if (collector.status !== 200) collector.refused++;
        else if (request.url === '/v1/traces') collector.take(Buffer.concat(parts), request.headers['content-type']);
        reply.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const collector = new Collector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return collector;
  }

  /** How processes are told of it, in JSON, which a test can read. */
  get settings(): Record<string, string> {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: this.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  }

  text(): string {
    return Buffer.concat(this.bodies).toString();
  }

  spans(): SentSpan[] {
    return this.bodies.flatMap((body) => (JSON.parse(body.toString()) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => ({
      ...span, parentSpanId: span.parentSpanId ?? '', from: BigInt(span.startTimeUnixNano), to: BigInt(span.endTimeUnixNano),
      attributes: byName(span.attributes), links: span.links ?? [], status: span.status.code ?? 0, process: byName(resource.attributes),
    })))));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(body: Buffer, type: string | undefined): void {
    this.bodies.push(body);
    this.types.add(type);
  }
}

type Attribute = { key: string; value: Record<string, unknown> };

interface Sent {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        name: string; traceId: string; spanId: string; parentSpanId?: string; startTimeUnixNano: string; endTimeUnixNano: string;
        attributes: Attribute[]; links?: { spanId: string }[]; status: { code?: number };
      }[];
    }[];
  }[];
}

function byName(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
