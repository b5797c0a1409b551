import { bestClass, entropy, tiedClasses } from '../../aggregation/index.js';
import { classColumn } from '../../formats/rows/tables.js';
import type { CellValue } from '../../formats/text/writer.js';
import { readRecord } from '../../results/label-record.js';
import { findingsOfItems, readLabelsBehind, type FoundNumber } from '../../results/stored-labels.js';
import type { Project } from '../../projects/project.entity.js';
import type { Run } from '../../runs/run.entity.js';
import type { Known } from '../reading/names.js';
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

/** The records of some items where they lie. An object each would cost more than all else: the next two pieces are held while one is written. */
interface Records {
  items: number[];
  views: DataView[];
  begins: number[];
  ends: number[];
}

function labelsOf({ id: projectId, classes }: Project, run: Run): BlockSequence {
  const K = classes.length;
  const key = { projectId, runId: run.id };
  const found = findingCells(run, 'item', run.itemFindings, classes);
  const names = ['label', 'confidence', 'entropy', 'votes', 'tie', ...classes.map(classColumn), ...found.names];
  const most = pieceRows(names.length);
  const probabilities = new Float64Array(K);
  return {
    projectId,
    columns: [{ names: ['item', ...names] }],
    async readPiece(after, read) {
      const records: Records = { items: [], views: [], begins: [], ends: [] };
      const { items } = records;
      const lastKey = await readLabelsBehind(read, key, after ?? -1, most, (item, view, begin, end) => {
        items.push(item);
        records.views.push(view);
        records.begins.push(begin);
        records.ends.push(end);
      });
      if (lastKey == null) return null;
      const numbers = found.names.length > 0 && items.length > 0 ? await findingsOfItems(read, key, run.itemFindings!.length, items[0]!, items.at(-1)! + 1) : null;
      return { items, lastKey, rows: (ids) => rowsOf(records, ids, numbers) };
    },
  };

  function* rowsOf({ items, views, begins, ends }: Records, ids: Known, numbers: FoundNumber | null): Generator<CellValue[]> {
    const cells: CellValue[] = [];
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const votes = readRecord(views[i]!, begins[i]!, ends[i]!, probabilities, 0, K);
      const best = bestClass(probabilities, 0, K);
      cells.length = 0;
      cells.push(ids.get(item), classes[best], probabilities[best], entropy(probabilities, 0, K), votes, tiedClasses(probabilities, 0, K) > 1);
      for (let k = 0; k < K; k++) cells.push(probabilities[k]);
      if (numbers) found.write((place) => numbers(place, item), cells);
      yield cells;
    }
  }
}
