import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { openService } from '../../application.js';
import { AssayError } from '../../platform/errors.js';
import { globalId, parseGlobalId } from '../../platform/graphql/global-id.js';
import { Project } from '../../projects/project.entity.js';
import { Refusal } from '../refusal.js';
import { visible } from '../terminal.js';

export const databaseHelp = `
Reads the database that DATABASE_URL names, or the one in ASSAY_DATA_DIR (.assay), whether the service runs or not.`;

/** Runs `use` on the modules of the service; what they refuse becomes one line. */
export async function withService<T>(use: (app: INestApplicationContext) => Promise<T>, work = false): Promise<T> {
  const running = await openService(process.env, work).catch((error: Error) => {
    throw new Refusal(error.message);
  });
  try {
    return await use(running.app);
  } catch (error) {
    throw error instanceof AssayError ? new Refusal(error.message) : error;
  } finally {
    await running.stop();
  }
}

/** By global id, or by a name that only one project has. */
export async function findProject(app: INestApplicationContext, named: string): Promise<Project> {
  const projects = app.get(DataSource).getRepository(Project);
  const id = parseGlobalId(named);
  const found = id?.type === 'Project' ? await projects.findBy({ id: id.parts[0] }) : await projects.findBy({ name: named });
  if (found.length === 1) return found[0]!;
  if (found.length > 1) throw new Refusal(`${found.length} projects are named ${JSON.stringify(named)}; give an id: ${found.map((project) => project.nodeId).join(', ')}`);
  const known = await projects.find({ order: { id: 'asc' }, take: 20 });
  const list = known.map((project) => `\n  ${globalId('Project', project.id)}  ${visible(project.name)}`).join('');
  throw new Refusal(`there is no project ${JSON.stringify(named)}${list ? `; there are:${list}` : ' and no other'}`);
}
