import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { onceGone } from '../../src/platform/http/once-gone.js';

it('tells of a caller who has gone, before it was asked for or behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const told: string[] = [];
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  caller.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, answer] = await asked;
  onceGone(answer, () => told.push('behind'));
  expect(told).toEqual([]);
  const closed = once(answer, 'close');
  caller.destroy();
  await closed;
  expect(told).toEqual(['behind']);
  onceGone(answer, () => told.push('before'));
  expect(told).toEqual(['behind', 'before']);
  server.close();
});
