import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';
import { models, predictionsOf } from './prediction-calls.js';

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'assay-predictions-'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

it('assay import --rows predictions loads a file of any format, of the version that it is told', async () => {
  const id = await service.newProject({ classes: ['a', 'b', 'c'] });
  const run = async (file: string, ...words: string[]) => {
    const { code, out, err } = await command(['import', file, '--project', id, '--rows', 'predictions', ...words], { environment: { DATABASE_URL: service.databaseUrl } });
    return { exit: code, output: out + err };
  };
  const csv = join(folder, 'rows.csv');
  await writeFile(csv, 'item,p_a,p_b,p_c\nx,1,0,0\ny,0.5,0.5,0.5\n');
  const first = await run(csv, '--model', 'net', '--model-version', '1', '--in-sample');
  expect(first.exit).toBe(1);
  expect(first.output).toContain('2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected');
  expect(first.output).toContain('line 3: the 3 probabilities sum to 1.5');
  const parquet = fileURLToPath(new URL('../formats/parquet/polars.parquet', import.meta.url));
  expect(await run(parquet, '--model', 'net', '--model-version', '2')).toMatchObject({ exit: 0, output: expect.stringContaining('2 rows: 2 created') });
  expect(await predictionsOf(service, id, 'x')).toEqual([{ model: 'net', version: '2', probabilities: [0.5, 0.25, 0.25] }]);
  expect((await models(service, id))[0].versions.map((one: { version: string; outOfSample: boolean }) => [one.version, one.outOfSample])).toEqual([['2', true], ['1', false]]);
  expect(await run(csv, '--model', 'net')).toMatchObject({ exit: 2, output: expect.stringContaining('predictions need --model and --model-version') });
});
