import { voteTable } from '../formats/rows/tables.js';
import type { Project } from '../projects/project.entity.js';
import { countAnswers, readAnswers, VoteStatus, type VoteAnswers } from '../votes/vote-batch.js';
import type { VotesService } from '../votes/votes.service.js';
import type { BatchAnswer, BulkSink } from './bulk-sink.js';

type VoteCount = 'created' | 'superseded' | 'duplicate';

export function votesSink(votes: VotesService, project: Project): BulkSink<typeof voteTable, VoteCount> {
  return {
    kind: 'votes',
    table: voteTable,
    counts: ['created', 'superseded', 'duplicate'],
    batchRows: 10_000,
    async write(rows, note) {
      await votes.submit(project, rows, { alongside: (transaction, answers) => note(transaction, read(answers)) });
    },
  };
}

function read(answers: VoteAnswers): BatchAnswer<VoteCount> {
  const { CREATED: created, SUPERSEDED: superseded, DUPLICATE: duplicate, REJECTED } = countAnswers(answers);
  const refused = REJECTED > 0 ? readAnswers(answers).filter((answer) => answer.status === VoteStatus.REJECTED) : [];
  return { counts: { created, superseded, duplicate }, rejects: refused.map(({ index, code, message }) => ({ index, code: code!, message: message! })) };
}
