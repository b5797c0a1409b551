import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { ItemState } from '../../rules/item-state.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

const states = [ItemState.OPEN, ItemState.DONE, ItemState.CONTESTED, ItemState.ADJUDICATED].map((state) => ItemState[state]);

/**
 * All items, those without votes too, in the order in which they became known. Each row is as it was when its piece was read:
 * states and counts move on while a file is written, and a snapshot for its whole length would hold back the database's own cleaning.
 */
export const items: ExportTable = {
  name: 'items',
  title: 'all items, with state, counts and payload',
  choices: [],
  async open(project) {
    const projectId = sqlInteger(project.id);
    return {
      sequences: [{
        projectId, columns, key: 'item.code',
        // Every item has counts, if of nothing. Asked for as the first from its code on, since only the primary key has that order.
        from: `items item cross join lateral (select * from item_counts where project_id = ${projectId} and item_code >= item.code order by item_code limit 1) counts`,
        where: `item.project_id = ${projectId}`,
        // A payload may have 64 KB: those of a piece have 32 MB at most.
        pieceRows: Math.min(500, pieceRows(columns.length)),
      }],
    };
  },
};

/** The first two are those that an import reads. */
const columns: readonly Column[] = [
  column.text('item', 'item.external_id'),
  column.json('payload', 'item.payload::text'),
  column.word('state', 'counts.state', states),
  column.boolean('flagged', 'counts.flagged'),
  column.int4('votes', 'counts.votes'),
  column.int4('otherOutcomes', 'counts.other_outcomes'),
  column.int4('leases', 'counts.leases'),
  column.time('createdAt', 'item.created_at'),
];
