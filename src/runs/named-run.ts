import { Injectable } from '@nestjs/common';
import { Args, ID } from '@nestjs/graphql';
import { notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import type { RequestContext } from '../platform/request-context.js';
import type { Run } from './run.entity.js';
import { requireResults, RunReader } from './run-reader.js';

/** The argument `run` of result fields. */
export const RunArgument = () => Args('run', { type: () => ID, nullable: true, description: "A run that succeeded; the project's current one where left out." });

/** Which run such an argument names. */
@Injectable()
export class NamedRun {
  constructor(private readonly runs: RunReader) {}

  /** @throws NOT_FOUND for a run of another project as for an absent one; CONFLICT for one without results. */
  async find(context: RequestContext, projectId: number, id: string): Promise<Run> {
    const [ofProject, runId] = readGlobalId('Run', id);
    const run = ofProject === projectId && runId != null ? await this.runs.load(context, projectId, runId) : null;
    if (!run) throw notFound('run', id);
    requireResults(run);
    return run;
  }

  /** Null stands for the project's current run, whichever that is. */
  async number(context: RequestContext, projectId: number, id: string | null | undefined): Promise<number | null> {
    return id == null ? null : (await this.find(context, projectId, id)).id;
  }
}
