import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '../src/platform/config.js';

const root = new URL('../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** Every page there is. */
const pages = ['README.md', ...['src', 'docs', 'bench', 'clients'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md') && !name.includes('node_modules')).map((name) => `${folder}/${name}`))];

describe('the docs', () => {
  it('tell every setting with its default', () => {
    const page = read('docs/operation.md');
    for (const { name, fallback } of describeSettings()) {
      expect(page).toContain(`| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} |`);
    }
  });

  it.each(pages)('%s links to files that are there', (name) => {
    const base = new URL(name, root);
    const links = [...read(name).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([]);
  });

  it('name the operations that the schema has', () => {
    const schema = read('schema.graphql');
    const named = [...read('docs/api.md').matchAll(/^\| [^|]+ \| (.+?) \| [a-z:]+ \|$/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z]\w+)`/g)].map(([, word]) => word!));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((word) => !new RegExp(`^  ${word}\\b`, 'm').test(schema))).toEqual([]);
  });
});
