import type { Command } from 'commander';
import { describeSettings } from '../../platform/config.js';
import { serve } from '../../serve.js';

export function configure(command: Command): void {
  command
    .option('--port <n>', 'port to listen on; 0 takes a free one (PORT)')
    .option('--host <address>', 'address to listen on (HOST)')
    .option('--empty', 'start a new database without the sample projects')
    .addHelpText('after', `\nSettings of the environment:\n${settingsTable()}`)
    .action((options: { port?: string; host?: string; empty?: boolean }) =>
      serve({ ...process.env, ...(options.port && { PORT: options.port }), ...(options.host && { HOST: options.host }) }, { sampleData: !options.empty }));
}

export function settingsTable(): string {
  return describeSettings().map(({ name, fallback, meaning }) => `  ${name.padEnd(26)}${meaning}${fallback ? ` (${fallback})` : ''}`).join('\n');
}
