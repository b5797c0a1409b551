import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Argument, Option, type Command } from 'commander';
import { exportTables } from '../../exports/export-tables.js';
import { ExportsService } from '../../exports/exports.service.js';
import { findFormat, formats } from '../../formats/formats.js';
import { wholeNumber } from '../option-values.js';
import { refusing } from '../refusal.js';
import { databaseHelp, findProject, withService } from './service.js';

interface ExportOptions {
  project: string;
  format: string;
  run?: string;
  out: string;
  history?: boolean;
  model?: string;
  modelVersion?: string;
  watermark?: number;
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<what>').choices(exportTables.map(({ name }) => name)))
    .requiredOption('--project <id or name>', 'the project to read')
    .addOption(new Option('--format <id>', 'of the file').choices(formats.map((format) => format.id)).default('csv'))
    .option('--run <id>', "the run whose results to write; the project's current one where left out")
    .option('--history', 'votes: also those that have ended')
    .option('--model <name>', 'predictions: of this model alone')
    .option('--model-version <name>', "predictions: the model's version; the one that runs read where left out")
    .option('--watermark <n>', 'votes, gold, predictions: as of this point of the log; the newest where left out', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--out <file>', 'where to write; - for standard output', '-')
    .addHelpText('after', databaseHelp)
    .action((what: string, options: ExportOptions) => withService(async (app) => {
      const project = await findProject(app, options.project);
      const table = exportTables.find(({ name }) => name === what)!;
      const choice = { run: options.run, history: options.history, model: options.model, version: options.modelVersion, watermark: options.watermark };
      const { columns, rows } = await app.get(ExportsService).open(project, table, choice, { actor: { workspaceId: project.workspaceId }, format: options.format });
      const format = findFormat(options.format);
      const target = options.out === '-' ? process.stdout : createWriteStream(options.out);
      await refusing(options.out, () => pipeline(Readable.from(format.write(columns, rows(new AbortController().signal))), target, { end: target !== process.stdout }));
    }));
}
