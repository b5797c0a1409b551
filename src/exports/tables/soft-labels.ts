import { bestClass, entropy, tiedClasses } from '../../aggregation/index.js';
import { classColumn } from '../../formats/rows/tables.js';
import type { CellValue } from '../../formats/text/writer.js';
import { readRecord } from '../../results/label-record.js';
import { findingsOfItems, readLabelsBehind } from '../../results/stored-labels.js';
import type { Project } from '../../projects/project.entity.js';
import type { Run } from '../../runs/run.entity.js';
import { pieceRows, type BlockSequence } from '../reading/pieces.js';
import { findingCells } from './findings.js';
import type { ExportTable } from './table.js';

/** In the order of item codes. A run's results never change, so that pieces fit together. */
export const softLabels: ExportTable = {
  name: 'soft-labels',
  title: 'the soft labels of a run',
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    await facts.labelsReady(run);
    return { run, isFixed: true, sequences: [labelsOf(project, run)] };
  },
};

function labelsOf({ id: projectId, classes }: Project, run: Run): BlockSequence {
  const K = classes.length;
  const key = { projectId, runId: run.id };
  const found = findingCells(run, 'item', run.itemFindings, classes);
  const names = ['label', 'confidence', 'entropy', 'votes', 'tie', ...classes.map(classColumn), ...found.names];
  const most = pieceRows(names.length);
  const probabilities = new Float64Array(K);
  return {
    projectId,
    columns: [{ names: ['item'], dictionary: 'items' }, { names }],
    async readPiece(after, read) {
      const rows: CellValue[][] = [];
      const last = await readLabelsBehind(read, key, after ?? -1, most, (item, view, at, end) => {
        const votes = readRecord(view, at, end, probabilities, 0, K);
        const best = bestClass(probabilities, 0, K);
        const cells: CellValue[] = [item, classes[best]!, probabilities[best]!, entropy(probabilities, 0, K), votes, tiedClasses(probabilities, 0, K) > 1];
        for (let k = 0; k < K; k++) cells.push(probabilities[k]);
        rows.push(cells);
      });
      if (last == null) return null;
      if (found.names.length > 0 && rows.length > 0) {
        const numbers = await findingsOfItems(read, key, run.itemFindings!.length, rows[0]![0] as number, rows.at(-1)![0] as number + 1);
        for (const cells of rows) {
          const item = cells[0] as number;
          found.write((place) => numbers(place, item), cells);
        }
      }
      return { rows, lastKey: last };
    },
  };
}
