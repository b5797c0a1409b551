import { Injectable } from '@nestjs/common';
import { Transactions } from '../platform/database/transaction.js';
import { lockVotes } from '../projects/vote-lock.js';

/** A count that is not what the log says. */
export interface CountFault {
  owner: 'project' | 'item' | 'annotator';
  /** The external id of the item or annotator; the project's number for a project. */
  id: string;
  count: 'votes' | 'otherOutcomes' | 'ended' | 'code' | 'leases';
  stored: number;
  derived: number;
}

const MOST_FAULTS = 1000;

/** Re-derives every count of a project from its vote log. */
@Injectable()
export class VerifyVotes {
  constructor(private readonly transactions: Transactions) {}

  /** Stops the project's writers for the while: 1M votes take about a second. @returns the first 1,000 faults. */
  async verify(projectId: number): Promise<{ votes: number; faults: CountFault[] }> {
    return this.transactions.run(async (transaction) => {
      await lockVotes(transaction, projectId, 'exclusive');
      const faults: CountFault[] = [];
      for (const owner of ['item', 'annotator'] as const) {
        const table = `${owner}s`;
        faults.push(...await transaction.query<CountFault[]>(
          `with derived as (
             select ${owner}_code as code, count(*) filter (where outcome = 0)::int as votes, count(*) filter (where outcome <> 0)::int as others
             from votes where project_id = $1 and ended_seq is null group by ${owner}_code
           ), stored as (
             select ${owner}_code as code, votes, other_outcomes as others from ${owner}_counts where project_id = $1
           ), compared as (
             select coalesce(derived.code, stored.code) as code,
                    coalesce(stored.votes, 0) as stored_votes, coalesce(derived.votes, 0) as votes,
                    coalesce(stored.others, 0) as stored_others, coalesce(derived.others, 0) as others
             from derived full join stored on stored.code = derived.code
           )
           select '${owner}' as owner, coalesce(named.external_id, 'code ' || compared.code) as id, fault.count, fault.stored, fault.derived
           from compared left join ${table} named on named.project_id = $1 and named.code = compared.code
           cross join lateral (values ('votes', stored_votes, votes), ('otherOutcomes', stored_others, others), ('code', 1, (named.code is not null)::int)) as fault(count, stored, derived)
           where fault.stored <> fault.derived order by compared.code limit ${MOST_FAULTS}`,
          [projectId],
        ));
      }
      const [totals] = await transaction.query<Record<'votes' | 'others' | 'ended' | 'stored_votes' | 'stored_others' | 'stored_ended', number>[]>(
        `select log.*, counts.* from (
           select count(*) filter (where ended_seq is null and outcome = 0) as votes, count(*) filter (where ended_seq is null and outcome <> 0) as others,
                  count(*) filter (where ended_seq is not null) as ended from votes where project_id = $1
         ) log cross join (
           select coalesce(sum(votes), 0)::bigint as stored_votes, coalesce(sum(other_outcomes), 0)::bigint as stored_others, coalesce(sum(ended), 0)::bigint as stored_ended
           from project_counts where project_id = $1
         ) counts`,
        [projectId],
      );
      const { votes, others, ended, stored_votes, stored_others, stored_ended } = totals!;
      const compared = [['votes', stored_votes, votes], ['otherOutcomes', stored_others, others], ['ended', stored_ended, ended]] as const;
      for (const [count, stored, derived] of compared) {
        if (stored !== derived) faults.push({ owner: 'project', id: String(projectId), count, stored, derived });
      }
      return { votes, faults: faults.slice(0, MOST_FAULTS) };
    });
  }
}
