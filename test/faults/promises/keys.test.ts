import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { expect } from 'vitest';
import WebSocket from 'ws';
import type { Server } from '../../setup/process.js';
import { call, dose, newKey, newProject, promised, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();
const ROUNDS = dose(2, 20);

promised('F20', 'a key that is no key, has ended, lacks the scope or is for another project or annotator is refused; what a revoked one began ends within 5 s in every process', `malformed, expired, wrong scope, project, annotator; revoked amid a socket, an upload and a download, ${ROUNDS} times, two processes`, async (observe) => {
  const first = fleet().servers[0]!;
  const second = fleet().servers[1] ?? await fleet().add();
  const projectId = await newProject(first);
  const other = await newProject(first);
  const votes = (annotator: string, of = projectId) => ({ input: { projectId: of, votes: [{ item: 'i', annotator, class: 'a' }] } });
  const project = (id: string) => [`query ($id: ID!) { project(id: $id) { name } }`, { id }] as const;
  const codes: Record<string, string> = {};
  const { secret } = await newKey(first, { scopes: ['RESULTS_READ'], projectId });
  const writer = await newKey(first, { scopes: ['VOTES_WRITE'], projectId, annotator: 'ann' });
  for (const [name, key] of [['none', null], ['empty', ''], ['no key', 'hello'], ['too short', secret.slice(0, -1)], ['too long', `${secret}0`], ['another secret', `${secret.slice(0, -4)}0000`], ['another prefix', `assay_zzzzzzzz_${secret.slice(-43)}`]] as const) {
    codes[name] = (await call(first, key, ...project(projectId))).code;
  }
  const brief = await newKey(first, { scopes: ['RESULTS_READ'], expiresAt: new Date(Date.now() + 1500).toISOString() });
  expect((await call(first, brief.secret, ...project(projectId))).code).toBe('OK');
  await sleep(2000);
  codes.expired = (await call(second, brief.secret, ...project(projectId))).code;
  codes['wrong scope'] = (await call(first, secret, SUBMIT, votes('ann'))).code;
  codes['wrong project'] = (await call(first, secret, ...project(other))).code;
  codes['wrong annotator'] = (await call(first, writer.secret, SUBMIT, votes('ben'))).code;
  expect(codes).toEqual({
    none: 'UNAUTHENTICATED', empty: 'UNAUTHENTICATED', 'no key': 'UNAUTHENTICATED', 'too short': 'UNAUTHENTICATED', 'too long': 'UNAUTHENTICATED', 'another secret': 'UNAUTHENTICATED',
    'another prefix': 'UNAUTHENTICATED', expired: 'UNAUTHENTICATED', 'wrong scope': 'FORBIDDEN', 'wrong project': 'NOT_FOUND', 'wrong annotator': 'FORBIDDEN',
  });

  const slowest: Record<string, number> = { call: 0, socket: 0, upload: 0, download: 0 };
  const rows = Array.from({ length: 20_000 }, (_, n) => `item ${n},annotator ${n % 5},a`).join('\n');
  await fetch(`${first.url}/projects/${projectId}/votes`, { method: 'POST', headers: { authorization: `Bearer ${await first.key()}`, 'content-type': 'text/csv' }, body: `item,annotator,class\n${rows}\n` });
  for (let round = 0; round < ROUNDS; round++) {
    const { id, secret: ending } = await newKey(first, { scopes: ['RESULTS_READ', 'VOTES_WRITE'], projectId });
    const since = { at: Infinity };
    const ended = (what: string) => { slowest[what] = Math.max(slowest[what]!, (performance.now() - since.at) / 1000); };
    const socket = new Promise<void>((resolve) => {
      const client = createClient({
        url: `${second.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0, connectionParams: { authorization: `Bearer ${ending}` }, onNonLazyError: () => undefined,
        on: { closed: () => resolve(ended('socket')) },
      });
      void client;
    });
    // Sent, and read, a little at a time for longer than 5 s.
    const slowly = new ReadableStream({
      async start(controller) {
        controller.enqueue(Buffer.from('item,annotator,class\n'));
        for (let row = 0; row < 40; row++) {
          await sleep(250);
          try { controller.enqueue(Buffer.from(`late ${round} ${row},ann,a\n`)); } catch { return; }
        }
        try { controller.close(); } catch { /* It has been cancelled. */ }
      },
    });
    const upload = fetch(`${second.url}/projects/${projectId}/votes`, { method: 'POST', headers: { authorization: `Bearer ${ending}`, 'content-type': 'text/csv' }, body: slowly, duplex: 'half' })
      .then((answer) => answer.status, () => 0).then((status) => { expect([0, 401]).toContain(status); ended('upload'); });
    const download = (async () => {
      const answer = await fetch(`${second.url}/projects/${projectId}/votes.csv`, { headers: { authorization: `Bearer ${ending}` } });
      const reader = answer.body!.getReader();
      try {
        for (;;) {
          const { done } = await reader.read();
          // The whole of it fits between two sockets: it had ended before.
          if (done) return;
          await sleep(500);
        }
      } catch { ended('download'); }
    })();
    await sleep(1500);
    since.at = performance.now();
    await first.data(`mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }`, { id });
    for (const server of [first, second] as Server[]) {
      while ((await call(server, ending, ...project(projectId))).code === 'OK') await sleep(50);
      ended('call');
    }
    await Promise.all([socket, upload, download]);
  }
  observe(`11 kinds refused; after the revocation ended within ${Object.entries(slowest).map(([what, seconds]) => `${what} ${seconds.toFixed(1)} s`).join(', ')}`);
  expect(Math.max(...Object.values(slowest))).toBeLessThan(6);
});
