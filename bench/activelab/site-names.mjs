// A campaign on a real crowd, stopped on its way, with a model: node bench/activelab/site-names.mjs VOTES OUT
// VOTES: item,annotator,label of AdultContent2 (Ipeirotis, Provost & Wang 2010; github.com/ipeirotis/Get-Another-Label, Apache-2.0), whose items are
// addresses of web sites. Of every second site the first three votes are kept, the others are new. The model reads the letters of the address.
// With --check NEXT it tells how often the votes that were held back overturn the label that the first three gave.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEPT_VOTES = 3;
const FOLDS = 5;
/** How many letters are read together; and how the model learns. */
const PIECES = [3, 4, 5];
const PASSES = 4;
const STEP = 0.1;
const DECAY = 0.01;

const [path, out] = process.argv.slice(2);
const next = process.argv.includes('--check') ? process.argv[process.argv.indexOf('--check') + 1] : null;
const rows = readCsv(path);
const classes = [...new Set(rows.map(([, , label]) => label))].sort();
const votesOf = grouped(rows);
const sites = [...votesOf.keys()];
const old = sites.filter((_, i) => i % 2 === 0);
const kept = new Map(old.map((site) => [site, votesOf.get(site).slice(0, KEPT_VOTES)]));
if (next) check();
else write();

function write() {
  mkdirSync(out, { recursive: true });
  const labelOf = new Map(old.map((site) => [site, majority(kept.get(site))]));
  const models = Array.from({ length: FOLDS }, (_, fold) => train(old.filter((_, i) => i % FOLDS !== fold), labelOf));
  const all = train(old, labelOf);
  writeCsv('votes.csv', ['item', 'annotator', 'label'], old.flatMap((site) => kept.get(site)));
  writeCsv('predictions.csv', ['item', ...classes.map((name) => `p_${name}`)], old.map((site, i) => [site, ...models[i % FOLDS](site)]));
  writeCsv('unlabelled.csv', ['item', ...classes.map((name) => `p_${name}`)], sites.filter((site) => !kept.has(site)).map((site) => [site, ...all(site)]));
}

/** Softmax regression over the pieces of an address, by stochastic gradient steps in the order of the sites. */
function train(from, labelOf) {
  const K = classes.length;
  const weights = new Map();
  const rowOf = (piece) => weights.get(piece) ?? weights.set(piece, new Float64Array(K)).get(piece);
  const predict = (pieces) => {
    const scores = new Float64Array(K);
    for (const piece of pieces) weights.get(piece)?.forEach((w, k) => (scores[k] += w));
    const most = Math.max(...scores);
    const odds = scores.map((score) => Math.exp(score - most));
    const total = odds.reduce((sum, one) => sum + one, 0);
    return odds.map((one) => one / total);
  };
  const examples = from.map((site) => ({ pieces: piecesOf(site), label: classes.indexOf(labelOf.get(site)) }));
  for (let pass = 0; pass < PASSES; pass++) {
    const step = STEP / (1 + pass);
    for (const { pieces, label } of examples) {
      const errors = predict(pieces).map((p, k) => (k === label ? 1 : 0) - p);
      for (const piece of pieces) {
        const row = rowOf(piece);
        errors.forEach((error, k) => (row[k] += step * (error - DECAY * row[k])));
      }
    }
  }
  return (site) => predict(piecesOf(site));
}

function piecesOf(site) {
  const name = `^${site.replace(/^https?:\/\/(www\.)?/, '')}$`;
  return new Set(['', ...PIECES.flatMap((length) => Array.from({ length: Math.max(0, name.length - length + 1) }, (_, at) => name.slice(at, at + length)))]);
}

function check() {
  const named = new Set(readCsv(next).filter(([, kind]) => kind === 'RELABEL').map(([site]) => site));
  const overturned = (some) => `${some.filter((site) => majority(votesOf.get(site)) !== majority(kept.get(site))).length} of ${some.length}`;
  const more = old.filter((site) => votesOf.get(site).length > KEPT_VOTES);
  console.log(`labels that the votes held back overturn: ${overturned(more.filter((site) => named.has(site)))} of the sites named, ${overturned(more.filter((site) => !named.has(site)))} of the others`);
}

/** The most votes; equally many: the class that comes first. */
function majority(votes) {
  const counts = classes.map((name) => votes.filter(([, , label]) => label === name).length);
  return classes[counts.indexOf(Math.max(...counts))];
}

/** site -> its votes, in the order of the file. */
function grouped(all) {
  const groups = new Map();
  for (const row of all) (groups.get(row[0]) ?? groups.set(row[0], []).get(row[0])).push(row);
  return groups;
}

function readCsv(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split(','));
}

function writeCsv(name, header, lines) {
  writeFileSync(join(out, name), `${[header, ...lines].map((cells) => cells.join(',')).join('\n')}\n`);
}
