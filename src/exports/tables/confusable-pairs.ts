import { Json, type CellValue } from '../../formats/text/writer.js';
import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { conflict } from '../../platform/errors.js';
import { column } from '../reading/column.js';
import type { ExportTable } from './table.js';

const EXAMPLES = 5;

/** Those first that cost most. A run keeps its pairs in its own row, so that a piece reads that row again: 1,000 pairs are 100 kB. */
export const confusablePairs: ExportTable = {
  name: 'confusable-pairs',
  title: 'the classes that the crowd takes for each other, by a run of method top-two',
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    if (!run.itemFindings?.includes('confusionProbability')) {
      throw conflict(`the run is of method ${run.methodId}, which does not find the two answers that items are between; a run of method top-two does`);
    }
    const { classes } = project;
    const ofPair = (name: string) => `(pair.found->>'${name}')`;
    return {
      run, isFixed: true,
      columns: ['first', 'second', 'items', 'mean_confusion', 'matrix_confusion', 'examples'],
      sequences: [{
        projectId: project.id,
        columns: [
          column.word('first', `${ofPair('first')}::int2`, classes),
          column.word('second', `${ofPair('second')}::int2`, classes),
          column.int4('items', `${ofPair('items')}::int4`),
          column.float8('mean_confusion', `${ofPair('meanConfusion')}::float8`),
          column.float8('matrix_confusion', `run.pooled_values[(array_position(run.pooled_labels, ${ofPair('second')}::int4) - 1) * ${sqlInteger(classes.length)} + ${ofPair('first')}::int4 + 1]`),
          ...Array.from({ length: EXAMPLES }, (_, i) => column.item(`example_${i}`, `(pair.found->'examples'->>${i})::int4`)),
        ],
        from: 'runs run cross join lateral jsonb_array_elements(run.confusable_pairs) with ordinality pair (found, place)',
        where: `run.project_id = ${sqlInteger(project.id)} and run.id = ${sqlInteger(run.id)}`,
        key: 'pair.place',
        pieceRows: 4000,
      }],
      expand: (cells): CellValue[][] => [[...cells.slice(0, -EXAMPLES), new Json(JSON.stringify(cells.slice(-EXAMPLES).filter((id) => id != null)))]],
    };
  },
};
