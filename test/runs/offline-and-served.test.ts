import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, agreementMetrics, bestClass, entropy, measureAgreement, missingScale, sortedClasses, standingVotes, tiedClasses, votes as votesOf, type AggregateRequest } from '../../src/aggregation/index.js';
import { Program } from '../cli/program.js';
import { startService, type Service } from '../setup/service.js';
import { runToEnd } from './crowd.js';

let service: Service;
let assay: Program;
beforeAll(async () => {
  [service, assay] = await Promise.all([startService(), Program.build()]);
});
afterAll(async () => {
  await Promise.all([service.stop(), assay.remove()]);
});

/** Votes of a small crowd: an annotator of five errs, and answers of one item are split. */
function crowd(classes: readonly string[], more: readonly string[] = []): string {
  const rows = Array.from({ length: 40 }, (_, v) => {
    const [item, annotator] = [Math.floor(v / 4), (v + Math.floor(v / 4)) % 5];
    return `i${item},a${annotator},${classes[(item * 7 + (annotator === 3 ? v : 0)) % classes.length]},,`;
  });
  return ['item,annotator,class,outcome,time', ...rows, ...more, ''].join('\n');
}

interface Case {
  text: string;
  classes: string[];
  method: string;
  gold?: Record<string, string>;
}

const three = ['cat', 'dog', 'owl'];
const ten = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
const cases: Record<string, Case> = {
  'a plain file': { text: crowd(three), classes: three, method: 'dawid-skene' },
  'ties': { text: 'item,annotator,class,outcome,time\nx,a,cat,,\nx,b,dog,,\ny,a,owl,,\ny,b,owl,,\n', classes: three, method: 'majority-vote' },
  'repeats, the later by its time or by its place': {
    text: crowd(three, ['i1,a1,owl,,2026-01-02', 'i1,a1,dog,,2026-01-01', 'i2,a2,owl,,', 'i2,a2,dog,,', 'i3,a3,cat,,2026-01-01']), classes: three, method: 'dawid-skene',
  },
  'other outcomes, empty answers and empty rows': {
    text: crowd(three, ['i20,a1,,SKIP,', 'i1,a0,,UNSURE,', 'i21,a7,,CANNOT_LABEL,', 'i4,a4,,,', ',,,,', ',,,,', 'i20,a2,owl,,']), classes: three, method: 'one-coin',
  },
  'classes that are numbers': { text: crowd(ten), classes: ten, method: 'dawid-skene' },
  'one class only': { text: crowd(['high']), classes: ['high', 'low'], method: 'dawid-skene' },
  'classes that all but look alike': { text: crowd(['None', 'cat', 'cat ']), classes: ['None', 'cat', 'cat '], method: 'majority-vote' },
  'gold for the method': { text: crowd(three), classes: three, method: 'dawid-skene', gold: { i0: 'owl', i3: 'cat', i4: 'dog' } },
};

interface Said {
  labels: Record<string, { label: string; confidence: number; entropy: number; votes: number; tie: boolean; probabilities: number[] }>;
  annotators: Record<string, { votes: number; quality: number | null }>;
  votes: number;
  otherOutcomes: number;
  repeats: number;
  unanswered: number;
  emptyRows: number;
  ties: number;
  iterations: number;
  converged: boolean;
  warnings: string[];
}

const cellsOf = (csv: string) => csv.trimEnd().split('\n').map((row) => row.split(','));

/** What a caller of the library does with the file. */
function byLibrary({ text, classes, method, gold }: Case): Said {
  const all = cellsOf(text).slice(1);
  const filled = all.filter((cells) => cells.some((cell) => cell !== ''));
  const rows = filled.filter(([, , name, outcome]) => name !== '' || outcome !== '');
  const codes = (column: number) => {
    const known = new Map([...new Set(rows.map((cells) => cells[column]!))].map((id, code) => [id, code]));
    return { codes: Int32Array.from(rows, (cells) => known.get(cells[column]!)!), count: known.size };
  };
  const [items, annotators] = [codes(0), codes(1)];
  const { stands, repeats } = standingVotes({
    items: items.codes, annotators: annotators.codes, itemCount: items.count, annotatorCount: annotators.count,
    answers: Int32Array.from(rows, ([, , name, outcome]) => (name === '' ? -1 - ['SKIP', 'UNSURE', 'CANNOT_LABEL'].indexOf(outcome!) : classes.indexOf(name!))),
    times: Float64Array.from(rows, ([, , , , time]) => (time === '' ? NaN : Date.parse(time!))),
  }, 'KEEP_LAST');
  const standing = rows.filter((_, row) => stands[row] === 1);
  const named = votesOf(standing.filter(([, , name]) => name !== '').map(([item, annotator, name]) => [item!, annotator!, name!] as const), { classes });
  const request: AggregateRequest = gold ? { gold: Int32Array.from(named.items, (item) => (gold[item] === undefined ? -1 : classes.indexOf(gold[item]))) } : {};
  const { posteriors, annotatorQuality, diagnostics } = aggregate(named.table, method, request);
  const K = classes.length;
  const counts = (ids: Int32Array, i: number) => ids.reduce((count, id) => count + (id === i ? 1 : 0), 0);
  return {
    labels: Object.fromEntries(named.items.map((item, i) => {
      const best = bestClass(posteriors, i * K, K);
      return [item, { label: classes[best]!, confidence: posteriors[i * K + best]!, entropy: entropy(posteriors, i * K, K), votes: counts(named.table.items, i), tie: tiedClasses(posteriors, i * K, K) > 1, probabilities: [...posteriors.subarray(i * K, (i + 1) * K)] }];
    })),
    annotators: Object.fromEntries(named.annotators.map((annotator, a) => [annotator, { votes: counts(named.table.annotators, a), quality: annotatorQuality ? annotatorQuality[a]! : null }])),
    votes: named.table.voteCount, otherOutcomes: standing.length - named.table.voteCount, repeats,
    unanswered: filled.length - rows.length, emptyRows: all.length - filled.length,
    ties: diagnostics.ties, iterations: diagnostics.iterations, converged: diagnostics.converged, warnings: [...named.warnings, ...diagnostics.warnings].sort(),
  };
}

async function byCommand({ text, classes, method, gold }: Case): Promise<Said> {
  const path = await assay.file('votes.csv', text);
  const goldWords = gold ? ['--gold', await assay.file('gold.csv', `item,class\n${Object.entries(gold).map((pair) => `${pair.join(',')}\n`).join('')}`), '--gold-as-input'] : [];
  const { code, out, err } = await assay.run(['aggregate', path, '-m', method, '--classes', JSON.stringify(classes), '--json', '--out', assay.path('out'), ...goldWords]);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  const { votes, otherOutcomes, repeats, ties, iterations, converged } = JSON.parse(out) as Said;
  const [labels, annotators] = await Promise.all(['soft-labels', 'annotators'].map(async (name) => cellsOf(await readFile(assay.path('out', `${name}.csv`), 'utf8')).slice(1)));
  const counted = (what: string) => Number(new RegExp(`(\\d+) rows? ${what} passed over`).exec(err)?.[1] ?? 0);
  return {
    labels: Object.fromEntries(labels!.map(([item, label, confidence, spread, count, tie, ...probabilities]) => [item!, {
      label: label!, confidence: Number(confidence), entropy: Number(spread), votes: Number(count), tie: tie === 'true', probabilities: probabilities.map(Number),
    }])),
    annotators: Object.fromEntries(annotators!.map(([annotator, count, quality]) => [annotator!, { votes: Number(count), quality: quality === undefined ? null : Number(quality) }])),
    votes, otherOutcomes, repeats, unanswered: counted('without an answer'), emptyRows: counted('of empty cells'), ties, iterations, converged,
    warnings: err.trimEnd().split('\n').filter((line) => line !== '' && !/passed over$|^assay: \d+ rows? repeated/.test(line)).map((line) => line.replace('assay: ', '')).sort(),
  };
}

async function byService({ text, classes, method, gold }: Case): Promise<Said> {
  const id = await service.newProject({ classes });
  const authorization = `Bearer ${service.key}`;
  const { body: told } = await service.http().post(`/projects/${id}/votes`).set({ 'content-type': 'text/csv', authorization }).send(text);
  expect(told).toMatchObject({ rejected: 0 });
  if (gold) await service.http().post(`/projects/${id}/gold`).set({ 'content-type': 'text/csv', authorization }).send(`item,class\n${Object.entries(gold).map((pair) => `${pair.join(',')}\n`).join('')}`).expect(200);
  const run = await runToEnd(service, id, { method });
  const download = async (name: string) => (await (await fetch(`${service.url}/projects/${id}/${name}.ndjson`, { headers: { authorization } })).text()).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, never>);
  const [labels, annotators] = await Promise.all([download('soft-labels'), download('annotators')]);
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes otherOutcomes } } }`, { id });
  return {
    labels: Object.fromEntries(labels.map((row) => [row.item, {
      label: row.label, confidence: row.confidence, entropy: row.entropy, votes: row.votes, tie: row.tie, probabilities: classes.map((name) => row[`p_${name}`]!),
    }])) as Said['labels'],
    annotators: Object.fromEntries(annotators.filter(({ votes }) => votes! > 0).map(({ annotator, votes, quality }) => [annotator, { votes, quality }])) as Said['annotators'],
    votes: Number(project.voteCounts.votes), otherOutcomes: Number(project.voteCounts.otherOutcomes), repeats: told.superseded + told.duplicate,
    unanswered: told.unanswered, emptyRows: told.emptyRows,
    ties: run.diagnostics.ties, iterations: run.diagnostics.iterations, converged: run.diagnostics.converged, warnings: run.diagnostics.warnings.toSorted(),
  };
}

describe.each(Object.entries(cases))('the library, the command line and the service say the same of %s', (_, given) => {
  it('labels to the bit, annotators, counts, ties and warnings', async () => {
    const meant = byLibrary(given);
    expect(await byCommand(given)).toEqual(meant);
    expect(await byService(given)).toEqual(meant);
  });
});

describe.each(Object.entries(cases).filter(([, { gold }]) => !gold))('the library and the command line say the same of how far annotators agree in %s', (_, { text, classes }) => {
  it('by each metric, to the bit', async () => {
    const path = await assay.file('agree.csv', text);
    const rows = cellsOf(text).slice(1).filter(([, , name]) => name !== '').map(([item, annotator, name]) => [item!, annotator!, name!] as const);
    // Every vote counts here: of repeats, which is kept is told above.
    const { table } = votesOf(rows, { classes: sortedClasses(new Set(classes)) });
    const words = ['agree', path, '--repeats', 'keep-all', '--json', '--classes', JSON.stringify(sortedClasses(new Set(classes)))];
    const { measures } = JSON.parse((await assay.run(words)).out) as { measures: { metric: string; value: number | null }[] };
    const fitting = agreementMetrics.filter(({ scale }) => !missingScale(scale, { votes: table }));
    expect(measures.map(({ metric }) => metric)).toEqual(fitting.map(({ id }) => id));
    for (const { metric, value } of measures) {
      const { value: meant } = measureAgreement({ metric, votes: table });
      expect(value, metric).toBe(Number.isNaN(meant) ? null : meant);
    }
  });
});
