import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { Project } from '../../projects/project.entity.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

const outcomes = ['CLASS', 'SKIP', 'UNSURE', 'CANNOT_LABEL'];
const states = ['STANDING', 'SUPERSEDED', 'WITHDRAWN', 'REPEAT'];

/**
 * Votes as they stood at the watermark, in the order of writing; with `history`, also those that had ended. The log is read in
 * its order either way: what has ended costs its part of reading, and no index of standing votes costs every vote its part.
 */
export const votes: ExportTable = {
  name: 'votes',
  title: 'the votes that stand; with history, the whole log',
  choices: ['history', 'watermark'],
  async open(project, facts, choice) {
    const projectId = sqlInteger(project.id);
    const { history } = choice;
    const asOf = await facts.watermark(project, choice);
    const watermark = sqlInteger(asOf);
    const columns = columnsOf(project);
    if (history) columns.push(column.word('state', `case when vote.ended_seq <= ${watermark} then vote.ended_reason else 0::smallint end`, states));
    return {
      watermark: asOf, isFixed: true,
      sequences: [{
        projectId, columns, from: 'votes vote', key: 'vote.seq', pieceRows: pieceRows(columns.length),
        where: `vote.project_id = ${projectId} and vote.seq <= ${watermark} ${history ? '' : `and (vote.ended_seq is null or vote.ended_seq > ${watermark})`}`,
      }],
    };
  },
};

/** The first nine are those that an import reads. */
function columnsOf({ classes }: Project): Column[] {
  return [
    column.item('item', 'vote.item_code'),
    column.annotator('annotator', 'vote.annotator_code'),
    column.word('class', 'vote.class_index', classes),
    column.word('outcome', 'vote.outcome', outcomes),
    column.text('voteId', 'vote.vote_id'),
    column.time('time', 'vote.voted_at'),
    column.int4('durationMs', 'vote.duration_ms'),
    column.text('comment', 'vote.comment'),
    column.text('guidelineVersion', 'vote.guideline_version'),
    column.time('receivedAt', 'vote.received_at'),
  ];
}
