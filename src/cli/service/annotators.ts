import type { Command } from 'commander';
import { AnnotatorErasures } from '../../lifecycle/erasure/erasures.service.js';
import { Refusal } from '../refusal.js';
import { say } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';

export function configure(command: Command): void {
  command.addHelpText('after', `${databaseHelp}\nAn erased annotator's votes stay, and count; what tells who it was goes, and cannot be brought back.`);
  command.command('erase').argument('<annotator>', 'their id').description('Make the votes of a person nobody\'s.')
    .requiredOption('-p, --project <id or name>', 'in which project; in others they stay')
    .requiredOption('--confirm <annotator>', 'once more their id')
    .action((annotator: string, { project: named, confirm }: { project: string; confirm: string }) => withService(async (app) => {
      if (confirm !== annotator) throw new Refusal(`--confirm is not ${JSON.stringify(annotator)}; give the annotator's id once more`);
      const project = await findProject(app, named);
      const { changed, finishedAt } = await app.get(AnnotatorErasures).erase(project, { workspaceId: project.workspaceId }, annotator);
      const places = Object.entries(changed).map(([place, rows]) => `${place} ${rows}`).join(', ');
      say(`erased: ${places}${finishedAt ? '' : '; a process that works on jobs removes what is left of their comments'}`);
    }));
}
