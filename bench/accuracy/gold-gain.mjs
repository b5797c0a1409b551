// What gold answers are worth to soft-label-mean, by their number: writes GOLD.md beside this file.
// Run after `npm run build`: node bench/accuracy/gold-gain.mjs      some minutes
import { writeFileSync } from 'node:fs';
import { aggregate, calibration, findMethod, leastGoldToTune, meanSoftLabel, resolveOptions, temper, tuneByGold } from '../../dist/src/aggregation/index.js';
import { temperByVotes } from '../../dist/src/aggregation/combination.js';
import { five, runMembers } from '../../dist/src/aggregation/methods/soft-label-mean/members.js';
import { crowdNames, loadCrowd } from './crowds.mjs';

const names = crowdNames();
if (names.length === 0) {
  console.log('nothing to score: ../shared/datasets is not there');
  process.exit(0);
}

const counts = [20, 50, 100, 200];
/** Times that gold is drawn, and of these, how often it is told to the methods instead, which takes a run each. */
const DRAWS = 20;
const TOLD = 2;
/** What is left to judge by: at least, at least for intervals to be judged by, and at most. */
const LEAST_LEFT = 50;
const ENOUGH_LEFT = 450;
const MOST_LEFT = 5000;

const options = resolveOptions(findMethod('soft-label-mean'));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function randomSource(seed) {
  let state = seed;
  return () => ((state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0) >>> 0) / 2 ** 32;
}

/** The first `count` of the items, shuffled by the seed. */
function drawn(items, count, seed) {
  const random = randomSource(seed);
  const order = items.slice();
  for (let i = 0; i < Math.min(count, order.length - 1); i++) {
    const j = i + Math.floor(random() * (order.length - i));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.slice(0, count);
}

function softLabels(table, members, parts, { rho, temperature, weights }) {
  const K = table.classCount;
  const mixed = meanSoftLabel(parts.map((part, m) => (members[m].multiplies && rho > 0 ? temperByVotes(part, K, table.itemOffsets, rho) : part)), weights);
  const soft = new Float64Array(mixed.length);
  temper(mixed, K, temperature, soft);
  return soft.map((p) => (1 - options.floor) * p + options.floor / K);
}

const maskOf = (gold, items) => {
  const mask = new Int32Array(gold.length).fill(-1);
  for (const item of items) mask[item] = gold[item];
  return mask;
};

const rows = [];
for (const name of names) {
  const { table, gold } = loadCrowd(name);
  const size = { items: table.itemCount, annotators: table.annotatorCount, classes: table.classCount, votes: table.voteCount, models: 0 };
  const found = runMembers(five(options, size), { votes: table }, { seed: 0 }, []);
  const members = found.map(({ member }) => member);
  const parts = found.map(({ result }) => result.posteriors);
  const given = { rho: options.rho, temperature: options.temperature, weights: members.map(({ weight }) => weight) };
  const byDefault = softLabels(table, members, parts, given);
  const known = [...gold.keys()].filter((item) => gold[item] >= 0);
  for (const n of counts) {
    if (known.length < n + LEAST_LEFT) continue;
    const draws = Array.from({ length: DRAWS }, (_, draw) => {
      const order = drawn(known, n + MOST_LEFT, 1000 * n + draw);
      const answers = maskOf(gold, order.slice(0, n));
      const judge = (posteriors) => calibration(posteriors, table.classCount, maskOf(gold, order.slice(n)));
      const tuning = tuneByGold({ votes: table, parts, multiplies: members.map(({ multiplies }) => multiplies), ...given, floor: options.floor, gold: answers, least: n, seed: 0 });
      const before = judge(byDefault);
      const after = tuning.isTuned ? judge(softLabels(table, members, parts, tuning)) : before;
      const told = draw < TOLD ? before.nll - judge(aggregate(table, 'soft-label-mean', { gold: answers }).posteriors).nll : null;
      return {
        before: before.nll, gain: before.nll - after.nll, accuracy: 100 * (after.accuracy - before.accuracy), brier: before.brier - after.brier,
        isTuned: tuning.isTuned, said: tuning.gain, told, rho: tuning.rho, temperature: tuning.temperature,
      };
    });
    rows.push({ name, n, left: known.length - n, draws });
  }
  console.log(name);
}

const of = (n) => rows.filter((row) => row.n === n);
const over = (some, value) => mean(some.map(({ draws }) => mean(draws.map(value).filter((one) => one !== null))));
const signed = (value, digits = 4) => (value >= 0 ? '+' : '') + value.toFixed(digits);
const percent = (value) => `${(100 * value).toFixed(0)}%`;
const table = (head, lines) => [`| ${head.join(' | ')} |`, `|${head.map(() => ' --- |').join('')}`, ...lines.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
const tuned = (row) => row.draws.filter(({ isTuned }) => isTuned);
const least = (some) => some.map((row) => ({ name: row.name, gain: mean(row.draws.map(({ gain }) => gain)) })).reduce((a, b) => (b.gain < a.gain ? b : a));

writeFileSync(new URL('GOLD.md', import.meta.url), `# What gold answers are worth to the default

Made by \`npm run build && node bench/accuracy/gold-gain.mjs\`; do not edit. Crowds and measures as in [README.md](README.md), \`soft-label-mean\` at its defaults with and without \`tuneByGold\`. Of each crowd n
answers are drawn at random, ${DRAWS} times; the rest, ${LEAST_LEFT} at least, judges (at most ${MOST_LEFT} of them). Gains are in log loss, and means over the crowds, each of which counts alike.
A gain is what a run with \`tuneByGold\` does, so that it is 0 where it leaves the settings (that its methods are told the answers then, as in the last column, is not counted); the option itself needs ${leastGoldToTune} answers, which the line of ${counts[0]} shows to be wise.

${table(
  ['answers', 'crowds', 'log loss by default', 'gain', 'accuracy (points)', 'Brier', 'tuned', 'worst crowd', 'gain where methods are told the answers instead'],
  counts.map((n) => {
    const some = of(n);
    const worst = least(some);
    return [
      n, some.length, over(some, ({ before }) => before).toFixed(4), `**${signed(over(some, ({ gain }) => gain))}**`, signed(over(some, ({ accuracy }) => accuracy), 2), signed(over(some, ({ brier }) => brier)),
      percent(over(some, ({ isTuned }) => Number(isTuned))), `${worst.name} ${signed(worst.gain)}`, signed(over(some, ({ told }) => told)),
    ];
  }),
)}

The last column is a run without the option, whose methods are told the n answers and learn from them (${TOLD} draws).

## What a run tells of its gain

Of the draws in which the run tuned, on crowds with ${ENOUGH_LEFT} answers or more left to judge by: \`tuningGain\`, the gain on the answers that were left, and how often that lies from \`tuningGainLow\` to \`tuningGainHigh\`. What is told
is a little too high, since a run tunes where it looks good.

${table(
  ['answers', 'draws', 'gain told', 'gain', 'gain in the 95% interval', 'mean width of the interval'],
  counts.filter((n) => n >= leastGoldToTune).map((n) => {
    const some = of(n).filter(({ left }) => left >= ENOUGH_LEFT).flatMap(tuned);
    return [
      n, some.length, signed(mean(some.map(({ said }) => said.value))), signed(mean(some.map(({ gain }) => gain))), percent(mean(some.map(({ said, gain }) => Number(said.low <= gain && gain <= said.high)))),
      mean(some.map(({ said }) => said.high - said.low)).toFixed(3),
    ];
  }),
)}

## Crowd by crowd

The gain, with how often the run tuned; rho and temperature are means over the draws of ${counts.at(-1)} answers, or of the most there are.

${table(
  ['crowd', ...counts.map((n) => `${n} answers`), 'rho', 'temperature'],
  names.filter((name) => rows.some((row) => row.name === name)).map((name) => {
    const own = rows.filter((row) => row.name === name);
    const last = own.at(-1).draws;
    return [
      name,
      ...counts.map((n) => {
        const row = own.find((one) => one.n === n);
        return row ? `${signed(mean(row.draws.map(({ gain }) => gain)))} (${percent(mean(row.draws.map(({ isTuned }) => Number(isTuned))))})` : '';
      }),
      mean(last.map(({ rho }) => rho)).toFixed(2), mean(last.map(({ temperature }) => temperature)).toFixed(2),
    ];
  }),
)}

What is tried, and how the priors hold it near the defaults, is in \`src/aggregation/methods/soft-label-mean/tuning.ts\`. The priors were taken from three that were tried on these crowds (a narrower one gains less, a wider
one more on average and loses more on its worst crowd at 50 answers), as was the rule that the gain be above its standard error (above 0: more on average, and worse at worst; above 1.96: three fifths of it at 100 answers).
`);
