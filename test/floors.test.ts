import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** The plan of the house, from the ground up: imports go down, or stay on their floor. */
const floors: readonly (readonly string[])[] = [
  ['aggregation', 'formats', 'platform'],
  ['events', 'jobs', 'compute', 'rules', 'projects'],
  ['items', 'annotators', 'results'],
  ['votes', 'gold', 'priors', 'predictions'],
  ['ingest', 'runs', 'reliability', 'live', 'reports', 'agreement'],
  ['assignment', 'exports', 'samples', 'lifecycle'],
];

/** Within a floor these look at each other, in this direction only. */
const alongside = new Set(['reliability > runs', 'reports > runs', 'agreement > reports', 'agreement > runs', 'jobs > events', 'compute > events', 'projects > jobs', 'projects > rules', 'projects > events', 'lifecycle > assignment']);

/** Ends of the house, which nothing imports but another end. */
const roof = new Set(['main.ts', 'worker.ts', 'annex.ts', 'cli.ts', 'commands.ts', 'serve.ts', 'app.module.ts', 'application.ts', 'cli']);

/**
 * The rooms of the halls that have some, from the ground up. '' stands for the hall's own files: beneath its rooms where these
 * share them, above where they put the rooms to use; where it is not named they are both (shared types, and the registries above
 * what they list). Modules gather all that their hall provides and are left out.
 */
const rooms: Record<string, readonly string[]> = {
  aggregation: ['numeric', 'kernels', 'crowdlab', 'acquisition', 'agreement', 'methods', 'diagnostics', 'choice', 'label-quality', 'simulate'],
  'aggregation/kernels': ['', 'subtypes', 'collapsed', 'fast'],
  formats: ['text', 'rows', 'csv', 'ndjson', 'parquet', 'foreign', 'platforms', ''],
  platform: ['', 'embedded-postgres', 'lanes', 'database', 'http', 'graphql', 'reference'],
  projects: ['audit', '', 'keys', 'access', 'workspaces'],
  runs: ['', 'snapshot', 'results', 'running', 'evaluation'],
  cli: ['', 'foreign', 'offline', 'service'],
  assignment: ['states', 'leases', 'queue', 'scoring', ''],
};

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

const hall = (path: string) => path.split('/')[0]!;
const floorOf = (path: string) => (roof.has(hall(path)) ? floors.length : floors.findIndex((halls) => halls.includes(hall(path))));
/** The room of a hall that a path lies in, '' for the hall's own files, null outside the hall. */
const roomIn = (within: string, path: string): string | null => (path.startsWith(`${within}/`) ? path.slice(within.length + 1).split('/').slice(0, -1)[0] ?? '' : null);
const shown = ({ from, to }: Import) => `${from} -> ${to}`;

describe('the house', () => {
  const all = imports().filter(({ to }) => !to.startsWith('..'));

  it('has a floor for every folder', () => {
    const halls = readdirSync(src).filter((name) => !name.endsWith('.md'));
    expect(halls.filter((name) => floorOf(name) < 0)).toEqual([]);
    expect(all.length).toBeGreaterThan(300);
  });

  it('has imports that go down only', () => {
    const up = all.filter(({ from, to }) => {
      if (hall(from) === hall(to)) return false;
      if (floorOf(from) === floorOf(to) && floorOf(from) < floors.length) return floorOf(from) === 0 || !alongside.has(`${hall(from)} > ${hall(to)}`);
      return floorOf(from) < floorOf(to);
    });
    expect(up.map(shown)).toEqual([]);
  });

  it('has an aggregation library and formats that know nothing of ours', () => {
    const outside = imports().filter(({ from, to }) => ['aggregation', 'formats'].includes(hall(from)) && hall(from) !== hall(to));
    expect(outside.map(shown)).toEqual([]);
  });

  it('enters the aggregation library by its door', () => {
    const elsewhere = all.filter(({ from, to }) => hall(to) === 'aggregation' && hall(from) !== 'aggregation' && to !== 'aggregation/index.js');
    expect(elsewhere.map(shown)).toEqual([]);
  });

  it.each(Object.entries(rooms))('has rooms in %s whose imports go down inside it', (within, order) => {
    const found = new Set(all.flatMap(({ from, to }) => [roomIn(within, from), roomIn(within, to)]).filter((name): name is string => name !== null && name !== ''));
    expect([...found].filter((name) => !order.includes(name))).toEqual([]);
    const up = all.filter(({ from, to }) => {
      const [upper, lower] = [roomIn(within, from), roomIn(within, to)];
      if (upper === null || lower === null || !order.includes(upper) || !order.includes(lower) || from.endsWith('.module.ts')) return false;
      return order.indexOf(upper) < order.indexOf(lower);
    });
    expect(up.map(shown)).toEqual([]);
  });

  it('has no hall and no room of over 20 files of its own', () => {
    const counts = new Map<string, number>();
    for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) if (file.endsWith('.ts')) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, files]) => files > 20)).toEqual([]);
  });

  it('has no file of 300 lines or more', () => {
    const long = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && readFileSync(join(src, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});
