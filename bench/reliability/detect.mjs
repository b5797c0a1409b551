// How many planted annotators are flagged, and how many honest ones: node bench/reliability/detect.mjs [method] [seeds]
import { defaultMethodId } from '../../dist/src/aggregation/index.js';
import { flaggedCrowd } from './planted.mjs';

const method = process.argv[2] ?? defaultMethodId;
const seeds = Number(process.argv[3] ?? 10);
const crowds = [
  ...[30, 50, 100, 200, 400].map((votes) => ({ name: `K = 4, 5 votes an item, ${votes} votes an annotator`, votes, classes: 4, votesPerItem: 5 })),
  { name: 'K = 2, 3 votes an item, 200 votes an annotator', votes: 200, classes: 2, votesPerItem: 3 },
  { name: 'K = 10, skewed classes, 3 votes an item, 200 votes an annotator', votes: 200, classes: 10, votesPerItem: 3, classSkew: 1 },
  { name: 'K = 4, skill 0.55, 5 votes an item, 200 votes an annotator', votes: 200, classes: 4, votesPerItem: 5, skill: 0.55 },
  { name: 'K = 4, items of different easiness (glad), 200 votes an annotator', votes: 200, classes: 4, votesPerItem: 5, model: 'glad' },
];
const planted = { 'at random': ['CHANCE_AGREEMENT', 'BELOW_CHANCE', 'ONE_CLASS'], 'always the same class': ['CHANCE_AGREEMENT', 'ONE_CLASS'], 'classes mixed up': ['BELOW_CHANCE'], drifter: ['DRIFT'], hasty: ['TOO_FAST'] };
const kinds = ['BELOW_CHANCE', 'CHANCE_AGREEMENT', 'ONE_CLASS', 'TOO_FAST', 'DRIFT'];

console.log(`method ${method}, ${seeds} seeds, 60 annotators, 15% spammers, 15% drifters, 3 with mixed-up classes, 3 hasty\n`);
console.log(`| crowd | ${Object.keys(planted).join(' | ')} | honest flagged | honest who are no better than chance, flagged | error of accuracy | of agreement |`);
console.log(`|---|${'---|'.repeat(Object.keys(planted).length + 4)}`);
for (const { name, votes, ...options } of crowds) {
  const rows = Array.from({ length: seeds }, (_, s) => flaggedCrowd({ annotators: 60, items: Math.round((60 * votes) / options.votesPerItem), spammers: 0.15, drifters: 0.15, ...options }, method, s + 1)).flat();
  const cells = Object.entries(planted).map(([behaviour, wanted]) => {
    const all = rows.filter((row) => row.behaviour === behaviour);
    const hits = all.filter((row) => row.flags.some((flag) => wanted.includes(flag))).length;
    return `${hits} of ${all.length}`;
  });
  // A simulated annotator may be honest and have no skill: right at most 10 points more often than by chance.
  const chance = 1 / options.classes + 0.1;
  const honest = rows.filter((row) => row.behaviour === 'honest' && row.right > chance);
  const skilless = rows.filter((row) => row.behaviour === 'honest' && row.right <= chance);
  const flagged = (some) => kinds.map((kind) => [kind, some.filter((row) => row.flags.includes(kind)).length]).filter(([, count]) => count > 0).map(([kind, count]) => `, ${count} ${kind}`).join('');
  const shown = (some) => `${some.filter((row) => row.flags.length > 0).length} of ${some.length}${flagged(some)}`;
  // Root mean square, against the share of right answers among the annotator's own.
  const error = (figure) => Math.sqrt(honest.reduce((sum, row) => sum + (row[figure] - row.right) ** 2, 0) / honest.length).toFixed(3);
  console.log(`| ${name} | ${cells.join(' | ')} | ${shown(honest)} | ${shown(skilless)} | ${error('accuracy')} | ${error('agreement')} |`);
}
