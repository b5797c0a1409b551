import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

/** Answers as they stood at the watermark, in the order of writing; with `history`, also those that had ended. */
export const gold: ExportTable = {
  name: 'gold',
  title: 'the gold answers that stand; with history, the whole log',
  choices: ['history', 'watermark'],
  async open(project, facts, choice) {
    const projectId = sqlInteger(project.id);
    const { history } = choice;
    const asOf = await facts.watermark(project, choice);
    const watermark = sqlInteger(asOf);
    // The first three are those that an import reads.
    const columns = [
      column.item('item', 'gold.item_code'),
      column.word('class', 'gold.class_index', project.classes),
      column.text('reason', 'gold.reason'),
      column.time('receivedAt', 'gold.received_at'),
      ...(history ? [column.word('state', `case when gold.ended_seq <= ${watermark} then 1 else 0 end::int2`, ['STANDING', 'ENDED'])] : []),
    ];
    return {
      watermark: asOf, isFixed: true,
      sequences: [{
        projectId, columns, from: 'gold_answers gold', key: 'gold.seq', pieceRows: pieceRows(columns.length),
        where: `gold.project_id = ${projectId} and gold.seq <= ${watermark} ${history ? '' : `and (gold.ended_seq is null or gold.ended_seq > ${watermark})`}`,
      }],
    };
  },
};
