import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Annotator } from '../annotators/annotator.entity.js';
import { invalid } from '../platform/errors.js';
import { Keyset, type ConnectionOf } from '../platform/graphql/pagination.js';
import { TimelineWindow, type ReliabilityWindow, type TimelineArgs } from './reliability-timeline.entity.js';
import { describeWindows, windowEnds, type OwnVote } from './timeline-windows.js';
import { timelineStore } from './timeline.store.js';

const VOTES_A_WINDOW = 50;
/** Read for one answer; fewer where K is so large that their matrices' rows would have more numbers than this. */
const MOST_VOTES = 10_000;
const MOST_NUMBERS = 2 ** 22;

type Row = ReliabilityWindow & { last: OwnVote };
const byTime = new Keyset<Row>([{ sql: 'micros', type: 'int8' }, { sql: 'seq', type: 'int8' }], ({ last }) => [last.micros, last.seq]);

/** An annotator's quality over time, worked out when it is asked for. */
@Injectable()
export class TimelineService {
  constructor(private readonly source: DataSource) {}

  async of({ projectId, code }: Annotator, args: TimelineArgs): Promise<ConnectionOf<ReliabilityWindow>> {
    const votesEach = args.votes ?? VOTES_A_WINDOW;
    if (votesEach < 10 || votesEach > 1000) throw invalid(`votes is ${votesEach}; a window has 10 to 1,000`, 'votes');
    const bounds: unknown[] = [projectId, code, 0];
    const { where } = byTime.page(args, bounds);
    return this.source.transaction('REPEATABLE READ', async (transaction) => {
      const [{ classes }]: [{ classes: string[] }] = await transaction.query(`select classes from projects where id = $1`, [projectId]);
      const most = Math.max(votesEach, Math.min(MOST_VOTES, Math.floor(MOST_NUMBERS / classes.length)));
      const limit = args.window === TimelineWindow.VOTES ? Math.min(most - (most % votesEach), args.first * votesEach) : most;
      const read = await timelineStore.ownVotes(transaction, projectId, code, limit + 1, where, bounds.slice(3));
      const isMore = read.length > limit;
      const ends = completeEnds(windowEnds(read.slice(0, limit), args.window, votesEach), isMore && args.window !== TimelineWindow.VOTES, args.first);
      const votes = read.slice(0, ends.at(-1) ?? 0);
      const gold = await timelineStore.gold(transaction, projectId, votes.map((vote) => vote.item));
      const around = votes.length > 0 ? await timelineStore.around(transaction, projectId, code, votes, gold) : null;
      const windows = describeWindows(votes, ends, around, gold, classes).map((window, i) => ({ ...window, last: votes[ends[i]! - 1]! }));
      const { edges, nodes, pageInfo } = byTime.connection<ReliabilityWindow>(args, windows, (row) => row);
      return { edges, nodes, pageInfo: { ...pageInfo, hasNextPage: votes.length < read.length } };
    });
  }
}

/** The last hour or day may go on beyond what was read: unless it is alone, it is left to the next page. */
function completeEnds(ends: readonly number[], isCut: boolean, first: number): number[] {
  return (isCut && ends.length > 1 ? ends.slice(0, -1) : ends).slice(0, first);
}
