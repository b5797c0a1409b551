import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { confusionColumns, confusionRow } from '../../formats/rows/confusion.js';
import { matrixOf } from '../../results/packed-matrix.js';
import { wilsonInterval } from '../../runs/results/accuracy.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

/**
 * One row for each class that an annotator voted for: P(vote | true class) for each true class, and where the method tells how sure
 * it is the ends of the 95% intervals. Rows that are not there are of classes never voted for. An annotator's matrix is read whole:
 * K x K numbers at most.
 */
export const confusionMatrices: ExportTable = {
  name: 'confusion-matrices',
  title: "annotators' confusion matrices by a run",
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    const { classes } = project;
    const K = classes.length;
    const { implied, hasEvidence } = await facts.confusion(run);
    return {
      run, isFixed: true,
      columns: ['annotator', 'vote', 'implied', ...confusionColumns(classes, hasEvidence)],
      sequences: [{
        projectId: project.id, columns: hasEvidence ? [...matrixOfK(K), evidence] : matrixOfK(K), from: 'annotator_results result', key: 'result.annotator_code',
        where: `result.project_id = ${sqlInteger(project.id)} and result.run_id = ${sqlInteger(run.id)} and result.confusion_labels is not null`,
        pieceRows: pieceRows((hasEvidence ? 3 : 1) * K ** 2),
      }],
      expand: ([annotator, size, ...numbers]) => {
        const labels = numbers.slice(0, size as number) as number[];
        const behind = hasEvidence ? (numbers.slice(-K) as number[]) : null;
        return labels.map((label, row) => {
          const from = labels.length + row * K;
          return [annotator, classes[label], implied, ...confusionRow(numbers.slice(from, from + K) as number[], behind, wilsonInterval)];
        });
      },
    };
  },
};

/** How many labels there are, the labels, and for each of them K numbers: as many cells as there are, whatever the names. */
const matrixOfK = (K: number): readonly Column[] => [
  column.annotator('annotator', 'result.annotator_code'),
  {
    names: ['labels'], sql: 'result.confusion_labels',
    read: (rows, cells) => {
      const labels = rows.int4s();
      cells.push(labels.length, ...labels);
    },
  },
  {
    names: ['values'], sql: 'result.confusion_values, result.confusion_starts, result.confusion_rows',
    read: (rows, cells) => {
      const values = rows.isNull() ? null : rows.float8s();
      const starts = rows.isNull() ? null : rows.int4s();
      const bytes = rows.isNull() ? null : rows.raw();
      for (const number of matrixOf({ values, starts, bytes }, K)!) cells.push(number);
    },
  },
];

/** K numbers. */
const evidence = column.numbers(['evidence'], 'result.confusion_evidence');
