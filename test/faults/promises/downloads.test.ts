import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { call, dose, newProject, promised, quantile, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();
const VOTES = dose(100_000, 1_000_000);
let projectId: string;
let key: string;
let server: Server;

beforeAll(async () => {
  [server] = fleet().servers as [Server];
  key = await server.key();
  projectId = await newProject(server, {}, ['a', 'b', 'c']);
  const rows = Array.from({ length: VOTES }, (_, n) => `item ${Math.floor(n / 10)},annotator ${n % 10},${'abc'[(n * n) % 3]}\n`);
  const answer = await fetch(`${server.url}/projects/${projectId}/votes`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' }, body: gzipSync(`item,annotator,class\n${rows.join('')}`) });
  expect(answer.status).toBe(200);
}, 600_000);

const get = (file: string, headers: Record<string, string> = {}) => fetch(`${server.url}/projects/${projectId}/${file}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
const sha256 = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

promised('F22', 'a download that was cut goes on to the same file', `votes of ${VOTES} rows as CSV and NDJSON, each cut at 10 points while votes are written`, async (observe) => {
  let equal = 0;
  for (const format of ['csv', 'ndjson']) {
    const whole = await get(`votes.${format}`);
    const watermark = whole.headers.get('x-assay-watermark')!;
    const expected = Buffer.from(await whole.arrayBuffer());
    for (let cut = 0; cut < 10; cut++) {
      await server.data(SUBMIT, { input: { projectId, votes: [{ item: `item ${cut}`, annotator: 'annotator 1', class: 'c' }] } });
      // Hung up on in the middle, as a network does.
      const first = await get(`votes.${format}?watermark=${watermark}`);
      const reader = first.body!.getReader();
      const parts: Uint8Array[] = [];
      let length = 0;
      while (length < (expected.length * cut) / 10) {
        const { value, done } = await reader.read();
        if (done) break;
        parts.push(value);
        length += value.length;
      }
      await reader.cancel();
      const rest = await get(`votes.${format}?watermark=${watermark}&skipBytes=${length}`, { 'if-match': first.headers.get('etag')! });
      expect(rest.status).toBe(200);
      if (sha256(...parts, Buffer.from(await rest.arrayBuffer())) === sha256(expected)) equal++;
    }
  }
  observe(`${equal} of 20 with the same SHA-256`);
  expect(equal).toBe(20);
});

const AT_ONCE = 8;

promised('F21', 'downloads at full speed stop nobody: each vote beside them is taken, and each file is whole', `${AT_ONCE} downloads of ${VOTES} votes beside votes`, async (observe) => {
  const beside = await newProject(server);
  let n = 0;
  const vote = async (): Promise<number> => {
    const from = performance.now();
    const { code } = await call(server, key, SUBMIT, { input: { projectId: beside, votes: [{ item: `i${n++}`, annotator: 'ann', class: 'a' }] } });
    expect(code).toBe('OK');
    return performance.now() - from;
  };
  const quiet: number[] = [];
  for (let i = 0; i < 100; i++) quiet.push(await vote());
  let isOver = false;
  const times: number[] = [];
  const voting = (async () => { while (!isOver) times.push(await vote()); })();
  const files = await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    const text = await (await get('votes.csv')).text();
    return text.split('\n').length;
  }));
  isOver = true;
  await voting;
  const [before, meanwhile] = [quantile(quiet, 0.99), quantile(times, 0.99)];
  observe(`${times.length} votes taken, refused 0; p99 ${meanwhile.toFixed(0)} ms, before ${before.toFixed(0)} ms (x ${(meanwhile / before).toFixed(1)})`);
  expect(new Set(files).size).toBe(1);
  expect(files[0]).toBeGreaterThan(VOTES);
});
