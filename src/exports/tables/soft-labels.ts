import { classColumn } from '../../formats/rows/tables.js';
import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { Project } from '../../projects/project.entity.js';
import type { Run } from '../../runs/run.entity.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import { findingColumns } from './findings.js';
import type { ExportTable } from './table.js';

/** In the order of item codes. A run's results never change, so that pieces fit together. */
export const softLabels: ExportTable = {
  name: 'soft-labels',
  title: 'the soft labels of a run',
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    const columns = columnsOf(project, run);
    return {
      run, isFixed: true,
      sequences: [{
        projectId: project.id, columns, from: 'soft_labels label', key: 'label.item_code',
        where: `label.project_id = ${sqlInteger(project.id)} and label.run_id = ${sqlInteger(run.id)}`,
        pieceRows: pieceRows(columns.length + project.classes.length),
      }],
    };
  },
};

function columnsOf({ classes }: Project, run: Run): Column[] {
  return [
    column.item('item', 'label.item_code'),
    column.word('label', 'label.consensus', classes),
    column.float8('confidence', 'label.confidence'),
    column.float8('entropy', 'label.entropy'),
    column.int4('votes', 'label.votes'),
    column.boolean('tie', 'label.tie'),
    column.numbers(classes.map(classColumn), 'label.probabilities'),
    ...findingColumns(run, 'item', run.itemFindings, classes, 'label.findings'),
  ];
}
