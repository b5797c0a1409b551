import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect } from 'vitest';
import { Server } from '../../setup/process.js';
import { until } from '../../setup/until.js';
import { call, dose, historyOf, newProject, promised, recount, SUBMIT } from './promised.js';

const SIZE = '600m';
const folder = await mkdtemp(join(tmpdir(), 'assay-disk-'));
/** Whether a small disk of one's own may be had: by root, on Linux. */
const mounted = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0755`, 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
afterAll(async () => {
  if (mounted) execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
  await rm(folder, { recursive: true, force: true });
});

const FULL_SECONDS = dose(8, 35);

describe.skipIf(!mounted)(`on a disk of ${SIZE} (needs the right to mount one)`, () => {
  promised('F23', 'a full disk is told as UNAVAILABLE and by /readyz, reads go on, nothing acknowledged is lost, and it goes on by itself', `full for ${FULL_SECONDS} s under 4 writers`, async (observe) => {
    await mkdir(join(folder, 'data'), { mode: 0o700 });
    const server = await Server.make({ ASSAY_DATA_DIR: join(folder, 'data') }, join(folder, 'data'));
    await server.start(['--empty']);
    try {
      const key = await server.key();
      const projectId = await newProject(server, { repeatPolicy: 'KEEP_ALL' });
      const kept = new Set<string>();
      const codes = new Map<string, number>();
      let isOver = false;
      const writers = Array.from({ length: 4 }, async (_, w) => {
        for (let n = 0; !isOver; n++) {
          const votes = Array.from({ length: 500 }, (_, row) => ({ item: `i${w}-${n}-${row}`, annotator: 'ann', class: 'a', voteId: `${w}/${n}/${row}`, comment: 'x'.repeat(200) }));
          const { code } = await call(server, key, SUBMIT, { input: { projectId, votes } }).catch(() => ({ code: 'no answer' }));
          codes.set(code, (codes.get(code) ?? 0) + 1);
          if (code === 'OK') for (const { voteId } of votes) kept.add(voteId);
          else await sleep(50);
        }
      });
      await until(() => kept.size > 2000, 'the first votes');
      const ballast = join(folder, 'ballast');
      // All that is left, and what is freed meanwhile.
      const fill = () => { try { execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k', 'oflag=append', 'conv=notrunc'], { stdio: 'ignore' }); } catch { /* It is full. */ } };
      await writeFile(ballast, '');
      fill();
      const refused = await until(() => codes.get('UNAVAILABLE'), 'the first refusal');
      const readiness = new Set<number>();
      const reads = new Map<string, number>();
      for (const end = Date.now() + FULL_SECONDS * 1000; Date.now() < end; await sleep(300)) {
        fill();
        readiness.add((await fetch(`${server.url}/readyz`)).status);
        const { code } = await call(server, key, `query ($id: ID!) { project(id: $id) { name voteCounts { votes } } }`, { id: projectId });
        reads.set(code, (reads.get(code) ?? 0) + 1);
      }
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
      await rm(ballast);
      await until(async () => (await fetch(`${server.url}/readyz`)).status === 200, 'the service to be ready again');
      const before = kept.size;
      await until(() => kept.size > before, 'votes to be taken again');
      isOver = true;
      await Promise.all(writers);
      const stored = (await historyOf(server, projectId)).map((vote) => vote.voteId as string);
      const distinct = new Set(stored);
      const lost = [...kept].filter((id) => !distinct.has(id)).length;
      observe(`${kept.size} acknowledged: lost ${lost}, doubled ${stored.length - distinct.size}; calls ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}; reads ${[...reads].map(([code, count]) => `${count} ${code}`).join(', ')}; /readyz ${[...readiness].sort().join(', ')}`);
      expect(refused).toBeGreaterThan(0);
      expect({ lost, doubled: stored.length - distinct.size }).toEqual({ lost: 0, doubled: 0 });
      expect([...codes.keys()].sort()).toEqual(['OK', 'UNAVAILABLE']);
      expect([...reads.keys()]).toEqual(['OK']);
      expect([...readiness]).toContain(503);
      await recount({ ...server.settings });
    } finally {
      await server.remove();
    }
  });
});
