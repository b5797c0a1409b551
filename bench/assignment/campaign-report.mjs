// The table and the figure of campaign.mjs.
import { f, firstReach, labelPlaces } from '../svg.mjs';
import { CROWD } from './crowd.mjs';

/** In the order of the table; the colours are told apart by colour-blind readers, too (Okabe & Ito). */
const SHOWN = {
  random: { name: 'random', colour: '#767676' },
  'fewest-votes': { name: 'fewest votes', colour: '#b58900' },
  'beta-tail': { name: 'beta tail', colour: '#cc79a7' },
  entropy: { name: 'entropy', colour: '#56b4e9' },
  'least-confidence': { name: 'least confidence', colour: '#009e73' },
  activelab: { name: 'ActiveLab', colour: '#0072b2' },
  'information-gain': { name: 'information gain', colour: '#d55e00' },
};

export const POLICIES = Object.keys(SHOWN);

/** @param curves policy -> seed -> [{ votes, accuracy }] */
export function campaignReport(curves, plan, commit) {
  const policies = POLICIES.filter((policy) => curves[policy]);
  const looks = curves.random[0].map(({ votes }) => votes);
  const means = Object.fromEntries(policies.map((policy) => [policy, looks.map((_, look) => mean(curves[policy].map((curve) => curve[look].accuracy)))]));
  const goal = means.random.at(-1);
  const spent = Object.fromEntries(policies.map((policy) => [policy, votesFor(looks, means[policy], goal)]));
  return { markdown: markdown(curves, means, looks, goal, spent, plan, commit), svg: figure(means, looks, goal, spent) };
}

/** Votes at which the mean first reaches the goal; null if it never does. */
function votesFor(looks, accuracies, goal) {
  return firstReach(looks.map((votes, look) => [votes, accuracies[look]]), goal);
}

function markdown(curves, means, looks, goal, spent, plan, commit) {
  const columns = [2, 2.5, 3, 3.5, 4, 5].map((perItem) => perItem * CROWD.items).map((votes) => looks.indexOf(votes));
  const share = (policy) => (spent[policy] == null ? 'never' : `${Math.round((100 * spent[policy]) / plan.votes)}%`);
  // Each seed against its own baseline: noise of single crowds, which the mean hides.
  const perSeed = (policy) => curves[policy].map((curve, seed) => {
    const votes = votesFor(looks, curve.map(({ accuracy }) => accuracy), curves.random[seed].at(-1).accuracy);
    return votes == null ? 'never' : `${Math.round((100 * votes) / plan.votes)}%`;
  });
  const rows = Object.keys(means).map((policy) => `| ${SHOWN[policy].name} | ${columns.map((look) => means[policy][look].toFixed(3)).join(' | ')} | ${share(policy)} |`);
  return `# A campaign through the API

\`npm run build && node bench/assignment/campaign.mjs\`; ${curves.random.length} simulated crowds, commit ${commit}.

${CROWD.items} items of ${CROWD.classes} classes, ${100 * CROWD.hardShare}% of them hard; ${CROWD.annotators} annotators with skills from ${CROWD.leastSkill} to ${CROWD.mostSkill}, who ask in rotation for one item at
a time, ${plan.atOnce} of them holding one at once, each up to a capacity of ${plan.capacity}. \`maxVotes\` ${plan.maxVotes}, no exploration, no gold; \`${plan.method}\` (Dawid-Skene with priors on its matrices) runs at
${plan.firstRun} votes for the first time and after every ${plan.runEvery} from then on. Everything goes through the running service: \`nextItems\`, \`submitVotes\`, \`startRun\`,
the soft labels as a file; before each turn all that is pending has been worked off, so that the machine's speed has no part in it. The
same answers wait for all policies ([crowd.mjs](crowd.mjs)). ActiveLab is given the soft labels of each run as a model's predictions.

Accuracy of the consensus by votes an item, mean over the crowds; differences of 0.01 are noise. The last column: the share of
its ${plan.votes.toLocaleString('en')} votes with which random's final accuracy, ${goal.toFixed(3)}, is reached.

| policy | ${columns.map((look) => looks[look] / CROWD.items).join(' | ')} | votes for ${goal.toFixed(3)} |
|---|${columns.map(() => '---').join('|')}|---|
${rows.join('\n')}

Crowd by crowd, each against its own random: ${Object.keys(means).filter((policy) => policy !== 'random').map((policy) => `${SHOWN[policy].name} ${perSeed(policy).join(', ')}`).join('; ')}.

![Accuracy against votes spent](../../docs/campaign.svg)
`;
}

const WIDTH = 860;
const HEIGHT = 460;
const PLOT = { left: 64, right: 690, top: 56, bottom: 400 };

function figure(means, looks, goal, spent) {
  const values = Object.keys(means).flatMap((policy) => means[policy]);
  const from = Math.floor(Math.min(...values) * 20) / 20;
  const to = Math.ceil(Math.max(...values) * 20) / 20;
  const x = (votes) => PLOT.left + ((votes - looks[0]) / (looks.at(-1) - looks[0])) * (PLOT.right - PLOT.left);
  const y = (accuracy) => PLOT.bottom - ((accuracy - from) / (to - from)) * (PLOT.bottom - PLOT.top);
  const ticks = Array.from({ length: Math.round((to - from) / 0.05) + 1 }, (_, tick) => from + tick * 0.05);
  const goalVotes = spent['information-gain'];
  const parts = [
    ...ticks.map((tick) => `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${f(y(tick))}" y2="${f(y(tick))}" stroke="#e4e4e4"/><text x="${PLOT.left - 8}" y="${f(y(tick) + 4)}" text-anchor="end">${tick.toFixed(2)}</text>`),
    ...looks.filter((votes) => votes % CROWD.items === 0).map((votes) => `<text x="${f(x(votes))}" y="${PLOT.bottom + 20}" text-anchor="middle">${votes.toLocaleString('en')}</text>`),
    `<text x="${f((PLOT.left + PLOT.right) / 2)}" y="${PLOT.bottom + 44}" text-anchor="middle">votes spent on ${CROWD.items} items</text>`,
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${f(y(goal))}" y2="${f(y(goal))}" stroke="#767676" stroke-dasharray="5 4"/>`,
    ...(goalVotes == null ? [] : [
      `<line x1="${f(x(goalVotes))}" x2="${f(x(goalVotes))}" y1="${f(y(goal))}" y2="${PLOT.bottom}" stroke="#d55e00" stroke-dasharray="2 3"/>`,
      `<text x="${f(x(goalVotes) + 6)}" y="${PLOT.bottom - 8}" fill="#d55e00">${Math.round((100 * goalVotes) / looks.at(-1))}% of the votes</text>`,
    ]),
    ...Object.keys(means).map((policy) => `<polyline fill="none" stroke="${SHOWN[policy].colour}" stroke-width="${policy === 'information-gain' ? 3 : 2}" stroke-linejoin="round" points="${looks.map((votes, look) => `${f(x(votes))},${f(y(means[policy][look]))}`).join(' ')}"/>`),
    ...labelPlaces(Object.keys(means).map((policy) => ({ policy, at: y(means[policy].at(-1)) }))).map(({ policy, at, label }) =>
      `<line x1="${PLOT.right + 2}" x2="${PLOT.right + 14}" y1="${f(at)}" y2="${f(label)}" stroke="${SHOWN[policy].colour}"/><text x="${PLOT.right + 18}" y="${f(label + 4)}" fill="${SHOWN[policy].colour}">${SHOWN[policy].name}</text>`),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#333333" role="img" aria-label="Accuracy of the consensus against votes spent, a line for each policy">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${PLOT.left}" y="24" font-size="16" font-weight="600">Accuracy of the consensus against votes spent</text>
<text x="${PLOT.left}" y="42">mean of six simulated crowds; dashed: where random ends</text>
${parts.join('\n')}
</svg>
`;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
