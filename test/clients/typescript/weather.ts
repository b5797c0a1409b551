import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, createServer as createWire, type AddressInfo, type Server as WireServer, type Socket } from 'node:net';
import { vi } from 'vitest';
import { clock } from '../../../clients/typescript/src/clock.js';

/** One of a script: a whole answer, none, one that never ends, or one whose connection ends after `cut` bytes of its body. */
export type Scripted = 'reset' | 'silent' | { status?: number; headers?: Record<string, string>; body?: unknown; cut?: number };

export interface Asked {
  method: string;
  target: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that answers one after the other what it is told, and keeps what it was asked. */
export class Script {
  readonly asked: Asked[] = [];

  private constructor(private readonly server: Server, readonly url: string) {}

  static async of(...answers: Scripted[]): Promise<Script> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const script = new Script(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => void (async () => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece as string;
      script.asked.push({ method: request.method!, target: request.url!, headers: request.headers, body });
      const told = answers.shift() ?? { status: 500, body: 'the script has no further answer' };
      if (told === 'reset') return request.socket.resetAndDestroy();
      if (told === 'silent') return response.writeHead(200).write('{');
      const bytes = Buffer.isBuffer(told.body) ? told.body : Buffer.from(typeof told.body === 'string' ? told.body : JSON.stringify(told.body ?? ''));
      response.writeHead(told.status ?? 200, { 'content-length': bytes.length, ...told.headers });
      if (told.cut === undefined) return response.end(bytes);
      // What was sent is to arrive before the end does.
      response.write(bytes.subarray(0, told.cut), () => setTimeout(() => request.socket.destroy(), 20));
    })().catch(() => {}));
    return script;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Where a connection is torn: after so many bytes to the service, or of its answers. */
export type Plan = { up: number } | { down: number } | null;

/** A wire to a service, each connection of which takes the next plan. */
export class Wire {
  torn = 0;
  private readonly ends: Socket[] = [];

  private constructor(private readonly server: WireServer, readonly url: string) {}

  static async to(service: string, ...plans: Plan[]): Promise<Wire> {
    const { hostname, port } = new URL(service);
    const server = createWire().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => {
      const plan: { up?: number; down?: number } = plans.shift() ?? {};
      const far = connect(Number(port), hostname);
      wire.ends.push(client, far);
      wire.pump(client, far, plan.up ?? Infinity, client);
      wire.pump(far, client, plan.down ?? Infinity, client);
    });
    return wire;
  }

  private pump(source: Socket, sink: Socket, most: number, client: Socket): void {
    let passed = 0;
    source.on('error', () => {}).on('close', () => sink.destroy());
    source.on('data', (piece: Buffer) => {
      if (passed > most) return;
      const isTorn = passed + piece.length > most;
      const part = isTorn ? piece.subarray(0, most - passed) : piece;
      passed += piece.length;
      const isFull = !sink.write(part, () => {
        if (!isTorn) return;
        this.torn++;
        setTimeout(() => {
          client.resetAndDestroy();
          (source === client ? sink : source).destroy();
        }, 20);
      });
      if (isFull) {
        source.pause();
        sink.once('drain', () => source.resume());
      }
    });
  }

  async close(): Promise<void> {
    for (const end of this.ends) end.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The milliseconds that the client would wait, which are not waited for, but for so many where told. */
export function waits(really = 0): number[] {
  const told: number[] = [];
  const sleep = clock.sleep.bind(clock);
  vi.spyOn(clock, 'sleep').mockImplementation((milliseconds, signal) => {
    told.push(milliseconds);
    return sleep(really, signal);
  });
  return told;
}
