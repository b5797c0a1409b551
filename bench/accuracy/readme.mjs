import { expected } from './expected.mjs';
import { candidates, floor, leastMethods, temperatures } from './choose-default.mjs';
import { table } from './markdown.mjs';
import { notes } from './notes.mjs';
import { differenceWords, draws, mean, pairedDifference } from './significance.mjs';

const measures = [
  { key: 'accuracy', title: 'Accuracy (%)', digits: 1, best: Math.max },
  { key: 'nll', title: 'Log loss', digits: 3, best: Math.min },
  { key: 'brier', title: 'Brier score', digits: 3, best: Math.min },
  { key: 'ece', title: 'Expected calibration error', digits: 3, best: Math.min },
];

/** The page of the shared crowds as text. `found`: see `scored` in accuracy.mjs; `choice`: what chooseDefault returns. */
export function readme({ choice, ...found }) {
  return [
    '# Accuracy and calibration on real crowds',
    notes.intro,
    notes.measures,
    'Made by `npm run build && node bench/accuracy/accuracy.mjs`; do not edit.',
    '## On crowds of your own',
    notes.ownCrowds,
    ...meansText(found),
    '## How version 1 of the default was chosen',
    'Version 2, the default since, was chosen as [RECIPES.md](RECIPES.md) says, with its figures crowd by crowd. What was tried to do better, and did not hold: [BEYOND.md](BEYOND.md).',
    choiceText(found, choice),
    '## Against earlier figures',
    expectedText(found),
    ...crowdTables(found),
  ].join('\n\n') + '\n';
}

/** The page of another folder of crowds as text. */
export function pageOf(folder, found) {
  return [
    '# Accuracy and calibration',
    `The ${found.names.length} ${found.names.length === 1 ? 'crowd' : 'crowds'} of ${folder} that ${found.names.length === 1 ? 'has' : 'have'} gold answers, one vote a pair of item and annotator (the last).`,
    notes.measures,
    table(['crowd', 'items', 'annotators', 'votes', 'classes', 'gold answers'], found.sizes.map(({ name, items, annotators, votes, classes, gold }) => [name, items, annotators, votes, classes, gold])),
    ...meansText(found),
    ...crowdTables(found),
  ].join('\n\n') + '\n';
}

function meansText(found) {
  const { names, scores, defaultMethodId } = found;
  const complete = completeLabels(found);
  const others = [...scores.keys()].filter((label) => label !== defaultMethodId && scores.get(label).size > 0);
  const left = [...scores.keys()].filter((label) => !complete.includes(label));
  return [
    '## Means over the crowds',
    table(
      ['method', ...measures.map(({ title }) => title), 'CPU seconds, all crowds', 'crowds not converged'],
      complete.map((label) => [
        label, ...measures.map(({ key, digits }) => meanOf(found, label, key).toFixed(digits + 1)),
        [...scores.get(label).values()].reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1),
        [...scores.get(label).values()].filter(({ converged }) => !converged).length,
      ]),
    ),
    `Not in the means, as they were not made for every crowd: ${left.join(', ') || 'none'}.`,
    `### Less \`${defaultMethodId}\``,
    names.length > 1
      ? `Mean differences to the default on the same crowds, with 95% intervals by a paired bootstrap over the crowds (${draws.toLocaleString('en')} draws of ${names.length} crowds); bold where the interval leaves 0 out. ${notes.significance}`
      : 'Differences to the default; one crowd tells nothing of others, so there are no intervals.',
    table(
      ['method', 'crowds', ...measures.map(({ title }) => title)],
      others.map((label) => {
        const both = names.filter((name) => scores.get(label).has(name));
        const column = (of, key) => both.map((name) => scores.get(of).get(name)[key]);
        return [label, both.length, ...measures.map(({ key, digits }) => differenceWords(pairedDifference(column(defaultMethodId, key), column(label, key)), digits + 1))];
      }),
    ),
  ];
}

function crowdTables({ names, scores }) {
  return measures.flatMap(({ key, title, digits }) => [
    `## ${title}`,
    table(['method', ...names], [...scores].map(([label, perCrowd]) => [label, ...names.map((name) => perCrowd.get(name)?.[key].toFixed(digits) ?? '')])),
  ]);
}

function expectedText({ scores }) {
  const known = expected.filter(([method, crowd]) => scores.get(method)?.has(crowd))
    .map(([method, crowd, accuracy]) => ({ method, crowd, accuracy, here: scores.get(method).get(crowd).accuracy }));
  const far = known.filter(({ accuracy, here }) => Math.abs(here - accuracy) > 0.35);
  return [
    notes.comparison,
    table(
      ['method', 'crowd', 'expected', 'here', 'difference'],
      far.map(({ method, crowd, accuracy, here }) => [method, crowd, accuracy.toFixed(1), here.toFixed(1), `${here > accuracy ? '+' : ''}${(here - accuracy).toFixed(1)}`]),
    ),
    `${known.length - far.length} of the ${expected.length} figures are met within .3; the rest are above. ${notes.differences}`,
  ].join('\n\n');
}

function choiceText(found, { left, overall, options }) {
  const { defaultMethodId } = found;
  const singles = completeLabels(found).filter((label) => !label.startsWith('soft-label-mean'));
  const leftOut = (key) => mean(left.map((crowd) => crowd[key]));
  const best = ({ key, best }) => best(...singles.map((label) => meanOf(found, label, key)));
  const holder = ({ key, best }) => singles.find((label) => meanOf(found, label, key) === best(...singles.map((other) => meanOf(found, other, key))));
  const row = (label) => measures.map(({ key, digits }) => meanOf(found, label, key).toFixed(digits + 1));
  return [
    `Version 1 of \`${defaultMethodId}\` is the mean of ${overall.members.join(', ')}, at temperature ${overall.temperature} with a floor of ${floor}.`,
    `It was searched among ${options} combinations: every ${leastMethods} or more of ${candidates.length} methods (${candidates.join(', ')}) at temperatures ${temperatures.join(', ')}, by mean log loss. To see what such a search is worth on a crowd it has not seen, each crowd is left out in turn: the combination is chosen on the others and scored on the one left out.`,
    table(
      ['', ...measures.map(({ title }) => title)],
      [
        ['chosen on the other crowds, scored on the one left out', ...measures.map(({ key, digits }) => leftOut(key).toFixed(digits + 1))],
        [`version 1 of \`${defaultMethodId}\``, ...row(`${defaultMethodId}, version 1`)],
        [`version 2 of \`${defaultMethodId}\``, ...row(defaultMethodId)],
        ['EBCC', ...row('ebcc')],
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

/** Methods that were made for every crowd. */
function completeLabels({ names, scores }) {
  return [...scores].filter(([, perCrowd]) => perCrowd.size === names.length).map(([label]) => label);
}

function meanOf({ scores }, label, key) {
  return mean([...scores.get(label).values()].map((score) => score[key]));
}

function same(a, b) {
  return a.members.join() === b.members.join();
}
