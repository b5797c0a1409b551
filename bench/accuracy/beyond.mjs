// What was tried to do better than the default, and what of it holds on crowds left out: writes BEYOND.md beside this file.
// Run after `npm run build`: node bench/accuracy/beyond.mjs      about four minutes of an idle core
import { writeFileSync } from 'node:fs';
import { aggregate, calibration } from '../../dist/src/aggregation/index.js';
import { collapsedSubtypes } from './collapsed-subtypes.mjs';
import { crowdNames, families, loadCrowd } from './crowds.mjs';
import { table } from './markdown.mjs';
import { differenceWords, mean, pairedDifference } from './significance.mjs';

const names = crowdNames();
if (names.length === 0) {
  console.log('nothing to score: ../shared/datasets is not there');
  process.exit(0);
}

const FLOOR = 0.02;
const RHO = 0.3;
/** Gold items of a crowd that a search looks at, evenly spread; the figures of the page are of all. */
const SEARCHED = 1500;
const limits = { maxIterations: 500, tolerance: 1e-4 };
const subtypeForms = [1, 3].flatMap((subtypes) => [3, 10].map((strength) => ({ subtypes, strength, id: `${subtypes} x ${strength}` })));
const MODELS = ['hierarchical', 'even', 'dawidSkene', 'ebcc'];

const crowds = names.map((name) => {
  const { table: votes, gold } = loadCrowd(name);
  const K = votes.classCount;
  const known = [...gold.keys()].filter((item) => gold[item] >= 0);
  const kept = (posteriors) => {
    const rows = new Float64Array(known.length * K);
    known.forEach((item, i) => rows.set(posteriors.subarray(item * K, (item + 1) * K), i * K));
    return rows;
  };
  const base = aggregate(votes, 'hierarchical-dawid-skene', { options: limits });
  const all = {
    majority: aggregate(votes, 'majority-vote').posteriors,
    labelAggregation: aggregate(votes, 'label-aggregation').posteriors,
    hierarchical: base.posteriors,
    even: aggregate(votes, 'hierarchical-dawid-skene', { options: { ...limits, priorWeight: 5, classPriors: 'even' } }).posteriors,
    dawidSkene: aggregate(votes, 'dawid-skene').posteriors,
    ...(K === 2 && { ebcc: aggregate(votes, 'ebcc', { options: { seeds: 1, maxIterations: 500 } }).posteriors }),
    ...Object.fromEntries(subtypeForms.map((form) => [form.id, collapsedSubtypes(votes, base, form)])),
  };
  console.log(name);
  return {
    name, K, gold: Int32Array.from(known, (item) => gold[item]),
    counts: Float64Array.from(known, (item) => votes.itemOffsets[item + 1] - votes.itemOffsets[item]),
    parts: Object.fromEntries(Object.entries(all).map(([id, posteriors]) => [id, kept(posteriors)])),
    signs: signsOf(all, K, votes.voteCount / votes.itemCount),
  };
});

/** What can be told of a crowd without gold. */
function signsOf({ majority, hierarchical, even, dawidSkene }, K, votesAnItem) {
  const distance = (a, b) => mean(Array.from({ length: a.length / K }, (_, item) => sumOver(item, K, (at) => Math.abs(a[at] - b[at])) / 2));
  return {
    'votes an item (log)': Math.log(votesAnItem),
    'classes (log)': Math.log(K),
    'entropy of the vote shares, over log K': mean(Array.from({ length: majority.length / K }, (_, item) => -sumOver(item, K, (at) => (majority[at] > 0 ? majority[at] * Math.log(majority[at]) : 0)))) / Math.log(K),
    'distance of hierarchical-dawid-skene from the vote shares': distance(hierarchical, majority),
    'its distance from that with even classes': distance(hierarchical, even),
    'its distance from dawid-skene': distance(hierarchical, dawidSkene),
  };
}

function sumOver(item, K, valueAt) {
  let sum = 0;
  for (let at = item * K; at < (item + 1) * K; at++) sum += valueAt(at);
  return sum;
}

/** The default's weights; those of `more` are taken from hierarchical's, or from ebcc's place where it has one. */
function weightsOf(K, more = {}) {
  const taken = Object.values(more).reduce((sum, weight) => sum + weight, 0);
  const weights = K === 2 ? { labelAggregation: 0.3, hierarchical: 0.15, even: 0.1, dawidSkene: 0.1, ebcc: 0.35 } : { labelAggregation: 0.3, hierarchical: 0.5, even: 0.1, dawidSkene: 0.1 };
  weights[K === 2 ? 'ebcc' : 'hierarchical'] -= taken;
  return { ...weights, ...more };
}

/** The soft labels of soft-label-mean; `power(i)` is that to which the mean is raised before the floor. */
function mixed({ K, gold, counts, parts }, { rho = RHO, weights, power = () => 1 }) {
  const rows = new Float64Array(gold.length * K);
  const row = new Float64Array(K);
  for (const [id, weight] of Object.entries(weights)) {
    const tempered = MODELS.includes(id) || subtypeForms.some((form) => form.id === id);
    for (let i = 0; i < gold.length; i++) addPower(parts[id], i * K, K, tempered ? Math.max(0.01, 1 / (1 + rho * Math.max(0, counts[i] - 1))) : 1, weight, row, rows);
  }
  const soft = new Float64Array(rows.length);
  for (let i = 0; i < gold.length; i++) addPower(rows, i * K, K, power(i), 1 - FLOOR, row, soft);
  for (let at = 0; at < soft.length; at++) soft[at] += FLOOR / K;
  return soft;
}

/** Adds weight x p^beta, renormalised, of one row. */
function addPower(from, at, K, beta, weight, row, into) {
  let total = 0;
  for (let k = 0; k < K; k++) total += row[k] = beta === 1 ? from[at + k] : Math.max(1e-300, from[at + k]) ** beta;
  for (let k = 0; k < K; k++) into[at + k] += (weight * row[k]) / total;
}

function logLoss({ K, gold }, rows) {
  let loss = 0;
  gold.forEach((answer, i) => (loss -= Math.log(0.99 * rows[i * K + answer] + 0.01 / K)));
  return loss / gold.length;
}

function scoreOf(crowd, rows) {
  const { accuracy, nll, brier, ece } = calibration(rows, crowd.K, crowd.gold);
  return { accuracy: 100 * accuracy, nll, brier, ece };
}

function thinned(crowd) {
  const most = Math.min(crowd.gold.length, SEARCHED);
  const picked = Array.from({ length: most }, (_, i) => Math.floor((i * crowd.gold.length) / most));
  const rowsOf = (part) => Float64Array.from(picked.flatMap((i) => Array.from(part.subarray(i * crowd.K, (i + 1) * crowd.K))));
  return {
    ...crowd, gold: Int32Array.from(picked, (i) => crowd.gold[i]), counts: Float64Array.from(picked, (i) => crowd.counts[i]),
    parts: Object.fromEntries(Object.entries(crowd.parts).map(([id, part]) => [id, rowsOf(part)])),
  };
}

const searched = crowds.map(thinned);
const kinOf = (name) => families.find((kin) => kin.includes(name)) ?? [name];
const base = crowds.map((crowd) => scoreOf(crowd, mixed(crowd, { weights: weightsOf(crowd.K) })));

/**
 * Of each crowd the score of what is best by mean log loss on the crowds that are not left out with it.
 * @param options what is chosen from; @param setting what `mixed` takes for a crowd (thinned or whole) by an option
 */
function tried(title, options, setting) {
  const losses = options.map((option) => searched.map((crowd, c) => logLoss(crowd, mixed(crowd, setting(option, c, crowd)))));
  const best = (left) => {
    const means = losses.map((row) => mean(row.filter((_, c) => !left.includes(names[c]))));
    return options[means.indexOf(Math.min(...means))];
  };
  const scoresBy = (leftOf) => crowds.map((crowd, c) => scoreOf(crowd, mixed(crowd, setting(best(leftOf(crowd.name)), c, crowd))));
  console.log(title);
  return { title, count: options.length, inView: scoresBy(() => []), one: scoresBy((name) => [name]), family: scoresBy(kinOf), chosen: best([]) };
}

const grid = (from, to, step) => Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);

const signNames = Object.keys(crowds[0].signs);
/** Signs in standard deviations over the crowds; nothing of gold is in them. */
const standard = Object.fromEntries(signNames.map((sign) => {
  const values = crowds.map(({ signs }) => signs[sign]);
  const spread = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  return [sign, values.map((value) => (value - mean(values)) / spread)];
}));
const lines = grid(-2.4, -0.6, 0.2).flatMap((level) => grid(-0.8, 0.8, 0.2).map((slope) => ({ level, slope })));
const rhoBy = (sign) => lines.map((line) => ({ ...line, sign }));
const rhoSetting = ({ level, slope, sign }, c, crowd) => ({ weights: weightsOf(crowd.K), rho: Math.min(1, Math.exp(level + slope * standard[sign][c])) });

/** Of each item: votes, agreement of its votes, and how sure the hierarchical model is; about 0 in the middle. */
const itemFacts = {
  'votes of the item (log)': ({ counts }, i) => Math.log(Math.max(1, counts[i])) - 2,
  'greatest vote share of the item': ({ parts, K }, i) => 4 * (Math.max(...parts.majority.subarray(i * K, (i + 1) * K)) - 0.8),
  'distance of hierarchical-dawid-skene and label-aggregation on the item': ({ parts, K }, i) => 2 * sumOver(i, K, (at) => Math.abs(parts.hierarchical[at] - parts.labelAggregation[at])) - 0.4,
};
const powers = grid(-0.3, 0.3, 0.1).flatMap((level) => grid(-0.3, 0.3, 0.1).map((slope) => ({ level, slope })));

const tries = [
  ...signNames.map((sign) => tried(`rho by ${sign}`, rhoBy(sign), rhoSetting)),
  tried('rho by whichever of these signs', signNames.flatMap(rhoBy), rhoSetting),
  ...Object.entries(itemFacts).map(([fact, of]) => tried(`power by ${fact}`, powers, ({ level, slope }, _, crowd) => ({ weights: weightsOf(crowd.K), power: (i) => Math.exp(level + slope * of(crowd, i)) }))),
  tried('collapsed subtypes as a member', [{ weight: 0 }, ...subtypeForms.flatMap(({ id }) => [0.1, 0.2, 0.35].map((weight) => ({ id, weight })))],
    ({ id, weight }, _, crowd) => ({ weights: weightsOf(crowd.K, weight > 0 ? { [id]: weight } : {}) })),
];

const rhos = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
const byGold = crowds.map((crowd) => rhos.map((rho) => ({ rho, rows: mixed(crowd, { weights: weightsOf(crowd.K), rho }) }))
  .map(({ rho, rows }) => ({ rho, loss: logLoss(crowd, rows), rows })).reduce((a, b) => (b.loss < a.loss ? b : a)))
  .map(({ rho, rows }, c) => ({ rho, ...scoreOf(crowds[c], rows) }));

const measures = [['accuracy', 2], ['nll', 4], ['brier', 4], ['ece', 4]];
const heads = ['Accuracy (%)', 'Log loss', 'Brier score', 'Calibration error'];
const means = (scores) => measures.map(([key, digits]) => mean(scores.map((score) => score[key])).toFixed(digits));
const difference = (scores, key, digits) => differenceWords(pairedDifference(base.map((score) => score[key]), scores.map((score) => score[key])), digits);
const alone = subtypeForms.map(({ id, subtypes, strength }) => ({ subtypes, strength, scores: crowds.map((crowd) => scoreOf(crowd, crowd.parts[id])) }));
const single = (id) => crowds.map((crowd) => crowd.parts[id] && scoreOf(crowd, crowd.parts[id]));
const zencrowd = names.indexOf('zencrowd_us');
const held = tries.filter(({ one, family }) => [one, family].every((scores) => pairedDifference(base.map(({ nll }) => nll), scores.map(({ nll }) => nll)).high < 0));

writeFileSync(new URL('BEYOND.md', import.meta.url), `# Beyond the default

Made by \`npm run build && node bench/accuracy/beyond.mjs\`; do not edit. What was tried to do better than \`soft-label-mean\` of today, on the crowds and by the measures of
[README.md](README.md). Each try is a list of settings, the default's own or its next neighbour among them. The setting with the least mean log loss is chosen on the crowds that are not left out, and
scored on the one that is: crowd by crowd, and family by family (${families.map((kin) => kin.join(', ')).join('; ')}; the others each by itself).

## What held

${held.length === 0 ? `Nothing: of ${tries.length} tries none has a log loss below the default's on crowds left out, with an interval that leaves 0 out, so the default stays as it is.` : `With an interval of the log loss that leaves 0 out, by crowds and by families: ${held.map(({ title }) => title).join('; ')}.`} The aim was 84.8%, .455 and .232;
the default has ${means(base).slice(0, 3).join(', ')}.

${table(['', 'settings', ...heads, 'log loss less the default\'s'], [
  ['**the default**', '', ...means(base), ''],
  ...tries.flatMap(({ title, count, inView, one, family }) => [
    [`${title}: all crowds in view`, count, ...means(inView), difference(inView, 'nll', 4)],
    ['crowd by crowd left out', '', ...means(one), difference(one, 'nll', 4)],
    ['family by family left out', '', ...means(family), difference(family, 'nll', 4)],
  ]),
])}

95% intervals by drawing the crowds anew (paired, 10,000 draws); bold where they leave 0 out.

## A rho for each crowd, without gold

How alike annotators err differs from crowd to crowd. Were the best rho known (here it is read off the gold answers, which nobody has), log loss would be ${mean(byGold.map(({ nll }) => nll)).toFixed(4)}:

${table(['crowd', 'best rho', 'log loss by it', 'by .3', ...signNames], crowds.map(({ name, signs }, c) => [name, byGold[c].rho, byGold[c].nll.toFixed(3), base[c].nll.toFixed(3), ...signNames.map((sign) => signs[sign].toFixed(2))]))}

So there is room, and the question was whether a sign that needs no gold tells where. Each sign was let set log rho = level + slope x sign, by the ${lines.length} lines of a grid.
In view of all crowds a line is always found that looks better than .3; on a crowd left out it is not. Eighteen crowds are few to learn even two numbers from, when single crowds (face, web) move the mean by .005 and more.

## A power for each item

The same for single items: the mean of the members raised to exp(level + slope x fact), before the floor. Facts: how many votes an item has beyond what rho makes of them, how far its votes agree, and how far
two kinds of member are apart.

## EBCC that knows K and leaves the item out

EBCC does well on zencrowd_us, where annotators err together, and badly where K > 2. Here it has what makes hierarchical-dawid-skene good: the item is taken out of the counts, and the prior of a
subtype's row is the row of its class in the matrix of all annotators together, worth so many pseudo-votes. Alone:

${table(['subtypes', 'pseudo-votes', ...heads, 'accuracy on zencrowd_us'], [
  ...alone.map(({ subtypes, strength, scores }) => [subtypes, strength, ...means(scores), scores[zencrowd].accuracy.toFixed(1)]),
  ['hierarchical-dawid-skene, to 1e-4', '', ...means(single('hierarchical')), single('hierarchical')[zencrowd].accuracy.toFixed(1)],
  ['ebcc, one start (K = 2 only)', '', '', '', '', '', single('ebcc')[zencrowd].accuracy.toFixed(1)],
])}

The prior that helps elsewhere takes away what EBCC had on zencrowd_us; perhaps since subtypes that are drawn to one row a class do not part into ways of erring. As a member (weight .1, .2 or .35, from that of ebcc where K = 2, else from that of
hierarchical-dawid-skene) it stands in the table at the top.
`);
