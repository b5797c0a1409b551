// The picture of replay.mjs: what each policy makes of its votes on both pools.
import { f, firstReach, labelPlaces } from '../svg.mjs';

/** Told apart by colour-blind readers, too (Okabe & Ito), and in grey by their strokes. The last is drawn on top. */
const POLICIES = {
  random: { name: 'random', colour: '#767676', stroke: 'stroke-dasharray="1 3"' },
  entropy: { name: 'entropy', colour: '#009e73', stroke: 'stroke-dasharray="8 3 2 3"' },
  uncertainty: { name: 'least confidence', colour: '#d55e00', stroke: 'stroke-dasharray="7 4"' },
  activelab: { name: 'ActiveLab', colour: '#0072b2', stroke: '' },
};
const POOLS = { 'wall-robot': 'wall-robot: 2,000 items, 4 classes', digits: 'digits: 1,200 items, 10 classes' };
const ACCURACIES = { test: 'Accuracy of the model, on items it never saw', consensus: 'Accuracy of the labels, on the items that have votes' };

const PANEL = { width: 300, height: 226 };
const LEFT = [58, 588];
const TOP = [92, 392];
const SIZE = { width: 1076, height: 680 };

/** @param curves pool -> policy -> [{ votes, test, consensus }], means over the seeds */
export function figure(curves) {
  const panels = Object.keys(POOLS).flatMap((pool, column) => Object.keys(ACCURACIES).map((accuracy, row) => panel(curves, pool, accuracy, LEFT[column], TOP[row])));
  const heads = Object.values(POOLS).map((title, column) => `<text x="${LEFT[column]}" y="60" font-size="15" font-weight="600">${title}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" font-family="system-ui, sans-serif" font-size="13" fill="#333333" role="img" aria-label="Accuracy against votes spent on two pools, a line for each policy: of the model above, of the labels below">
<rect width="${SIZE.width}" height="${SIZE.height}" fill="#ffffff"/>
<text x="${LEFT[0]}" y="28" font-size="17" font-weight="600">Accuracy against votes, by the policy that chooses which items get the next ones</text>
${[...heads, ...panels].join('\n')}
</svg>
`;
}

function panel(curves, pool, accuracy, left, top) {
  const lines = Object.fromEntries(Object.keys(POLICIES).map((policy) => [policy, curves[pool][policy].map((point) => [point.votes, point[accuracy]])]));
  const all = Object.values(lines).flat();
  const [first, last] = [all[0][0], all.at(-1)[0]];
  // One scale a row, so that both pools can be compared.
  const row = Object.values(curves).flatMap((policies) => Object.values(policies).flat().map((point) => point[accuracy]));
  // With room below the lines for the words there.
  const from = Math.floor((Math.min(...row) - 0.03) * 20) / 20;
  const x = (votes) => left + ((votes - first) / (last - first)) * PANEL.width;
  const y = (value) => top + (1 - (value - from) / (1 - from)) * PANEL.height;
  const bottom = top + PANEL.height;
  const goal = lines.random.at(-1)[1];
  const reached = firstReach(lines.activelab, goal);
  const ticks = Array.from({ length: Math.round((1 - from) / 0.05) + 1 }, (_, tick) => from + tick * 0.05);
  const shownVotes = [first, Math.round((first + last) / 2), last];
  const ends = labelPlaces(Object.keys(POLICIES).map((policy) => ({ policy, at: y(lines[policy].at(-1)[1]) })));
  return [
    `<text x="${left}" y="${top - 10}">${ACCURACIES[accuracy]}</text>`,
    ...ticks.map((tick) => `<line x1="${left}" x2="${left + PANEL.width}" y1="${f(y(tick))}" y2="${f(y(tick))}" stroke="#e4e4e4"/><text x="${left - 8}" y="${f(y(tick) + 4)}" text-anchor="end">${tick.toFixed(2)}</text>`),
    ...shownVotes.map((votes) => `<text x="${f(x(votes))}" y="${bottom + 20}" text-anchor="middle">${votes.toLocaleString('en')}</text>`),
    `<text x="${left + PANEL.width / 2}" y="${bottom + 40}" text-anchor="middle">votes spent</text>`,
    ...(reached === null ? [] : [
      `<line x1="${f(x(reached))}" x2="${left + PANEL.width}" y1="${f(y(goal))}" y2="${f(y(goal))}" stroke="#767676"/>`,
      `<line x1="${f(x(reached))}" x2="${f(x(reached))}" y1="${f(y(goal))}" y2="${bottom}" stroke="#0072b2"/>`,
      `<text x="${f(x(reached) + 6)}" y="${bottom - 8}" fill="#0072b2">${Math.round(reached).toLocaleString('en')} votes: as accurate as random with ${last.toLocaleString('en')}</text>`,
    ]),
    ...Object.keys(POLICIES).map((policy) => {
      const { colour, stroke } = POLICIES[policy];
      return `<polyline fill="none" stroke="${colour}" stroke-width="${policy === 'activelab' ? 3 : 2.2}" ${stroke} stroke-linejoin="round" points="${lines[policy].map(([votes, value]) => `${f(x(votes))},${f(y(value))}`).join(' ')}"/>`;
    }),
    ...ends.map(({ policy, at, label }) => {
      const { name, colour } = POLICIES[policy];
      const end = left + PANEL.width;
      return `<line x1="${end + 2}" x2="${end + 12}" y1="${f(at)}" y2="${f(label)}" stroke="${colour}"/><text x="${end + 16}" y="${f(label + 4)}" fill="${colour}"><tspan font-weight="600">${lines[policy].at(-1)[1].toFixed(3)}</tspan> ${name}</text>`;
    }),
  ].join('\n');
}
