import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { models, predictionsOf, probabilitiesOf, submitPredictions, upload } from './prediction-calls.js';

let service: Service;
beforeAll(async () => { service = await startService({ MAX_BULK_BYTES: '4000000' }); });
afterAll(() => service.stop());

const abc = { classes: ['a', 'b', 'c'] };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const csv = (count: number, from = 0) => `item,p_a,p_b,p_c\n${Array.from({ length: count }, (_, n) => `i${n + from},${probabilitiesOf(n + from, 3).join(',')}\n`).join('')}`;
const versions = async (id: string) => (await models(service, id))[0]?.versions ?? [];

describe('POST /projects/:id/predictions', () => {
  it.each([
    ['CSV with a column a class, in any order', {}, (n: number) => { const [a, b, c] = probabilitiesOf(n, 3); return `${n === 0 ? 'p_c,item,p_a,p_b\n' : ''}${c},i${n},${a},${b}\n`; }],
    ['CSV with a list', {}, (n: number) => `${n === 0 ? 'item,probabilities\n' : ''}i${n},"[${probabilitiesOf(n, 3).join(', ')}]"\n`],
    ['NDJSON with a list', NDJSON, (n: number) => `${JSON.stringify({ item: `i${n}`, probabilities: probabilitiesOf(n, 3) })}\n`],
    ['NDJSON with a name a class', NDJSON, (n: number) => { const [a, b, c] = probabilitiesOf(n, 3); return `${JSON.stringify({ p_b: b, p_c: c, task: `i${n}`, p_a: a })}\n`; }],
  ])('takes %s, and keeps every bit', async (_, headers, line) => {
    const id = await service.newProject(abc);
    const body = Buffer.from(Array.from({ length: 12_000 }, (__, n) => line(n)).join(''));
    const answer = await upload(service, id, gzipSync(body), 'model=net&version=2026-01&outOfSample=false&trainingWatermark=0', headers);
    expect(answer).toMatchObject({ status: 200, rows: 12_000, created: 12_000, unchanged: 0, rejected: 0, rejects: [], unreadColumns: [] });
    for (const n of [0, 7777, 11_999]) expect(await predictionsOf(service, id, `i${n}`)).toEqual([{ model: 'net', version: '2026-01', probabilities: probabilitiesOf(n, 3) }]);
    expect(await versions(id)).toMatchObject([{ version: '2026-01', rows: 12_000, outOfSample: false, trainingWatermark: '0', complete: true, current: true }]);
  });

  it('tells the line and the reason of each row that it refuses, and takes the others', async () => {
    const id = await service.newProject({ ...abc, rules: { createUnknownItems: false } });
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "x" }, { externalId: "y" }] }) { results { status } } }`, { id });
    const line = (row: object | string) => (typeof row === 'string' ? row : JSON.stringify(row)) + '\n';
    const answer = await upload(service, id, [
      line({ item: 'x', probabilities: [1, 0, 0] }), line({ item: 'y', probabilities: [0.5, 0.5] }), line('{"item":"y","probabilities":[NaN,0,1]}'),
      line({ item: 'y', probabilities: [0.3, 0.3, 0.3] }), line('{"item":"y","probabilities":[1e999,0,0]}'), line({ item: 'unknown', probabilities: [1, 0, 0] }),
      line({ item: 'y', probabilities: ['1', 0, 0] }), line({ item: 'y', p_a: 1, p_b: 0 }), line({ item: 'y', p_a: 1, probabilities: [1, 0, 0] }),
      line({ item: 'y' }), line({ probabilities: [1, 0, 0] }), line({ item: 'y', p_a: 'NaN', p_b: 0, p_c: 0 }), line({ item: 'y', p_a: 0, p_b: 0, p_c: 1 }),
    ].join(''), undefined, NDJSON);
    expect(answer).toMatchObject({ status: 200, rows: 13, created: 2, rejected: 11 });
    expect(answer.rejects.map(({ line: at, code, message }: { line: number; code: string; message: string }) => `${at} ${code}: ${message}`)).toEqual([
      expect.stringMatching(/^2 WRONG_LENGTH: 2 probabilities for 3 classes/), expect.stringMatching(/^3 MALFORMED: /), expect.stringMatching(/^4 WRONG_SUM: .*sum to 0\.8999/),
      expect.stringMatching(/^5 NOT_A_PROBABILITY: .*class "a" is Infinity/), expect.stringMatching(/^6 UNKNOWN_ITEM: item "unknown"/), expect.stringMatching(/^7 WRONG_TYPE: .*not a list of numbers/),
      '8 MISSING: p_c is missing or empty; every prediction needs all 3 numbers', expect.stringMatching(/^9 MALFORMED: .*both probabilities and p_a/),
      '10 MISSING: probabilities and p_a are missing or empty; every prediction needs all 3 numbers', expect.stringMatching(/^11 MISSING: item/), expect.stringMatching(/^12 WRONG_TYPE: p_a "NaN" is not a number/),
    ]);
  });

  it.each([
    ['no model', 'version=v1', 'item,p_a,p_b,p_c\nx,1,0,0\n', /model is missing/],
    ['no version', 'model=m', 'item,p_a,p_b,p_c\nx,1,0,0\n', /version is missing/],
    ['two models', 'model=m&model=n&version=v1', 'item,p_a,p_b,p_c\nx,1,0,0\n', /model is given 2 times/],
    ['a flag that is none', 'model=m&version=v&outOfSample=yes', 'item,p_a,p_b,p_c\nx,1,0,0\n', /outOfSample is "yes"; it is true or false/],
    ['a training watermark that is none', 'model=m&version=v&trainingWatermark=1.5', 'item,p_a,p_b,p_c\nx,1,0,0\n', /trainingWatermark is "1.5"/],
    ['a training watermark of the future', 'model=m&version=v&trainingWatermark=123456', 'item,p_a,p_b,p_c\nx,1,0,0\n', /no point of the vote log so far/],
    ['a header with a class too few', 'model=m&version=v', 'item,p_a,p_b\nx,1,0\n', /needs item or task, p_a, p_b, p_c/],
    ['no rows', 'model=m&version=v', 'item,p_a,p_b,p_c\n', /no rows/],
  ])('answers 400 to %s, and keeps nothing', async (_, query, body, message) => {
    const id = await service.newProject(abc);
    const answer = await upload(service, id, body, query);
    expect([answer.status, answer.error.code]).toEqual([400, 'INVALID_INPUT']);
    expect(answer.error.message).toMatch(message);
    expect(await versions(id)).toEqual([]);
  });

  it('answers 413 to more bytes than it takes', async () => {
    const id = await service.newProject(abc);
    const answer = await upload(service, id, csv(90_000));
    expect([answer.status, answer.error.code]).toEqual([413, 'LIMIT_EXCEEDED']);
    expect((await versions(id)).every((version: { complete: boolean }) => !version.complete)).toBe(true);
  });

  it('makes a version the current one when its file is whole, and not before', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, [{ item: 'i0', probabilities: [1, 0, 0] }], { version: 'v0' });
    const broken = await upload(service, id, gzipSync(csv(45_000)).subarray(0, -30_000), undefined, { 'idempotency-key': 'p-1' });
    expect([broken.status, broken.created % 10_000, broken.created > 0]).toEqual([400, 0, true]);
    expect(await versions(id)).toMatchObject([{ version: 'v1', rows: broken.created, complete: false, current: false }, { version: 'v0', current: true }]);
    expect(await upload(service, id, csv(45_000), undefined, { 'idempotency-key': 'p-1' })).toMatchObject({ status: 200, rows: 45_000, created: 45_000, resumedAfterRows: broken.created, replayed: false });
    expect(await versions(id)).toMatchObject([{ version: 'v1', rows: 45_000, complete: true, current: true }, { version: 'v0', current: false }]);
    expect(await upload(service, id, csv(45_000), undefined, { 'idempotency-key': 'p-1' })).toMatchObject({ status: 200, created: 45_000, replayed: true });
  });

  it('waits for the last of several files where it is told to', async () => {
    const id = await service.newProject(abc);
    await upload(service, id, csv(10), 'model=m&version=v1&complete=false');
    expect(await versions(id)).toMatchObject([{ rows: 10, complete: false, current: false }]);
    await upload(service, id, csv(10, 10));
    expect(await versions(id)).toMatchObject([{ rows: 20, complete: true, current: true }]);
  });

  it('takes a file without a key twice: all rows are unchanged', async () => {
    const id = await service.newProject(abc);
    await upload(service, id, csv(15_000));
    expect(await upload(service, id, csv(15_000))).toMatchObject({ status: 200, created: 0, unchanged: 15_000 });
    expect(await upload(service, id, csv(2, 1))).toMatchObject({ created: 0, unchanged: 2 });
  });

  it('refuses the key of another model, version or kind of upload', async () => {
    const id = await service.newProject(abc);
    const key = { 'idempotency-key': 'p-2' };
    await upload(service, id, csv(10), 'model=m&version=v1', key);
    expect((await upload(service, id, csv(10), 'model=m&version=v2', key)).error.code).toBe('CONFLICT');
    const { body } = await service.http().post(`/projects/${id}/items`).set({ 'content-type': 'text/csv', authorization: `Bearer ${service.key}`, ...key }).send('item\nx\n');
    expect(body.error.code).toBe('CONFLICT');
  });

  const PARQUET = { 'content-type': 'application/vnd.apache.parquet' };
  /** Lists of doubles, in row groups of 7,000. */
  const parquet = (count: number, K = 3) => Buffer.from(parquetWriteBuffer({
    rowGroupSize: 7000,
    schema: [
      { name: 'root', num_children: 2 }, { name: 'item', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'probabilities', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED' },
    ],
    columnData: [{ name: 'item', data: Array.from({ length: count }, (_, n) => `i${n}`) }, { name: 'probabilities', data: Array.from({ length: count }, (_, n) => probabilitiesOf(n, K)) }],
  }));

  it('takes Parquet, and keeps every bit; the same file with the same key once', async () => {
    const id = await service.newProject(abc);
    const key = { ...PARQUET, 'idempotency-key': 'p-3' };
    expect(await upload(service, id, parquet(25_000), undefined, key)).toMatchObject({ status: 200, rows: 25_000, created: 25_000, rejected: 0, replayed: false });
    for (const n of [0, 9999, 24_999]) expect(await predictionsOf(service, id, `i${n}`)).toEqual([{ model: 'm', version: 'v1', probabilities: probabilitiesOf(n, 3) }]);
    expect(await upload(service, id, parquet(25_000), undefined, key)).toMatchObject({ status: 200, created: 25_000, resumedAfterRows: 25_000, replayed: true });
    expect((await upload(service, id, parquet(24_000), undefined, key)).error.code).toBe('CONFLICT');
    expect(await upload(service, id, parquet(100), 'model=m&version=v1&format=parquet', { 'content-type': 'application/octet-stream' })).toMatchObject({ status: 200, unchanged: 100 });
  });

  it('tells the place and the reason of each row of Parquet that it refuses', async () => {
    const id = await service.newProject(abc);
    const answer = await upload(service, id, parquet(3, 2), undefined, PARQUET);
    expect(answer).toMatchObject({ status: 200, rows: 3, rejected: 3 });
    expect(answer.rejects[1]).toEqual({ line: 2, code: 'WRONG_LENGTH', message: '2 probabilities for 3 classes; send one for each, in the order "a", "b", "c"' });
  });

  it('answers 400 to Parquet that cannot be read, 413 to more of it than it takes, and keeps neither', async () => {
    const id = await service.newProject(abc);
    const broken = await upload(service, id, parquet(20_000).subarray(0, 100_000), undefined, PARQUET);
    expect([broken.status, broken.error.code]).toEqual([400, 'INVALID_INPUT']);
    expect(broken.error.message).toMatch(/cut short/);
    const large = await upload(service, id, Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(4_000_000)]), undefined, PARQUET);
    expect([large.status, large.error.code]).toEqual([413, 'LIMIT_EXCEEDED']);
    expect(await versions(id)).toEqual([]);
  });

  it('takes rows of 2,000 classes', async () => {
    const classes = Array.from({ length: 2000 }, (_, k) => `class ${k}`);
    const id = await service.newProject({ classes });
    const body = Array.from({ length: 90 }, (_, n) => `${JSON.stringify({ item: `i${n}`, probabilities: probabilitiesOf(n, 2000) })}\n`).join('');
    expect(await upload(service, id, gzipSync(body), undefined, NDJSON)).toMatchObject({ status: 200, rows: 90, created: 90 });
    expect(await upload(service, id, gzipSync(body), undefined, NDJSON)).toMatchObject({ status: 200, unchanged: 90 });
    expect((await predictionsOf(service, id, 'i89'))[0].probabilities).toEqual(probabilitiesOf(89, 2000));
    const narrow = await upload(service, id, 'item,p_class 0\nx,1\n');
    expect(narrow.error.message).toMatch(/needs item or task, p_class 0, .* and 1981 more$/);
  });
});
