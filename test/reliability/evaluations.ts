import { expect } from 'vitest';
import { numbersOf } from '../runs/crowd.js';
import { workDue } from '../setup/at-rest.js';
import type { Service } from '../setup/service.js';
import { until } from '../setup/until.js';

/** Waits until the annotators of a project were looked at as they are: its current run, its rule, all of its votes and gold. */
export async function evaluated(service: Service, projectId: string): Promise<void> {
  const current = async () => (await service.source.query<{ current: boolean }[]>(
    `select state.evaluated_at is not null and state.run_id is not distinct from project.current_run_id and state.pause_rule is not distinct from project.pause_rule
        and state.changes = (select sum(votes + other_outcomes + 2 * ended) from project_counts where project_id = project.id)
        and state.gold_seq = (select coalesce(max(greatest(seq, ended_seq)), 0) from gold_answers where project_id = project.id) as current
     from projects project left join reliability_states state on state.project_id = project.id where project.id = $1`,
    numbersOf(projectId),
  ))[0]!.current;
  await until(current, 'a look at the annotators');
}

/** The same, and that all that follows from the look has been done. */
export async function evaluatedAndDone(service: Service, projectId: string): Promise<void> {
  await evaluated(service, projectId);
  await until(async () => !(await workDue(service)).includes('job reliability'), 'the end of the look');
}

interface TimedVotes {
  items: ArrayLike<number>;
  annotators: ArrayLike<number>;
  classes: ArrayLike<number>;
  durations: ArrayLike<number>;
}

/** Votes of items i0, i1, ... by annotators a0, a1, ... for classes "class 0", "class 1", ... in their order. */
export async function submitTimed(service: Service, projectId: string, { items, annotators, classes, durations }: TimedVotes): Promise<void> {
  const votes = Array.from(items, (item, v) => ({ item: `i${item}`, annotator: `a${annotators[v]}`, class: `class ${classes[v]}`, durationMs: Math.round(durations[v]!) }));
  for (let from = 0; from < votes.length; from += 5000) {
    const { submitVotes } = await service.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`, { input: { projectId, votes: votes.slice(from, from + 5000) } },
    );
    expect(submitVotes.counts.rejected).toBe(0);
  }
}
