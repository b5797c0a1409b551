import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagesOf, page, type Lock } from '../docs/licences.mjs';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as Lock;
const packages = packagesOf(lock);
const named = (those: typeof packages) => those.map(({ name, version }) => `${name} ${version}`);

/** What an Apache-2.0 service may be given on with, without conditions on its own source. */
const given = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'Apache-2.0', 'Apache-2.0 AND MIT', '(MIT OR CC0-1.0)', '(MIT AND BSD-3-Clause)']);
/** Used, unchanged, by those who build and test. */
const used = new Set([...given, 'MPL-2.0']);

describe('the packages that are locked', () => {
  it('have a checksum each, and no address', () => {
    expect(packages.length).toBeGreaterThan(500);
    expect(named(packages.filter(({ integrity }) => !/^sha512-/.test(integrity ?? '')))).toEqual([]);
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });

  it('are none that their owners have given up', () => {
    expect(named(packages.filter(({ deprecated }) => deprecated != null))).toEqual([]);
  });

  it('have licences that go with ours', () => {
    expect(packages.filter(({ license, dev }) => !(dev ? used : given).has(license ?? '')).map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
    expect(read('docs/licences.md')).toBe(page(lock));
  });

  it('are asked for by exact versions', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const asked = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
