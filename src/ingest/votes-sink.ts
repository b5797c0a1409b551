import { asWide } from '../formats/rows/table.js';
import { type VoteRow, voteTable } from '../formats/rows/tables.js';
import { excerpt } from '../platform/text.js';
import type { Project } from '../projects/project.entity.js';
import { countAnswers, readAnswers, VoteStatus, type VoteAnswers } from '../votes/vote-batch.js';
import type { VotesService } from '../votes/votes.service.js';
import type { BatchAnswer, BulkSink } from './bulk-sink.js';

/** What an upload of votes counts. */
export const voteCounts = ['created', 'superseded', 'duplicate'] as const;

type VoteCount = (typeof voteCounts)[number];

/** @param wide whether the file has a row an item and a column an annotator, see `asWide` */
export function votesSink(votes: VotesService, project: Project, wide = false): BulkSink<typeof voteTable, VoteCount> {
  return {
    kind: wide ? 'votes wide' : 'votes',
    table: wide ? asWide(voteTable) : voteTable,
    counts: voteCounts,
    batchRows: 10_000,
    async write(rows, note) {
      await votes.submit(project, rows, { alongside: (transaction, answers, nearMisses) => note(transaction, { ...read(answers, wide ? rows : null), warnings: nearMisses }) });
    },
  };
}

/** @param named rows of which the line alone does not tell the vote; null where it does */
function read(answers: VoteAnswers, named: readonly VoteRow[] | null): BatchAnswer<VoteCount> {
  const { CREATED: created, SUPERSEDED: superseded, DUPLICATE: duplicate, REJECTED } = countAnswers(answers);
  const refused = REJECTED > 0 ? readAnswers(answers).filter((answer) => answer.status === VoteStatus.REJECTED) : [];
  return { counts: { created, superseded, duplicate }, rejects: refused.map(({ index, code, message }) => ({
    index, code: code!, message: named ? `annotator ${excerpt(named[index]!.annotator)}: ${message!}` : message!,
  })) };
}
