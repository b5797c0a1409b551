import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';
import { gold } from './gold-calls.js';

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'assay-gold-'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

it('assay import --rows gold loads a file of gold, tells the lines it refused, and is written to the audit log without a key', async () => {
  const id = await service.newProject();
  const file = join(folder, 'gold.csv');
  await writeFile(file, 'task,label,reason\na,ham,\nb,spam,it says so\nc,lard,\n');
  const run = async (...words: string[]) => {
    const { code, out, err } = await command(['import', file, '--project', id, ...words], { environment: { DATABASE_URL: service.databaseUrl } });
    return { exit: code, output: out + err };
  };
  const first = await run('--rows', 'gold');
  expect(first.exit).toBe(1);
  expect(first.output).toContain('3 rows: 2 created, 0 updated, 0 unchanged, 1 rejected');
  expect(first.output).toContain('line 4: class "lard" is not among "ham", "spam"');
  expect(await gold(service, id)).toEqual({ a: 'ham', b: 'spam' });
  expect((await run('--rows', 'gold')).output).toContain('0 created, 0 updated, 2 unchanged');
  const wrong = await run('--rows', 'silver');
  expect(wrong.exit).toBe(2);
  expect(wrong.output).toContain('gold');
  const { auditLog } = await service.data(`{ auditLog(first: 2) { nodes { action apiKeyId detail } } }`);
  expect(auditLog.nodes).toMatchObject([{ action: 'setGold', apiKeyId: null, detail: { rows: 3, unchanged: 2, rejected: 1 } }, { action: 'setGold', apiKeyId: null, detail: { created: 2 } }]);
});
