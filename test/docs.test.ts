import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '../src/platform/config.js';

const root = new URL('../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

describe('the docs', () => {
  it('tell every setting with its default', () => {
    const page = read('docs/operation.md');
    for (const { name, fallback } of describeSettings()) {
      expect(page).toContain(`| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} |`);
    }
  });

  it.each(['README.md', 'src/README.md', 'docs/operation.md', 'docs/api.md', 'docs/aggregation.md', 'docs/findings.md', 'docs/rules.md', 'docs/reliability.md', 'docs/assignment.md', 'docs/relabel-or-new.md', 'docs/predictions.md', 'bench/README.md', 'bench/activelab/README.md', 'bench/assignment/CAMPAIGN.md'])('%s links to files that are there', (name) => {
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

it('the lock file has no address to download from', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"');
});
