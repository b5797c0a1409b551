import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AssayError, notFound } from '../platform/errors.js';
import { globalId, readGlobalId } from '../platform/graphql/global-id.js';
import type { Transaction } from '../platform/database/transaction.js';
import type { Principal } from '../platform/principal.js';
import { Project } from './project.entity.js';

/** The one way to a project: by its id and the caller's right to see it. */
@Injectable()
export class ProjectAccess {
  constructor(private readonly source: DataSource) {}

  /** @throws NOT_FOUND for junk, for an absent project and for one the caller may not see, in the same words. */
  async find(caller: Principal, id: string): Promise<Project> {
    return this.findByNumber(caller, readGlobalId('Project', id)[0]!, () => notFound('project', id));
  }

  /** For ids of things within a project: `absent` makes the same refusal as for a thing that is not there. */
  async findByNumber(caller: Principal, projectId: number, absent: () => AssayError): Promise<Project> {
    if (caller.projectId != null && caller.projectId !== projectId) throw absent();
    if (projectId > 0x7fffffff) throw absent();
    const project = await this.source.getRepository(Project).findOneBy({ id: projectId, workspaceId: caller.workspaceId });
    if (!project) throw absent();
    return project;
  }

  /**
   * For statements that look at the workspace themselves, where a look-up of its own would cost as much as the work.
   * @throws NOT_FOUND for junk, and for another project than the one the caller is restricted to
   */
  numberOf(caller: Principal, id: string): number {
    const [projectId] = readGlobalId('Project', id);
    if (projectId! > 0x7fffffff || (caller.projectId != null && caller.projectId !== projectId)) this.refuse(id);
    return projectId!;
  }

  /** @throws NOT_FOUND, in the words of `find` */
  refuse(id: string): never {
    throw notFound('project', id);
  }

  /** The same, for a write: an archived project takes none. */
  async findOpen(caller: Principal, id: string): Promise<Project> {
    const project = await this.find(caller, id);
    requireOpen(project);
    return project;
  }
}

/**
 * The project as it is now, for a write that looked it up before its transaction. Under the lock of its votes it stays so until the commit.
 * @throws NOT_FOUND where it was deleted meanwhile; CONFLICT for an archived one.
 */
export async function stillOpen(transaction: Transaction, { id }: Pick<Project, 'id'>): Promise<Project> {
  const project = await transaction.getRepository(Project).findOneBy({ id });
  if (!project) throw notFound('project', globalId('Project', id));
  requireOpen(project);
  return project;
}

/** A write looked up codes of annotators, and one of them was erased meanwhile: it is to begin anew, with the project as it is now. */
export class CodesChanged extends Error {
  constructor(readonly project: Project) {
    super('an annotator was erased meanwhile');
  }
}

/** As `stillOpen`, for a write that has codes of annotators. @throws CodesChanged too */
export async function stillCoded(transaction: Transaction, before: Project): Promise<Project> {
  const project = await stillOpen(transaction, before);
  if (project.annotatorErasures !== before.annotatorErasures) throw new CodesChanged(project);
  return project;
}

/** Tries again where CodesChanged says so. */
export async function withCodes<T>(project: Project, work: (project: Project) => Promise<T>): Promise<T> {
  for (let current = project; ;) {
    try {
      return await work(current);
    } catch (error) {
      if (!(error instanceof CodesChanged)) throw error;
      current = error.project;
    }
  }
}

/**
 * For a write that takes no lock of the votes: until its end nobody deletes the project; its rules may change, and its run.
 * @throws NOT_FOUND where it was deleted before
 */
export async function holdProject(transaction: Transaction, projectId: number): Promise<void> {
  const held: unknown[] = await transaction.query(`select 1 from projects where id = $1 for key share`, [projectId]);
  if (held.length === 0) throw notFound('project', globalId('Project', projectId));
}

/** @throws CONFLICT for an archived project. */
export function requireOpen(project: Project): void {
  if (project.archivedAt) {
    throw new AssayError('CONFLICT', `the project ${globalId('Project', project.id)} was archived at ${project.archivedAt.toISOString()}; restore it before writing to it`);
  }
}
