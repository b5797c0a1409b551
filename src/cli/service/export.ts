import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Argument, Option, type Command } from 'commander';
import { ExportsService, exportKinds, type ExportKind } from '../../exports/exports.service.js';
import { findFormat, formats } from '../../formats/formats.js';
import { refusing } from '../refusal.js';
import { databaseHelp, findProject, withService } from './service.js';

interface ExportOptions {
  project: string;
  format: string;
  run?: string;
  out: string;
  history?: boolean;
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<what>').choices(exportKinds))
    .requiredOption('--project <id or name>', 'the project to read')
    .addOption(new Option('--format <id>', 'of the file').choices(formats.map((format) => format.id)).default('csv'))
    .option('--run <id>', "the run whose results to write; the project's current one where left out")
    .option('--history', 'votes: also those that have ended')
    .option('--out <file>', 'where to write; - for standard output', '-')
    .addHelpText('after', databaseHelp)
    .action((what: ExportKind, options: ExportOptions) => withService(async (app) => {
      const project = await findProject(app, options.project);
      const { table } = await app.get(ExportsService).table(project, what, { run: options.run, history: options.history });
      const format = findFormat(options.format);
      const target = options.out === '-' ? process.stdout : createWriteStream(options.out);
      await refusing(options.out, () => pipeline(Readable.from(format.write(table.columns, table.pages())), target, { end: target !== process.stdout }));
    }));
}
