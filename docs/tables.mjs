// The tables of aggregation.md and importing.md come from the registries: `npm run build && node docs/tables.mjs` brings them up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const tables = {
  methods: ({ methods }) => table(
    ['method', 'title', 'source', 'reads', 'returns', 'annotator quality', 'cost'],
    methods.map(({ id, version, title, source, reads, returns, quality, cost }) => [`\`${id}\` v${version}`, title, source, reads.join(', '), returns.join(', '), quality ?? '', cost]),
  ),
  'method-options': ({ methods }) => table(
    ['method', 'option', 'default', 'range', 'meaning'],
    methods.flatMap(({ id, options }) => options.map((option) => [`\`${id}\``, ...optionCells(option)])),
  ),
  findings: ({ methods, findingColumn }) => table(
    ['method', 'finds', 'per', 'range', 'column of files', 'what it says'],
    methods.flatMap(({ id, finds = [] }) => finds.map((spec) => [
      `\`${id}\``, `\`${spec.name}\``, spec.per, findingRange(spec), ['item', 'annotator'].includes(spec.per) ? `\`${findingColumn(spec)}\`` : '',
      spec.interval ? `${spec.meaning} Interval: ${spec.interval.map((name) => `\`${name}\``).join(' to ')}.` : spec.meaning,
    ])),
  ),
  'agreement-metrics': ({ agreementMetrics }) => table(
    ['metric', 'title', 'source', 'scale', 'compares pairs', 'options'],
    agreementMetrics.map(({ id, version, title, source, scale, forPairs, options }) => [
      `\`${id}\` v${version}`, title, source, scale, forPairs ? 'yes' : '',
      options.map((option) => `\`${option.name}\`: ${rangeOf(option)} (default ${option.default}). ${option.doc}`).join('<br>'),
    ]),
  ),
  'acquisition-scores': ({ acquisitionScores }) => table(
    ['score', 'title', 'source', 'reads', 'asked first', 'meaning'],
    acquisitionScores.map(({ id, version, title, source, reads, first, meaning }) => [`\`${id}\` v${version}`, title, source, reads.join(', '), first, meaning]),
  ),
  'crowd-options': ({ crowdOptions }) => table(['option', 'default', 'range', 'meaning'], crowdOptions.map(optionCells)),
};

const importTables = {
  platforms: ({ platforms, flagOf }) => table(
    ['`--from`', 'platform', 'files', 'options of its own', '`auto`'],
    platforms.map(({ id, title, files, heeds, recognises }) => [`\`${id}\``, title, files, heeds.map((name) => `\`${flagOf(name)}\``).join(', '), recognises ? 'yes' : 'no']),
  ),
  'import-options': ({ importOptionSpecs, flagOf }) => table(
    ['option', 'parameter', 'what it says', 'heeded by'],
    importOptionSpecs.map(({ name, kind, takes, doc, common }) => [
      `\`${flagOf(name)}${kind === 'flag' ? '' : ` ${typeof kind === 'object' ? kind.join('\\|') : (takes ?? '').toUpperCase()}`}\``.replaceAll('\\|', ' or '), `\`${name}\``, doc, common ? 'all' : 'some',
    ]),
  ),
  'passing-reasons': ({ passingReasons }) => table(['reason', 'what it says'], Object.entries(passingReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning])),
};

/** The page on methods. */
export function withTables(page, registries) {
  return withEach(tables, page, registries);
}

/** The page on importing. */
export function withImportTables(page, registries) {
  return withEach(importTables, page, registries);
}

function withEach(all, page, registries) {
  return Object.entries(all).reduce((text, [name, render]) => {
    const [start, end] = [`<!-- table: ${name} -->`, `<!-- end: ${name} -->`];
    const [before, rest, ...more] = text.split(start);
    if (rest === undefined || more.length > 0 || !rest.includes(end)) throw new Error(`the page needs ${start} once, and ${end} after it`);
    return `${before}${start}\n${render(registries)}\n${end}${rest.slice(rest.indexOf(end) + end.length)}`;
  }, page);
}

function optionCells(option) {
  return [`\`${option.name}\``, String(option.default), rangeOf(option), option.doc];
}

function findingRange({ type, min, max }) {
  if (type === 'class') return 'a class, or none';
  if (type === 'boolean') return 'true, false';
  const [least, greatest] = type === 'probability' ? [min ?? 0, max ?? 1] : [min, max];
  if (least == null) return 'any number';
  return greatest == null ? `${least} and more` : `${least} to ${Number.isInteger(greatest * 100) ? greatest : greatest.toPrecision(3)}`;
}

function rangeOf(option) {
  if (option.type === 'boolean') return 'true, false';
  if (option.type === 'choice') return option.choices.join(', ');
  return `${option.min} to ${option.max}${option.type === 'integer' ? ', whole' : ''}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = (path) => import(new URL(`../dist/src/${path}`, import.meta.url));
  const bring = (name, made) => {
    const page = new URL(name, import.meta.url);
    writeFileSync(page, made(readFileSync(page, 'utf8')));
  };
  const library = await built('aggregation/index.js');
  bring('aggregation.md', (page) => withTables(page, library));
  const registries = { ...await built('formats/platforms/platforms.js'), ...await built('formats/foreign/options.js'), ...await built('formats/foreign/fates.js') };
  bring('importing.md', (page) => withImportTables(page, registries));
}
