import type { Command } from 'commander';
import { openDatabase } from '../../application.js';
import { Config } from '../../platform/config.js';
import { migrateDatabase } from '../../platform/database/database.js';
import { runningEmbeddedPostgres } from '../../platform/embedded-postgres/embedded-postgres.js';
import { createLogger } from '../../platform/logger.js';
import { Refusal } from '../refusal.js';
import { say } from '../terminal.js';
import { databaseHelp } from './service.js';

export function configure(command: Command): void {
  command.addHelpText('after', databaseHelp).action(async () => {
    try {
      const config = Config.read(process.env);
      const running = config.settings.DATABASE_URL ?? await runningEmbeddedPostgres(config.settings.ASSAY_DATA_DIR);
      const database = running ? { url: running, stop: async () => {} } : await openDatabase(config, createLogger({ LOG_LEVEL: 'warn' }));
      const applied = await migrateDatabase(database.url).finally(() => database.stop());
      say(applied.length > 0 ? `applied: ${applied.join(', ')}` : 'the database is of this version already');
    } catch (error) {
      throw new Refusal((error as Error).message);
    }
  });
}
