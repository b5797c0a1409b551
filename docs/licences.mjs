// licences.md comes from the lock file: `node docs/licences.mjs` brings it up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Packages of the lock file: name, version, licence, and whether only development or an optional feature needs them. */
export function packagesOf(lock) {
  return Object.entries(lock.packages).filter(([path]) => path !== '').map(([path, facts]) => ({ name: path.split('node_modules/').at(-1), ...facts }));
}

/** @returns the page: every licence, and whose it is; what only development needs is counted, not named. */
export function page(lock) {
  const byLicence = new Map();
  for (const { name, version, license, dev } of packagesOf(lock)) {
    const whose = byLicence.get(license) ?? { used: new Set(), development: new Set() };
    byLicence.set(license, whose);
    whose[dev ? 'development' : 'used'].add(`${name} ${version}`);
  }
  const rows = [...byLicence].sort(([a], [b]) => a.localeCompare(b))
    .map(([licence, { used, development }]) => `| ${licence} | ${[...used].sort().join(', ')} | ${development.size} |`);
  return `# Licences of what Assay stands on

Made from package-lock.json by \`node docs/licences.mjs\`. Assay itself is Apache-2.0.

| licence | packages that a service runs with | more for development alone |
|---|---|---|
${rows.join('\n')}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = (name) => new URL(name, import.meta.url);
  writeFileSync(file('licences.md'), page(JSON.parse(readFileSync(file('../package-lock.json'), 'utf8'))));
}
