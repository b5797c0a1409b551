import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { VerifyLeases } from '../../assignment/leases/verify-leases.js';
import { Project } from '../../projects/project.entity.js';
import { VerifyVotes } from '../../votes/verify.js';
import { Refusal } from '../refusal.js';
import { say, visible, warn } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';

interface VerifyOptions {
  project?: string;
  json?: boolean;
}

export function configure(command: Command): void {
  command
    .option('--project <id or name>', 'only this project')
    .option('--json', 'print one JSON object a project')
    .addHelpText('after', `${databaseHelp}\nWriters of a project wait while it is recounted. Exit code 1 when a count differs.`)
    .action((options: VerifyOptions) => withService(async (app) => {
      const projects = options.project
        ? [await findProject(app, options.project)]
        : await app.get(DataSource).getRepository(Project).find({ order: { id: 'asc' } });
      let faultCount = 0;
      for (const project of projects) {
        const { votes, faults } = await app.get(VerifyVotes).verify(project.id);
        faults.push(...await app.get(VerifyLeases).verify(project.id));
        faultCount += faults.length;
        if (options.json) say(JSON.stringify({ project: project.nodeId, name: project.name, votes, faults }));
        else say(`${project.nodeId} ${visible(project.name)}: ${votes} votes, ${faults.length === 0 ? 'every count is right' : `${faults.length} counts differ`}`);
        if (!options.json) for (const fault of faults.slice(0, 20)) warn(`  ${fault.owner} ${fault.id}: ${fault.count} is ${fault.stored}, the log says ${fault.derived}`);
      }
      if (faultCount > 0) throw new Refusal(`${faultCount} counts differ from the log`);
    }));
}
