import { stat } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Option, type Command } from 'commander';
import { findReadableFormat, readAny } from '../../formats/formats.js';
import { GoldService } from '../../gold/gold.service.js';
import { withColumns, type BulkSink } from '../../ingest/bulk-sink.js';
import { BrokenUpload, BulkService } from '../../ingest/bulk.service.js';
import type { BulkTally } from '../../ingest/bulk-tally.js';
import { goldSink } from '../../ingest/gold-sink.js';
import { itemsSink } from '../../ingest/items-sink.js';
import { predictionsSink } from '../../ingest/predictions-sink.js';
import { votesSink } from '../../ingest/votes-sink.js';
import { ItemsService } from '../../items/items.service.js';
import { PredictionsService } from '../../predictions/predictions.service.js';
import type { Project } from '../../projects/project.entity.js';
import { VotesService } from '../../votes/votes.service.js';
import { seedNumber } from '../option-values.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal, refusing } from '../refusal.js';
import { say, visible, warn } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';
import { fromHelp, fromOptions, optionsHelp, requireFrom } from '../foreign/options.js';
import { type ForeignImportFlags, importForeign } from './import-foreign.js';
import { bytesOf, wideOption } from '../offline/votes-file.js';

/** What a file may hold, by the name of the option. */
const sinks: Record<string, (app: INestApplicationContext, project: Project, options: ImportFlags) => BulkSink> = {
  votes: (app, project, { wide }) => votesSink(app.get(VotesService), project, wide),
  items: (app, project) => itemsSink(app.get(ItemsService), project),
  gold: (app, project) => goldSink(app.get(GoldService), project, { workspaceId: project.workspaceId }),
  predictions: (app, project, options) => predictionsSink(app.get(PredictionsService), project, { workspaceId: project.workspaceId }, versionOf(options)),
};

const importHelp = `
FILE is a CSV file with a header or an NDJSON file, gzip or not, or Parquet; - is standard input. Columns of votes: item (or task), annotator
(or worker, performer), class (or label); optional: outcome (CLASS, SKIP, UNSURE, CANNOT_LABEL), voteId, time, durationMs, comment,
guidelineVersion; with --wide the item, in the column of that name or the first, and a column for each annotator. Of items: item; optional: payload. Of gold: item, class (or label, or gold); optional: reason.
Of predictions: item, and probabilities (a list in the order of the classes) or a column p_<class> for each class; --model and
--model-version tell what they are of.`;

interface ImportFlags extends ForeignImportFlags {
  rows: string;
  format?: string;
  map?: string;
  wide?: true;
  idempotencyKey?: string;
  model?: string;
  modelVersion?: string;
  inSample?: boolean;
  trainingWatermark?: number;
}

export function configure(command: Command): void {
  fromOptions(command
    .argument('<file...>', 'the file, or - for standard input; several with --from')
    .requiredOption('--project <id or name>', 'the project to load it into')
    .addOption(new Option('--rows <kind>', 'what the rows are').choices(Object.keys(sinks)).default('votes'))
    .option('--format <id>', 'csv, ndjson or parquet; found from the first bytes where left out')
    .option('--map <list>', "the file's names for columns, such as item=task_id,annotator=worker_id")
    .addOption(wideOption())
    .option('--model <name>', 'of predictions: the model')
    .option('--model-version <name>', 'of predictions: the version of the model, whose rows never change')
    .option('--in-sample', 'of predictions: the model was trained on the items it predicts')
    .option('--training-watermark <ticket>', 'of predictions: the watermark of the run that the model was trained on', seedNumber)
    .option('--idempotency-key <key>', 'load the file once, however often the command is run; an interrupted load goes on where it stopped')
    .option('--json', 'print one JSON object'))
    .option('--dry-run', 'with --from: tell what would come of it, and write nothing')
    .option('--rejects <file>', 'with --from: a CSV file for the records that are refused, with their places')
    .addHelpText('after', importHelp + fromHelp + optionsHelp + databaseHelp)
    .action(importRows);
}

function versionOf({ model, modelVersion, inSample, trainingWatermark }: ImportFlags): Parameters<typeof predictionsSink>[3] {
  return { model: model!, version: modelVersion!, outOfSample: inSample ? false : null, trainingWatermark: trainingWatermark ?? null, complete: true };
}

/** @throws Refusal before anything is opened. */
function requireOwnOptions({ from, rows, wide, map, format, idempotencyKey, model, modelVersion, inSample, trainingWatermark }: ImportFlags): void {
  if (rows !== 'votes' && wide) throw new Refusal(`--wide goes with --rows votes, and these are ${rows}`, true);
  const isGiven = [model, modelVersion, inSample, trainingWatermark].some((option) => option !== undefined);
  if (rows !== 'predictions' && isGiven) throw new Refusal(`--model and what belongs to it go with --rows predictions, and these are ${rows}`, true);
  if (from !== undefined && (rows !== 'votes' || wide || map !== undefined || format !== undefined || idempotencyKey !== undefined)) {
    throw new Refusal('--rows, --wide, --map, --format and --idempotency-key are for files without --from, whose records have ids of their own', true);
  }
  if (rows === 'predictions' && (model === undefined || modelVersion === undefined)) throw new Refusal('predictions need --model and --model-version', true);
}

async function importRows(files: string[], options: ImportFlags): Promise<void> {
  requireOwnOptions(options);
  if (options.from !== undefined) return importForeign(files, options);
  requireFrom(options);
  const idle = options.dryRun ? '--dry-run' : options.rejects !== undefined ? '--rejects' : null;
  if (idle) throw new Refusal(`${idle} goes with --from, which tells whose file it is`, true);
  const [file, second] = files as [string, string | undefined];
  if (second !== undefined) throw new Refusal(`${visible(second)} is a second file; several files are loaded with --from, which tells whose they are`, true);
  const format = options.format == null ? { read: readAny } : checking(() => findReadableFormat(options.format!), '', true);
  const size = await refusing(file, async () => (file === '-' ? 0 : (await stat(file)).size));
  const bar = new PhaseBar();
  const { counts, tally } = await withService(async (app) => {
    const project = await findProject(app, options.project);
    const sink = checking(() => withColumns(sinks[options.rows]!(app, project, options), options.map ?? null), '--map: ', true);
    bar.start('load', size);
    try {
      const tally = await app.get(BulkService).load(project, sink, format, counted(bytesOf(file), bar), options.idempotencyKey ?? null);
      return { counts: sink.counts, tally };
    } catch (error) {
      if (!(error instanceof BrokenUpload)) throw error;
      throw new Refusal(`${file}${error.line == null ? '' : `, line ${error.line}`}: ${error.message}; ${error.tally.rows} rows before it are dealt with`);
    } finally {
      bar.stop();
    }
  });
  if (options.json) say(JSON.stringify(tally));
  else report(file, counts, tally);
  if (tally.rejected > 0) throw new Refusal(`${tally.rejected} of ${tally.rows} rows were rejected`);
}

function report(file: string, counts: readonly string[], tally: BulkTally<string>): void {
  const counted = counts.map((name) => `${tally[name]} ${name}`).join(', ');
  say(`${tally.rows} rows: ${counted}, ${tally.rejected} rejected`);
  for (const { line, message } of tally.rejects.slice(0, 20)) warn(`${file}, line ${line}: ${message}`);
  if (tally.rejected > 20) warn(`and ${tally.rejected - 20} more; --json tells up to 10,000`);
  if (tally.unanswered > 0) warn(`${tally.unanswered} rows without an answer passed over`);
  if (tally.emptyRows > 0) warn(`${tally.emptyRows} rows of empty cells passed over`);
  for (const { line, message } of tally.warnings.slice(0, 20)) warn(`${file}, line ${line}: ${message}`);
  if (tally.warnings.length > 20) warn(`and more; --json tells up to 100, and how many cells were not read`);
  if (tally.unreadColumns.length > 0) warn(`columns not read: ${tally.unreadColumns.map(visible).join(', ')}`);
}

async function* counted(bytes: AsyncIterable<Uint8Array>, bar: PhaseBar): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    bar.advance(chunk.length);
    yield chunk;
  }
}
