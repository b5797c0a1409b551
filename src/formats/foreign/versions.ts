import { momentIn } from '../text/moment.js';

/** From which difference on an answer was edited, ms: less lies between the two notes of one. */
const EDITED_MS = 1000;

/** The id of an answer that may be edited in place: another answer must have another id. */
export function editedId(id: string, created: string | null, updated: string | null): string {
  if (created === null || updated === null) return id;
  return momentIn(updated) - momentIn(created) >= EDITED_MS ? `${id}@${updated}` : id;
}
