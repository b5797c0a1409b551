import { Command, CommanderError } from 'commander';
import { Refusal } from './cli/refusal.js';
import { warn } from './cli/terminal.js';

/** THE COMMANDS: a file of `cli/` and a line here. A file is loaded when its command is called, so that the offline ones load no server. */
const commands = [
  { name: 'serve', summary: 'Serve the API', load: () => import('./cli/service/serve.js') },
  { name: 'worker', summary: 'Work on runs, beside an API that serves', load: () => import('./cli/service/worker.js') },
  { name: 'migrate', summary: "Bring the database to this version's schema", load: () => import('./cli/service/migrate.js') },
  { name: 'keys', summary: 'List, create, rotate and revoke API keys', load: () => import('./cli/service/keys.js') },
  { name: 'projects', summary: 'List, delete, restore and purge projects', load: () => import('./cli/service/projects.js') },
  { name: 'annotators', summary: 'Erase a person who has voted', load: () => import('./cli/service/annotators.js') },
  { name: 'import', summary: 'Load a file of votes, items, gold answers or predictions into a project', load: () => import('./cli/service/import.js') },
  { name: 'export', summary: 'Download soft labels, annotators or votes of a project', load: () => import('./cli/service/export.js') },
  { name: 'run', summary: 'Aggregate the votes of a project', load: () => import('./cli/service/run.js') },
  { name: 'verify', summary: 'Recount votes and compare with the counts kept', load: () => import('./cli/service/verify.js') },
  { name: 'aggregate', summary: 'Aggregate a file of votes into soft labels and annotator quality', load: () => import('./cli/offline/aggregate.js') },
  { name: 'next', summary: 'Tell which items of a file of votes and predictions to label next: old ones again, or new ones', load: () => import('./cli/offline/next.js') },
  { name: 'agree', summary: 'Measure how far the annotators of a file of votes agree', load: () => import('./cli/offline/agree.js') },
  { name: 'advise', summary: 'Tell which method to aggregate a file of votes by, and why', load: () => import('./cli/offline/advise.js') },
  { name: 'certificate', summary: 'Tell whether majority vote can be improved on with a file of votes', load: () => import('./cli/offline/certificate.js') },
  { name: 'simulate', summary: 'Draw votes of a crowd whose truth is known', load: () => import('./cli/offline/simulate.js') },
  { name: 'methods', summary: 'List the aggregation methods with their options', load: () => import('./cli/offline/methods.js') },
];

export const exitCodes = { done: 0, refused: 1, usage: 2, fault: 3 };

/**
 * Does what the words say, and tells it on standard output and error.
 * @param words those after the program's name
 * @returns the exit code
 */
export async function runCommand(words: string[], version: string): Promise<number> {
  const program = new Command('assay')
    .description('Label aggregation: votes of many annotators in, soft labels and annotator reliability out.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what a command does and takes')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused input, 2 wrong usage, 3 a fault of ours (ASSAY_DEBUG=1 tells where).')
    .exitOverride()
    .showHelpAfterError('(--help tells what there is)');
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(`${summary}.`);
    if (words.slice(0, 2).includes(name)) (await load()).configure(command);
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (!(error instanceof Refusal)) return fault(error);
    warn(`assay: ${error.message}`);
    return error.isUsage ? exitCodes.usage : exitCodes.refused;
  }
}

/** Not the caller's to mend, and told in one line all the same. */
export function fault(error: unknown): number {
  warn(`assay: a fault of ours: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}; please report it, with what ASSAY_DEBUG=1 prints`);
  if (process.env.ASSAY_DEBUG && error instanceof Error) warn(error.stack ?? '');
  return exitCodes.fault;
}
