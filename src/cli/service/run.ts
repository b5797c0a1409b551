import type { Command } from 'commander';
import { findMethod } from '../../aggregation/index.js';
import { RunStatus } from '../../runs/run.entity.js';
import { RunsService } from '../../runs/running/runs.service.js';
import { collectOption, seedNumber, typedOptions } from '../option-values.js';
import { checking, Refusal } from '../refusal.js';
import { say } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';

interface RunOptions {
  project: string;
  method?: string;
  option: Record<string, string>;
  seed: number;
  json?: boolean;
}

export function configure(command: Command): void {
  command
    .requiredOption('--project <id or name>', 'the project to aggregate')
    .option('--method <id>', "see assay methods; the project's default where left out")
    .option('--option <name=value>', 'an option of the method; any number of times', collectOption, {})
    .option('--seed <n>', 'where random draws begin', seedNumber, 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', `${databaseHelp}\nThe command works on the run itself where no other process does, and waits for its end.`)
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  await withService(async (app) => {
    const project = await findProject(app, options.project);
    const method = checking(() => findMethod(options.method ?? project.defaultMethod), '', true);
    // The project's own options go with its own method, unless others are named.
    const given = Object.keys(options.option).length > 0 || options.method ? typedOptions(method.options, options.option) : null;
    const runs = app.get(RunsService);
    const started = await runs.start({ workspaceId: project.workspaceId }, project, { method: method.id, options: given, seed: options.seed });
    const ended = await runs.ended(project.id, started.run.id);
    if (options.json) say(JSON.stringify({ id: ended.nodeId, status: ended.status, method: ended.methodId, iterations: ended.iterations, converged: ended.converged, items: ended.itemCount, annotators: ended.annotatorCount, votes: ended.voteCount, failure: ended.failure }));
    else say(`${ended.nodeId} ${ended.methodId} ${ended.status.toLowerCase()}: ${ended.voteCount} votes, ${ended.iterations} iterations, ${ended.converged ? 'converged' : 'not converged'}`);
    if (ended.status !== RunStatus.SUCCEEDED) throw new Refusal(`the run ${ended.status.toLowerCase()}: ${ended.failure ?? 'no reason was told'}`);
  }, true);
}
