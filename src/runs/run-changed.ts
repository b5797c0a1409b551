import { defineTopic } from '../events/topic.js';
import type { RunStatus } from './run.entity.js';

/** Told with every change of a run: its status, its progress. The run itself is to be read again. */
export const runChanged = defineTopic<{ projectId: number; runId: number; status: RunStatus }>('run_changed');
