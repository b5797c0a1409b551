import { Injectable } from '@nestjs/common';
import { Events } from '../../events/events.service.js';
import { runChanged } from '../run-changed.js';
import { RunReader } from '../run-reader.js';
import { ENDED, Run } from '../run.entity.js';

/** The states of one run for one subscriber: the present one at once, then each newer one, until the run has ended. */
@Injectable()
export class RunProgress {
  constructor(
    private readonly events: Events,
    private readonly runs: RunReader,
  ) {}

  async of({ projectId, id }: Run): Promise<AsyncIterableIterator<Run>> {
    // Heard before the first look, so that nothing falls between the two.
    const news = await this.events.latest(runChanged, (told) => told.projectId === projectId && told.runId === id);
    let last: string | null = null;
    const next = async (): Promise<IteratorResult<Run>> => {
      for (;;) {
        if (last != null && (await news.next()).done) return { value: undefined, done: true };
        const run = await this.runs.read(projectId, id);
        if (ENDED.includes(run.status)) await news.return();
        const state = JSON.stringify([run.status, run.attempt, run.phase, run.iteration, run.iterationDone, run.logLikelihood]);
        if (state !== last) {
          last = state;
          return { value: run, done: false };
        }
      }
    };
    const states: AsyncIterableIterator<Run> = {
      next,
      return: async () => {
        await news.return();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => states,
    };
    return states;
  }
}
