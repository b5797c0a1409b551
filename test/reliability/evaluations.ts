import { expect } from 'vitest';
import type { Service } from '../setup/service.js';
import { numbersOf } from '../runs/crowd.js';

/** Waits until the annotators of a project were looked at for its current run, rule and all of its votes. */
export async function evaluated(service: Service, projectId: string): Promise<void> {
  const current = async () => (await service.source.query<{ current: boolean }[]>(
    `select state.evaluated_at is not null and state.run_id is not distinct from project.current_run_id and state.pause_rule is not distinct from project.pause_rule
        and state.changes = (select sum(votes + other_outcomes + 2 * ended) from project_counts where project_id = project.id) as current
     from projects project left join reliability_states state on state.project_id = project.id where project.id = $1`,
    numbersOf(projectId),
  ))[0]!.current;
  await expect.poll(current, { timeout: 30_000, interval: 100 }).toBe(true);
}
