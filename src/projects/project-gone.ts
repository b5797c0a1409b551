import { defineTopic } from '../events/topic.js';

/** A project was deleted, or the last of it purged: what a process keeps of it beside the database is to go. */
export const projectGone = defineTopic<{ projectId: number }>('project_gone');
