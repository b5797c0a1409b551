import { expected } from './expected.mjs';
import { candidates, floor, leastMethods, temperatures } from './choose-default.mjs';
import { notes } from './notes.mjs';

const measures = [
  { key: 'accuracy', title: 'Accuracy (%)', digits: 1, best: Math.max },
  { key: 'nll', title: 'Log loss', digits: 3, best: Math.min },
  { key: 'brier', title: 'Brier score', digits: 3, best: Math.min },
  { key: 'ece', title: 'Expected calibration error', digits: 3, best: Math.min },
];

/** The page as text. `scores`: label -> crowd -> {accuracy, nll, brier, ece, seconds, converged}. */
export function readme({ names, scores, choice, defaultMethodId }) {
  const complete = [...scores].filter(([, perCrowd]) => perCrowd.size === names.length).map(([label]) => label);
  const mean = (label, key) => average([...scores.get(label).values()].map((score) => score[key]));
  return [
    '# Accuracy and calibration on real crowds',
    notes.intro,
    'Made by `npm run build && node bench/accuracy/accuracy.mjs`; do not edit.',
    '## Means over the crowds',
    table(
      ['method', ...measures.map(({ title }) => title), 'CPU seconds, all crowds', 'crowds not converged'],
      complete.map((label) => [
        label, ...measures.map(({ key, digits }) => mean(label, key).toFixed(digits + 1)),
        [...scores.get(label).values()].reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1),
        [...scores.get(label).values()].filter(({ converged }) => !converged).length,
      ]),
    ),
    `Not in the means, as they were not made for every crowd: ${[...scores.keys()].filter((label) => !complete.includes(label)).join(', ') || 'none'}.`,
    '## How version 1 of the default was chosen',
    'Version 2, the default since, was chosen as [RECIPES.md](RECIPES.md) says, with its figures crowd by crowd.',
    choiceText(choice, complete.filter((label) => !label.startsWith('soft-label-mean')), mean, defaultMethodId),
    '## Against earlier figures',
    notes.comparison,
    table(
      ['method', 'crowd', 'expected', 'here', 'difference'],
      expected.filter(([method, crowd]) => scores.get(method)?.has(crowd)).map(([method, crowd, accuracy]) => {
        const here = scores.get(method).get(crowd).accuracy;
        return [method, crowd, accuracy.toFixed(1), here.toFixed(1), here - accuracy];
      }).filter(([, , , , difference]) => Math.abs(difference) > 0.35).map((row) => [...row.slice(0, 4), `${row[4] > 0 ? '+' : ''}${row[4].toFixed(1)}`]),
    ),
    `${expected.filter(([method, crowd, accuracy]) => scores.get(method)?.has(crowd) && Math.abs(scores.get(method).get(crowd).accuracy - accuracy) <= 0.35).length} of the ${expected.length} figures are met within .3; the rest are above. ${notes.differences}`,
    ...measures.flatMap(({ key, title, digits }) => [
      `## ${title}`,
      table(['method', ...names], [...scores].map(([label, perCrowd]) => [label, ...names.map((name) => perCrowd.get(name)?.[key].toFixed(digits) ?? '')])),
    ]),
  ].join('\n\n') + '\n';
}

function choiceText({ left, overall, options }, singles, mean, defaultMethodId) {
  const leftOut = (key) => average(left.map((crowd) => crowd[key]));
  const before = `${defaultMethodId}, version 1`;
  const best = ({ key, best }) => best(...singles.map((label) => mean(label, key)));
  const holder = ({ key, best }) => singles.find((label) => mean(label, key) === best(...singles.map((other) => mean(other, key))));
  return [
    `Version 1 of \`${defaultMethodId}\` is the mean of ${overall.members.join(', ')}, at temperature ${overall.temperature} with a floor of ${floor}.`,
    `It was searched among ${options} combinations: every ${leastMethods} or more of ${candidates.length} methods (${candidates.join(', ')}) at temperatures ${temperatures.join(', ')}, by mean log loss. To see what such a search is worth on a crowd it has not seen, each crowd is left out in turn: the combination is chosen on the others and scored on the one left out.`,
    table(
      ['', ...measures.map(({ title }) => title)],
      [
        ['chosen on the other crowds, scored on the one left out', ...measures.map(({ key, digits }) => leftOut(key).toFixed(digits + 1))],
        [`version 1 of \`${defaultMethodId}\``, ...measures.map(({ key, digits }) => mean(before, key).toFixed(digits + 1))],
        ['EBCC', ...measures.map(({ key, digits }) => mean('ebcc', key).toFixed(digits + 1))],
        ['best of the single methods', ...measures.map((measure) => `${best(measure).toFixed(measure.digits + 1)} (${holder(measure)})`)],
      ],
    ),
    notes.choice,
    table(
      ['left out', 'chosen on the others', 'temperature', ...measures.map(({ title }) => title)],
      left.map((crowd) => [crowd.name, same(crowd.chosen, overall) ? 'the same methods' : crowd.chosen.members.join(', '), crowd.chosen.temperature, ...measures.map(({ key, digits }) => crowd[key].toFixed(digits))]),
    ),
  ].join('\n\n');
}

function same(a, b) {
  return a.members.join() === b.members.join();
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
