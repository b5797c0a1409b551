// From a CSV of votes with string ids to soft labels on disk, as a user runs it: a fresh process of the built program.
//   npm run build && node bench/csv-to-result/csv-to-result.mjs [votes ...]      (default 1000000 10000000)
// Options: --runs 3 (the fastest is shown), --method dawid-skene, --shuffled (rows in random order), --gzip
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { csv } from '../../dist/src/formats/csv/csv.js';

/** crowd-kit 1.4 on 1M votes with string ids, K = 5, CSV to Dawid-Skene's result. Measured elsewhere, on another machine of this kind. */
const crowdKitSeconds = 31;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, method: { type: 'string', default: 'dawid-skene' }, shuffled: { type: 'boolean', default: false }, gzip: { type: 'boolean', default: false } },
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [1_000_000, 10_000_000];
const program = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
const atExit = 'data:text/javascript,process.on("exit",()=>{const{maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();process.send({maxRSS,cpu:(userCPUTime+systemCPUTime)/1e6})})';

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
try {
  console.log(`${flags.method}, ${flags.shuffled ? 'rows shuffled' : 'rows by item'}${flags.gzip ? ', gzip' : ''}; ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}; fastest of ${flags.runs} runs`);
  console.log('| votes | file | read | aggregate | write | whole process | CPU | peak memory | iterations | votes/s |');
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const votes of sizes) {
    const path = await crowdFile(votes);
    const runs = [];
    for (let i = 0; i < Number(flags.runs); i++) runs.push(await run(path));
    runs.sort((a, b) => a.whole - b.whole);
    const { seconds, iterations, converged, whole, cpu, maxRSS } = runs[0];
    const s = (value) => `${value.toFixed(2)} s`;
    console.log(`| ${votes.toLocaleString('en-US')} | ${Math.round((await stat(path)).size / 1e6)} MB | ${s(seconds.read)} | ${s(seconds.aggregate)} | ${s(seconds.write)} | ${s(whole)} | ${s(cpu)} | ${Math.round(maxRSS / 1024)} MB | ${iterations}${converged ? '' : ', not converged'} | ${Math.round(votes / whole).toLocaleString('en-US')} |`);
    if (votes === 1_000_000 && flags.method === 'dawid-skene') console.log(`\ncrowd-kit took ${crowdKitSeconds} s for 1M votes (measured elsewhere): ${(crowdKitSeconds / whole).toFixed(0)} times this.\n`);
    await rm(path);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** K = 5, five votes an item, a thousand annotators of mixed skill; ids such as item-0001234 and annotator-567. */
async function crowdFile(votes) {
  const items = Math.round(votes / 5);
  const { columns } = simulateCrowd({ items, annotators: 1000, classes: 5, votesPerItem: 5, skill: 0.7 }, 1);
  const order = flags.shuffled ? shuffled(columns.items.length) : null;
  const names = ['animal', 'building', 'landscape', 'person', 'vehicle'];
  function* rows() {
    for (let rank = 0; rank < columns.items.length; rank++) {
      const vote = order ? order[rank] : rank;
      yield [`item-${String(columns.items[vote]).padStart(7, '0')}`, `annotator-${columns.annotators[vote]}`, names[columns.classes[vote]]];
    }
  }
  const path = join(folder, `votes-${votes}.csv${flags.gzip ? '.gz' : ''}`);
  const bytes = Readable.from(csv.write(['item', 'annotator', 'label'], [rows()]), { objectMode: false });
  await pipeline([bytes, ...(flags.gzip ? [createGzip()] : []), createWriteStream(path)]);
  return path;
}

function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 88172645;
  for (let i = count - 1; i > 0; i--) {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    const j = (state >>> 0) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

async function run(path) {
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', atExit, program, 'aggregate', path, '--method', flags.method, '--json', '--out', folder], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let out = '';
  let usage;
  child.stdout.on('data', (text) => (out += text));
  child.on('message', (message) => (usage = message));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`assay ended with code ${code}`);
  return { ...JSON.parse(out), ...usage, whole: (performance.now() - started) / 1000 };
}
