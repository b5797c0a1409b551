import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasShared, shared } from '../../setup/shared.js';
import { asSet, expectedRows, fileAt, found, ofKind, optionsOf, rowOfVote, voteRow, type Case } from './cases.js';

const root = shared('formats');
const isHere = hasShared && existsSync(root);
if (!isHere) console.warn('skipped: the 58 cases of foreign files, since ../shared/formats is not here');

const folders = isHere
  ? readdirSync(root).filter((name) => !name.endsWith('.md')).flatMap((platform) => readdirSync(join(root, platform)).filter((name) => existsSync(join(root, platform, name, 'options.json'))).map((name) => `${platform}/${name}`))
  : [];
const all = folders.map((name) => ({ name, folder: join(root, name), given: JSON.parse(readFileSync(join(root, name, 'options.json'), 'utf8')) as Case }));
/** Bodies of webhooks are no files to import. */
const cases = all.filter(({ given }) => given.options.from !== undefined);

describe.skipIf(!isHere)('a file of another platform', () => {
  it('has as many cases as there are, but for the two of webhooks', () => {
    expect([all.length, cases.length]).toEqual([58, 56]);
  });

  it.each(cases)('has the fates that were written down: $name', async ({ folder, given }) => {
    const { files, options, classes = null, fileRefused } = given;
    // Gold answers of another file go with another call.
    const isGold = (file: string) => options.from === 'crowd-kit' && file === 'gt.csv';
    const kept = files.filter((file) => !isGold(file) && file !== options.labels);
    // Of one case a class that the project lacks is expected as it stands.
    const known = options.from === 'wide' ? null : classes;
    const read = await found(options.from, kept.map((file) => fileAt(folder, file)), optionsOf(options, folder), known);
    if (fileRefused) {
      expect(read.refused).toMatchObject({ code: fileRefused.code, names: fileRefused.names });
      return;
    }
    expect(read.refused).toBeNull();
    for (const file of files.filter(isGold)) read.fates.push(...(await found(options.from, [fileAt(folder, file)], { gold: 'only' }, known)).fates);
    const expected = expectedRows(folder, 'expected.csv').map(voteRow);
    expect(asSet(read.votes.map(rowOfVote))).toEqual(asSet(expected));
    // The order is told of answers of one annotator to one item.
    const pairOf = (row: unknown[]) => `${String(row[0])} ${String(row[1])}`;
    for (const pair of new Set(expected.map(pairOf))) expect(read.votes.map(rowOfVote).filter((row) => pairOf(row) === pair)).toEqual(expected.filter((row) => pairOf(row) === pair));
    expect(asSet(ofKind(read.fates, 'gold').map(({ item, class: label, reason }) => [item, label, reason ?? '']))).toEqual(asSet(expectedRows(folder, 'expected-gold.csv')));
    expect(asSet(ofKind(read.fates, 'prediction').map(({ item, model, version, score }) => ('class' in score ? [item, model, version, score.class, score.score] : [item, model, version, score.probabilities]))))
      .toEqual(asSet(expectedRows(folder, 'expected-predictions.csv').map(([item, model, version, label, score]) => (label!.startsWith('[') ? [item, model, version, JSON.parse(label!) as unknown] : [item, model, version, label, Number(score)]))));
    expect(asSet(ofKind(read.fates, 'passed').map(({ file, at, reason }) => [file, at, reason]))).toEqual(asSet(expectedRows(folder, 'passed.csv')));
    expect(asSet(ofKind(read.fates, 'refused').map(({ file, at, code }) => [file, at, code]))).toEqual(asSet(expectedRows(folder, 'refused.csv')));
  });
});
