/*
 * SQL about an annotator and an item, of a project: true or null. Single probes of an index: joined, or asked for by `exists`,
 * the planner may read all votes, or all leases, of a project first. The parameters are SQL that names them.
 */

/** Whether the annotator's answer stands. */
export const answered = (project: string, item: string, annotator: string) =>
  `(select true from votes where project_id = ${project} and item_code = ${item} and annotator_code = ${annotator} and ended_seq is null limit 1)`;

/** Whether the annotator holds the item. */
export const held = (project: string, item: string, annotator: string) =>
  `(select true from leases where project_id = ${project} and annotator_code = ${annotator} and item_code = ${item} and ended_at is null limit 1)`;
