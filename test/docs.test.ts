import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { page } from '../docs/graphql.mjs';
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

  it('have the reference of the schema as it is, with every operation, type, field and value, and no link that leads nowhere', () => {
    const schema = read('schema.graphql');
    const reference = read('docs/graphql.md');
    expect(reference).toBe(page(schema));
    // As words of the schema: what is described in it is text, and none of them.
    const names = [...schema.replace(/"""[^]*?"""/g, '').matchAll(/^ *(?:(?:type|input|enum|scalar|union|interface) )?(\w+)/gm)].map(([, name]) => name!);
    const untold = (name: string) => !new RegExp(`\\b${name}\\b`).test(reference);
    expect(names.length).toBeGreaterThan(1000);
    expect(new Set(names.filter((name) => untold(name) && !/^(Query|Mutation|Subscription|\w+Edge|edges|node)$/.test(name)))).toEqual(new Set());
    const anchors = new Set([...[...reference.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!), ...[...reference.matchAll(/^## (\w+)$/gm)].map(([, title]) => title!.toLowerCase())]);
    expect([...reference.matchAll(/\]\(#([^)]+)\)/g)].map(([, to]) => to!).filter((to) => !anchors.has(to))).toEqual([]);
  });

  it('tell a deprecated field, a default, a union and an argument of a field, wherever a schema has one', () => {
    const told = page('type Query { "Old." old("Of what." of: [Kind!] = [A]): Both @deprecated(reason: "Use new.") } enum Kind { A "B is." B @deprecated(reason: "Use A.") } union Both = One | Two type One { x(y: Int = 3): Int! } type Two { z: String }  type PageInfo { startCursor: String }');
    for (const line of [
      '**Deprecated**: Use new.', '| `of` | \\[[Kind](#Kind)!\\] = `[A]` | Of what. |', '| `B` | **Deprecated**: Use A. B is. |', 'One of [One](#One), [Two](#Two).', '| `x` | Int! | `y`: Int = `3`. |',
    ]) expect(told).toContain(line);
  });

  it('name the operations that the schema has', () => {
    const schema = read('schema.graphql');
    const named = [...read('docs/api.md').matchAll(/^\| [^|]+ \| (.+?) \| [a-z:]+ \|$/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z]\w+)`/g)].map(([, word]) => word!));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((word) => !new RegExp(`^  ${word}\\b`, 'm').test(schema))).toEqual([]);
  });
});
