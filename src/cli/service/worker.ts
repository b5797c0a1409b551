import type { Command } from 'commander';
import { startWorker, stopOnSignals } from '../../application.js';
import { Refusal } from '../refusal.js';
import { settingsTable } from './serve.js';

export function configure(command: Command): void {
  command.addHelpText('after', `\nSettings of the environment:\n${settingsTable()}`).action(async () => {
    const running = await startWorker(process.env).catch((error: Error) => {
      throw new Refusal(error.message);
    });
    stopOnSignals(running);
  });
}
