import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { classColumn } from '../../formats/rows/tables.js';
import type { CellValue } from '../../formats/text/writer.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

/**
 * One row for each class that an annotator voted for: P(vote | true class) for each true class. Rows that are not there are
 * of classes never voted for. An annotator's matrix is read whole: K x K numbers at most.
 */
export const confusionMatrices: ExportTable = {
  name: 'confusion-matrices',
  title: "annotators' confusion matrices by a run",
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    const { classes } = project;
    const implied = await facts.confusionImplied(run);
    return {
      run, isFixed: true,
      columns: ['annotator', 'vote', 'implied', ...classes.map(classColumn)],
      sequences: [{
        projectId: project.id, columns: matrix, from: 'annotator_results result', key: 'result.annotator_code',
        where: `result.project_id = ${sqlInteger(project.id)} and result.run_id = ${sqlInteger(run.id)} and result.confusion_labels is not null`,
        pieceRows: pieceRows(classes.length ** 2),
      }],
      expand: ([annotator, size, ...numbers]) => {
        const labels = numbers.slice(0, size as number) as number[];
        return labels.map((label, row): CellValue[] => {
          const from = labels.length + row * classes.length;
          return [annotator, classes[label], implied, ...numbers.slice(from, from + classes.length)];
        });
      },
    };
  },
};

/** How many labels there are, the labels, and for each of them K numbers: as many cells as there are, whatever the names. */
const matrix: readonly Column[] = [
  column.annotator('annotator', 'result.annotator_code'),
  {
    names: ['labels'], sql: 'result.confusion_labels',
    read: (rows, cells) => {
      const labels = rows.int4s();
      cells.push(labels.length, ...labels);
    },
  },
  {
    names: ['values'], sql: 'result.confusion_values',
    read: (rows, cells) => rows.float8sTo(cells),
  },
];
