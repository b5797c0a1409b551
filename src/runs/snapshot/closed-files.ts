import type { Client } from 'pg';
import { KeptFolder } from './kept-folder.js';
import { openProjects, readIdentity } from './log-changes.js';

/** Removes the kept votes of projects that are no more, or take no votes any more. @throws ENOENT where nothing was ever kept */
export async function removeClosed(client: Client, path: string): Promise<void> {
  const folder = new KeptFolder(path, 0);
  const identity = await readIdentity(client, 0);
  const kept = await folder.projectsOf(identity);
  const open = new Set(await openProjects(client, kept));
  for (const projectId of kept) if (!open.has(projectId)) await folder.remove({ ...identity, projectId });
}
