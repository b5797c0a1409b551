/**
 * SQL: everything that happened to a project's votes, as one number that only grows, an ended vote counting for one given and
 * one taken. @param project SQL that names the project
 */
export const changesOf = (project: string) => `(select coalesce(sum(votes + other_outcomes + 2 * ended), 0)::bigint from project_counts where project_id = ${project})`;
