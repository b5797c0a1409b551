import type { INestApplicationContext } from '@nestjs/common';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { ProjectDeletions } from '../../lifecycle/deletion/deletions.service.js';
import { ProjectDeletion } from '../../lifecycle/deletion/project-deletion.entity.js';
import { parseGlobalId } from '../../platform/graphql/global-id.js';
import { Project } from '../../projects/project.entity.js';
import { Refusal } from '../refusal.js';
import { say, visible } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';

export function configure(command: Command): void {
  command.addHelpText('after', `${databaseHelp}\nA deleted project is absent to all callers at once, and can be restored until it is purged.`);
  command.command('list').description('List the projects, and those that were deleted.').action(() => withService(list));
  command.command('delete').argument('<id or name>').description('Delete a project.')
    .requiredOption('--confirm <name or id>', "once more the project's name, or its id")
    .action((named: string, { confirm }: { confirm: string }) => withService(async (app) => {
      const { workspaceId, nodeId } = await findProject(app, named);
      const { deletion } = await app.get(ProjectDeletions).delete({ workspaceId }, nodeId, confirm);
      say(`${deletion.name} is deleted, and can be restored until ${deletion.purgeAfter.toISOString()}: assay projects restore ${nodeId}`);
    }));
  command.command('restore <id>').description('Take a deleted project back.').action((id: string) => withService(async (app) => {
    const project = await app.get(ProjectDeletions).restore({ workspaceId: (await deleted(app, id)).workspaceId }, id);
    say(`${project.name} is restored`);
  }));
  command.command('purge <id>').description('Have all that is stored of a deleted project removed, without waiting. A process that works on jobs does it.')
    .requiredOption('--confirm <name or id>', "once more the project's name, or its id")
    .action((id: string, { confirm }: { confirm: string }) => withService(async (app) => {
      await app.get(ProjectDeletions).purge({ workspaceId: (await deleted(app, id)).workspaceId }, id, confirm);
      say(`${id} is being purged; assay projects list tells how far it is`);
    }));
}

async function list(app: INestApplicationContext): Promise<void> {
  const table = new Table({ head: ['id', 'workspace', 'name', 'state'], style: { head: [], border: [] } });
  for (const project of await app.get(DataSource).getRepository(Project).find({ order: { id: 'asc' } })) {
    table.push([project.nodeId, project.workspaceId, visible(project.name), project.archivedAt ? `archived at ${project.archivedAt.toISOString()}` : 'open']);
  }
  for (const deletion of await app.get(DataSource).getRepository(ProjectDeletion).find({ order: { id: 'asc' } })) {
    table.push([deletion.projectNodeId ?? '', deletion.workspaceId, deletion.name == null ? '' : visible(deletion.name), stateOf(deletion)]);
  }
  console.log(table.toString());
}

function stateOf({ deletedAt, purgeAfter, startedAt, purgedAt, removed }: ProjectDeletion): string {
  const rows = Object.values(removed).reduce((sum, one) => sum + one, 0);
  if (purgedAt) return `deleted at ${deletedAt.toISOString()}, purged at ${purgedAt.toISOString()}: ${rows} rows`;
  return startedAt ? `being purged: ${rows} rows so far` : `deleted at ${deletedAt.toISOString()}, purged after ${purgeAfter.toISOString()}`;
}

async function deleted(app: INestApplicationContext, id: string): Promise<ProjectDeletion> {
  const parsed = parseGlobalId(id);
  const found = parsed?.type === 'Project' && await app.get(DataSource).getRepository(ProjectDeletion).findOneBy({ projectId: parsed.parts[0] });
  if (!found) throw new Refusal(`there is no deleted project ${JSON.stringify(id)}; assay projects list shows them`);
  return found;
}
