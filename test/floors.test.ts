import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** The plan of the house, from the ground up: imports go down, or stay on their floor. */
const floors: readonly (readonly string[])[] = [
  ['aggregation', 'formats', 'platform'],
  ['events', 'jobs', 'compute', 'rules', 'projects'],
  ['items', 'annotators'],
  ['votes', 'gold', 'predictions'],
  ['ingest', 'runs', 'reliability', 'live'],
  ['assignment', 'exports', 'samples'],
];

/** Within a floor these look at each other, in this direction only. */
const alongside = new Set(['reliability > runs', 'jobs > events', 'compute > events', 'projects > jobs', 'projects > rules']);

/** Ends of the house, which nothing imports but another end. */
const roof = new Set(['main.ts', 'worker.ts', 'cli.ts', 'serve.ts', 'app.module.ts', 'application.ts', 'cli']);

interface Import {
  from: string;
  to: string;
}

function imports(): Import[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) => ({ from: file, to: relative(src, resolve(src, dirname(file), path!)) }));
  });
}

const room = (path: string) => path.split('/')[0]!;
const floorOf = (path: string) => (roof.has(room(path)) ? floors.length : floors.findIndex((rooms) => rooms.includes(room(path))));
const shown = ({ from, to }: Import) => `${from} -> ${to}`;

describe('the house', () => {
  const all = imports().filter(({ to }) => !to.startsWith('..'));

  it('has a floor for every folder', () => {
    const rooms = readdirSync(src).filter((name) => !name.endsWith('.md'));
    expect(rooms.filter((name) => floorOf(name) < 0)).toEqual([]);
    expect(all.length).toBeGreaterThan(300);
  });

  it('has imports that go down only', () => {
    const up = all.filter(({ from, to }) => {
      if (room(from) === room(to)) return false;
      if (floorOf(from) === floorOf(to) && floorOf(from) < floors.length) return floorOf(from) === 0 || !alongside.has(`${room(from)} > ${room(to)}`);
      return floorOf(from) < floorOf(to);
    });
    expect(up.map(shown)).toEqual([]);
  });

  it('has an aggregation library and formats that know nothing of ours', () => {
    const outside = imports().filter(({ from, to }) => ['aggregation', 'formats'].includes(room(from)) && room(from) !== room(to));
    expect(outside.map(shown)).toEqual([]);
  });

  it('enters the aggregation library by its door', () => {
    const elsewhere = all.filter(({ from, to }) => room(to) === 'aggregation' && room(from) !== 'aggregation' && to !== 'aggregation/index.js');
    expect(elsewhere.map(shown)).toEqual([]);
  });

  it('has no file of 300 lines or more', () => {
    const long = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && readFileSync(join(src, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});
