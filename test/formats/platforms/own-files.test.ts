import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { withImportTables } from '../../../docs/tables.mjs';
import { type Fate, FileRefused, passingReasons } from '../../../src/formats/foreign/fates.js';
import { flagOf, importOptions, importOptionSpecs } from '../../../src/formats/foreign/options.js';
import type { ForeignFile } from '../../../src/formats/foreign/platform.js';
import { FaultInFile } from '../../../src/formats/foreign/read.js';
import { readForeignVotes } from '../../../src/formats/foreign-votes.js';
import { openForeign } from '../../../src/formats/platforms/open.js';
import { platforms } from '../../../src/formats/platforms/platforms.js';
import { chunked } from '../streams.js';
import { found } from './cases.js';
import { ownFiles } from './own-files.js';

function fileOf(bytes: Uint8Array | string, name = 'export', sizes?: readonly number[]): ForeignFile {
  return { name, path: name, open: () => chunked(Buffer.from(bytes as string), sizes) };
}

/** A fate as own-files.ts has them; null for items. */
function told(fate: Fate): string | null {
  const words = (...all: (string | number | null)[]) => all.filter((word) => word !== null).join(' ');
  switch (fate.fate) {
    case 'vote': return words('vote', fate.item, fate.annotator, fate.class ?? fate.outcome, fate.voteId, fate.durationMs);
    case 'gold': return words('gold', fate.item, fate.class);
    case 'prediction': return words('prediction', fate.item, fate.model, fate.version, ...('class' in fate.score ? [fate.score.class, fate.score.score] : [fate.score.probabilities.join(',')]));
    case 'passed': return words('passed', fate.at, fate.reason);
    case 'refused': return words('refused', fate.at, fate.code);
    default: return null;
  }
}

const fatesOf = (fates: readonly Fate[]) => fates.map(told).filter((text) => text !== null);

async function faultOf(from: string, bytes: Uint8Array | string, given: Record<string, unknown> = {}, name?: string): Promise<string> {
  try {
    const foreign = await openForeign(from, [fileOf(bytes, name)], importOptions(given), null);
    for await (const _ of foreign.fates());
    return 'none';
  } catch (fault) {
    if (fault instanceof FaultInFile) return `${fault.fault instanceof FileRefused ? fault.fault.code : 'BROKEN'}: ${fault.message}`;
    if (fault instanceof RangeError) return `OPTION: ${fault.message}`;
    throw fault;
  }
}

const labelStudio = ownFiles[0]!.text;
const toloka = ownFiles.find(({ from }) => from === 'toloka')!.text;

describe('files of platforms', () => {
  it('are there for each of them', () => expect([...new Set(ownFiles.map(({ from }) => from))].sort()).toEqual(platforms.map(({ id }) => id).sort()));

  it.each(ownFiles)('have the fates that were written down: $from', async ({ from, name, text, options = {}, classes = null, fates }) => {
    const whole = await found(from, [fileOf(text, name)], options, classes);
    expect(fatesOf(whole.fates)).toEqual(fates);
    // However the bytes come, packed or not, with a mark and with line ends of Windows.
    for (const sizes of [[1], [7, 100]]) expect(fatesOf((await found(from, [fileOf(text, name, sizes)], options, classes)).fates)).toEqual(fates);
    const windows = Buffer.concat([Buffer.from('\ufeff'), Buffer.from(text.replaceAll('\n', '\r\n'))]);
    expect(fatesOf((await found(from, [fileOf(gzipSync(windows), name)], options, classes)).fates)).toEqual(fates);
  });

  it.each(ownFiles)('are recognised, or named as such that cannot be: $from', async ({ from, name, text, options = {}, classes = null, unrecognised, fates }) => {
    const read = await found('auto', [fileOf(text, name)], options, classes);
    if (unrecognised) expect(read.refused).toMatchObject({ code: 'OTHER_PLATFORM', message: expect.stringContaining(`one of ${platforms.map(({ id }) => id).join(', ')}`) as string });
    else expect([from, fatesOf(read.fates)]).toEqual([from, fates]);
  });

  it.each(ownFiles.filter(({ unrecognised }) => !unrecognised))('are told from those of another: $from', async ({ from, text }) => {
    const other = from === 'toloka' ? 'zooniverse' : from === 'label-studio' || from === 'cvat' ? 'mturk' : text.startsWith('{') || text.startsWith('[') ? 'label-studio' : 'toloka';
    expect(await faultOf(other, text)).toMatch(new RegExp(`^OTHER_PLATFORM: export: .*(--from ${from}|begins as)`));
  });

  it('send repeats of one annotator in the order of time', async () => {
    const { votes } = await found('label-studio', [fileOf(labelStudio)], {}, null);
    expect(votes.filter(({ annotator }) => annotator === '5').map(({ voteId }) => voteId)).toEqual(['ls:1', 'ls:2@2025-05-01T12:00:00Z']);
  });

  it('become votes for a computation, other outcomes apart', async () => {
    const { file, survey, refused } = await readForeignVotes(await openForeign('label-studio', [fileOf(labelStudio)], {}, null));
    expect([[...file.items], [...file.annotators], [...file.classes], file.itemIds.texts(), file.classIds.texts()]).toEqual([[0, 0, 0], [0, 0, 1], [0, 1, -1], ['9007199254740993'], ['ham', 'spam']]);
    expect([survey.votes, survey.gold, refused.map(({ code }) => code)]).toEqual([3, 1, ['SEVERAL_CLASSES', 'NO_ANNOTATOR']]);
  });

  it('give answers other names and outcomes', async () => {
    const options = importOptions({ unsure: 'spam', classMap: 'ham=HAM', annotators: '5=ann' });
    const { fates } = await found('label-studio', [fileOf(labelStudio)], options, ['HAM']);
    expect(fatesOf(fates).slice(0, 3)).toEqual(['vote 9007199254740993 ann HAM ls:2@2025-05-01T12:00:00Z 1500', 'vote 9007199254740993 ann UNSURE ls:1', 'vote 9007199254740993 6 SKIP ls:3']);
    const unknown = await found('label-studio', [fileOf(labelStudio)], {}, ['spam']);
    expect(unknown.fates.find((fate) => fate.fate === 'refused')).toMatchObject({ at: '/0/annotations/0', code: 'UNKNOWN_CLASS', message: expect.stringContaining('class "ham" is not among "spam"; give it another name by --class-map') as string });
  });
});

it('are in the tables of docs/importing.md (else: npm run build && node docs/tables.mjs)', () => {
  const page = readFileSync(new URL('../../../docs/importing.md', import.meta.url), 'utf8');
  expect(page).toBe(withImportTables(page, { platforms, importOptionSpecs, flagOf, passingReasons }));
});

describe('a file that cannot be read', () => {
  const half = Buffer.from(labelStudio).subarray(0, labelStudio.length >> 1);
  it.each<[what: string, from: string, bytes: Uint8Array | string, message: RegExp]>([
    ['cut in the middle', 'label-studio', half, /^BROKEN: export: line 1: the file ends inside a record/],
    ['cut behind a record', 'label-studio', '[{"id":1,"data":{},"annotations":[]},', /^BROKEN: .*the file ends before its list does/],
    ['a table cut in a quote', 'toloka', `${toloka}"u`, /^BROKEN: .*line 6: a quote is opened here and never closed/],
    ['packed and cut', 'label-studio', gzipSync(labelStudio).subarray(0, 60), /^BROKEN: .*gzip/],
    ['UTF-16', 'toloka', Buffer.from(`\ufeff${toloka}`, 'utf16le'), /^BROKEN: .*UTF-16; save it as UTF-8/],
    ['a zip', 'cvat', 'PK\x03\x04rest', /^BROKEN: .*is a zip; unpack it/],
    ['Parquet', 'argilla', 'PAR1rest', /^BROKEN: .*is Parquet; write it as JSON/],
    ['a column twice', 'crowd-kit', 'task,worker,label,label\n', /^BROKEN: .*the header has "label" twice/],
    ['a million columns', 'wide', `${'a,'.repeat(1_000_000)}a\n`, /^BROKEN: .*at most \d+ are read/],
    ['a document type', 'cvat', '<!DOCTYPE a [<!ENTITY b "c">]><annotations></annotations>', /^BROKEN: .*document type/],
    ['nothing', 'label-studio', '', /^(BROKEN|OTHER_PLATFORM): /],
    ['a list of nothing', 'label-studio', '[]', /^NO_QUESTION: /],
    ['another form', 'zooniverse', '{"a":1}', /^OTHER_PLATFORM: .*files of Zooniverse are a table/],
    ['of merged answers', 'cvat', '<annotations><meta><task><assignee><username>a</username></assignee></task></meta><image id="0" name="a"/></annotations>', /^NO_ANNOTATOR: .*export each of its jobs/],
    ['of all members', 'doccano', '{"id":1,"text":"a","label":["x"],"Comments":[]}\n', /^none$/],
  ])('is told with its place and remedy: %s', async (_, from, bytes, message) => {
    expect(await faultOf(from, bytes, from === 'wide' ? { annotatorColumns: 'a' } : {})).toMatch(message);
  });

  it('of one person is told from one of all', async () => {
    expect(await faultOf('doccano', '{"id":1,"text":"a","label":["x"],"Comments":[]}\n', {}, 'all.jsonl')).toMatch(/^NO_ANNOTATOR: all\.jsonl: .*turn off "Share annotations across all users"/);
  });

  it('tells of a record that is no JSON, and reads on', async () => {
    const { fates } = await found('prodigy', [fileOf('{"_input_hash":1,"answer":"ignore","_annotator_id":"a","options":[]}\n{"a":\\}\n{"_input_hash":2,"answer":"ignore","_annotator_id":"a\\ud800","options":[]}\n{"_input_hash":3,"answer":"ignore","_annotator_id":"a","options":[],"x":NaN}\n')], {}, null);
    expect(fatesOf(fates)).toEqual(['vote 1 a SKIP', 'refused 2 MALFORMED', 'refused 3 INVALID_TEXT', 'vote 3 a SKIP']);
  });

  it('tells of an element that is no XML, or no UTF-8, and reads on; of an end that is missing, too', async () => {
    const image = (id: number, tag: string) => `<image id="${id}" name="${id}.jpg">${tag}</image>`;
    const head = '<annotations><meta><job><assignee><username>ann</username></assignee></job></meta>\n';
    const file = Buffer.concat([
      Buffer.from(head + image(1, '<tag label="ham"/>')), Buffer.from(`\n${image(2, '<tag label="h&nbsp;m"/>')}\n${image(3, '<tag label=ham/>')}\n`),
      Buffer.from('<image id="4" name="4.jpg"><tag label="h\xff"/></image>\n', 'latin1'), Buffer.from(`${image(5, '<tag label="ham"/>')}\n`),
    ]);
    const { fates } = await found('cvat', [fileOf(Buffer.concat([file, Buffer.from('</annotations>')]))], {}, null);
    expect(fatesOf(fates)).toEqual(['vote 1.jpg ann ham', 'refused 3 MALFORMED', 'refused 4 MALFORMED', 'refused 5 INVALID_TEXT', 'vote 5.jpg ann ham']);
    expect(await faultOf('cvat', file)).toMatch(/^BROKEN: .*line 7: the file ends before <annotations> does; it was cut/);
    expect(await faultOf('cvat', `${head}${image(1, '')}</annotations>more`)).toMatch(/^BROKEN: .*line 2: the file cannot be read as XML: /);
  });

  it('tells which options a platform heeds, and what they may be', async () => {
    expect(await faultOf('crowd-kit', 'task,worker,label\n', { question: 'a' })).toMatch(/^OPTION: --question means nothing in files of crowd-kit; what does: --annotator, /);
    expect(await faultOf('one-hot', 'a,b\n')).toMatch(/^OPTION: files of one-hot need --class-columns/);
    expect(await faultOf('nowhere', '')).toMatch(/^OPTION: there is no platform "nowhere"; there are: auto, label-studio, /);
    expect(() => importOptions({ gold: 'maybe' })).toThrow('gold is "maybe"; it is read or ignore or only');
    expect(() => importOptions({ classMap: 'a=b,a=c' })).toThrow('each name once');
    expect(new Set(importOptionSpecs.map(({ name }) => name)).size).toBe(importOptionSpecs.length);
  });
});
