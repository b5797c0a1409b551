import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocketServer } from 'ws';
import { ApolloServer } from '@apollo/server';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable } from '@nestjs/common';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';

/** A subscription is a document of some thousand tokens at most, and its variables are few. */
const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * Apollo on Fastify as Nest's own driver puts it there, but for the end: the integration's plugin closes all connections 10 s
 * after a stop was asked for, amid uploads and downloads. Here a stop waits for whatever is under way; how long is for
 * SHUTDOWN_TIMEOUT_SECONDS to say, in application.ts.
 */
@Injectable()
export class PatientDriver extends ApolloDriver {
  override async start(options: ApolloDriverConfig): Promise<void> {
    await super.start(options);
    // Nest makes the socket server and asks nobody how large a message may be; the 100 MB of ws would be held for callers without a key.
    const { wss } = (this as unknown as { _subscriptionService: { wss: WebSocketServer } })._subscriptionService;
    wss.options.maxPayload = MAX_MESSAGE_BYTES;
    // What a caller sends amiss ends the socket with its code; graphql-ws would print each with a stack, as a fault of ours.
    wss.on('connection', (socket) => socket.removeAllListeners('error').on('error', () => undefined));
  }

  protected override async registerFastify(options: ApolloDriverConfig, { preStartHook }: { preStartHook?: () => void } = {}): Promise<void> {
    const fastify = this.httpAdapterHost.httpAdapter.getInstance<FastifyInstance>();
    const silent = silentConnections(fastify.server);
    const drain = { serverWillStart: async () => ({ drainServer: () => close(fastify, silent) }) };
    preStartHook?.();
    const server = new ApolloServer({ ...options, plugins: [...options.plugins ?? [], drain] } as never);
    await server.start();
    fastify.route({ url: options.path!, method: ['GET', 'POST', 'OPTIONS'], handler: fastifyApolloHandler(server, { context: options.context as never }) });
    this.apolloServer = server;
  }
}

/** Connections that nothing has come by yet, such as browsers open in advance. Node takes them for busy until its time for headers is over. */
function silentConnections(server: Server): ReadonlySet<Socket> {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return silent;
}

/** A connection whose call has ended meanwhile is kept alive by its caller, and would be waited for; it is closed as the idle ones were. */
async function close(fastify: FastifyInstance, silent: ReadonlySet<Socket>): Promise<void> {
  const closeIdle = () => {
    fastify.server.closeIdleConnections();
    for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
  };
  const idle = setInterval(closeIdle, 100);
  try {
    await fastify.close();
  } finally {
    clearInterval(idle);
  }
}
