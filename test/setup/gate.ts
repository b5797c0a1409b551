import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be shut: frozen, as a stopped machine is, or cut, as one that is gone. */
export class Gate {
  private state: 'open' | 'frozen' | 'cut' = 'open';
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(private readonly server: Server, private readonly target: { host: string; port: number }) {}

  /** @returns a gate before the server of `url`; its own `url` leads through it. */
  static async before(url: string): Promise<Gate> {
    const { hostname, port } = new URL(url);
    const server = createServer({ allowHalfOpen: false });
    const gate = new Gate(server, { host: hostname, port: Number(port) });
    server.on('connection', (near: Socket) => gate.let(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return changed.href;
  }

  /** Takes connections and bytes, and answers none. */
  freeze(): void {
    this.state = 'frozen';
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** Ends all connections, and each new one at once. */
  cut(): void {
    this.state = 'cut';
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  open(): void {
    this.state = 'open';
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private let(near: Socket): void {
    near.on('error', () => undefined);
    if (this.state === 'cut') return void near.resetAndDestroy();
    const far = connect(this.target);
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      one.on('error', () => undefined);
      one.on('data', (chunk) => other.write(chunk));
      one.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
      if (this.state === 'frozen') one.pause();
    }
  }
}
