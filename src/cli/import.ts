import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { findFormat, readText } from '../formats/formats.js';
import { BrokenUpload, BulkService } from '../ingest/bulk.service.js';
import type { BulkTally } from '../ingest/bulk-tally.js';
import { votesSink } from '../ingest/votes-sink.js';
import { VotesService } from '../votes/votes.service.js';
import { PhaseBar } from './progress.js';
import { checking, Refusal, refusing } from './refusal.js';
import { databaseHelp, findProject, withService } from './service.js';
import { bytesOf, votesHelp } from './votes-file.js';

interface ImportOptions {
  project: string;
  format?: string;
  idempotencyKey?: string;
  json?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('<votes>', 'the file, or - for standard input')
    .requiredOption('--project <id or name>', 'the project to load it into')
    .option('--format <id>', 'csv or ndjson; found from the first character where left out')
    .option('--idempotency-key <key>', 'load the file once, however often the command is run; an interrupted load goes on where it stopped')
    .option('--json', 'print one JSON object')
    .addHelpText('after', votesHelp + databaseHelp)
    .action(importVotes);
}

async function importVotes(file: string, options: ImportOptions): Promise<void> {
  const format = options.format == null ? { read: readText } : checking(() => findFormat(options.format!), '', true);
  const size = await refusing(file, async () => (file === '-' ? 0 : (await stat(file)).size));
  const bar = new PhaseBar();
  const tally = await withService(async (app) => {
    const project = await findProject(app, options.project);
    bar.start('load', size);
    try {
      return await app.get(BulkService).load(project, votesSink(app.get(VotesService), project), format, counted(bytesOf(file), bar), options.idempotencyKey ?? null);
    } catch (error) {
      if (!(error instanceof BrokenUpload)) throw error;
      throw new Refusal(`${file}${error.line == null ? '' : `, line ${error.line}`}: ${error.message}; ${error.tally.rows} rows before it are dealt with`);
    } finally {
      bar.stop();
    }
  });
  if (options.json) console.log(JSON.stringify(tally));
  else report(file, tally);
  if (tally.rejected > 0) throw new Refusal(`${tally.rejected} of ${tally.rows} rows were rejected`);
}

function report(file: string, tally: BulkTally<'created' | 'superseded' | 'duplicate'>): void {
  console.log(`${tally.rows} rows: ${tally.created} created, ${tally.superseded} superseded, ${tally.duplicate} duplicate, ${tally.rejected} rejected`);
  for (const { line, message } of tally.rejects.slice(0, 20)) console.error(`${file}, line ${line}: ${message}`);
  if (tally.rejected > 20) console.error(`and ${tally.rejected - 20} more; --json tells up to 10,000`);
  if (tally.unreadColumns.length > 0) console.error(`columns not read: ${tally.unreadColumns.join(', ')}`);
}

async function* counted(bytes: AsyncIterable<Uint8Array>, bar: PhaseBar): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    bar.advance(chunk.length);
    yield chunk;
  }
}
