import { GraphQLSchemaHost } from '@nestjs/graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, startWorker } from '../../src/application.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

/** Half of what a process costs to start is what answers GraphQL. */
describe('a process that answers no queries', () => {
  it.each([['a command', openService], ['a worker', startWorker]])('makes no schema: %s', async (_, start) => {
    expect(service.app.get(GraphQLSchemaHost, { strict: false }).schema.getMutationType()).toBeDefined();
    const { app, stop } = await start({ NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: service.databaseUrl });
    try {
      expect(() => app.get(GraphQLSchemaHost, { strict: false })).toThrow(GraphQLSchemaHost.name);
    } finally {
      await stop();
    }
  });
});
