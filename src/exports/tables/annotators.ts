import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { Project } from '../../projects/project.entity.js';
import type { Run } from '../../runs/run.entity.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import { findingColumns } from './findings.js';
import type { ExportTable } from './table.js';

/** In the order of annotator codes. */
export const annotators: ExportTable = {
  name: 'annotators',
  title: 'what a run says of annotators',
  choices: ['run'],
  async open(project, facts, choice) {
    const run = await facts.run(project, choice);
    const columns = columnsOf(project, run);
    const projectId = sqlInteger(project.id);
    return {
      run,
      sequences: [{
        projectId, columns, key: 'result.annotator_code',
        from: `annotator_results result join annotators annotator on annotator.project_id = ${projectId} and annotator.code = result.annotator_code`,
        where: `result.project_id = ${projectId} and result.run_id = ${sqlInteger(run.id)}`,
        pieceRows: pieceRows(columns.length),
      }],
    };
  },
};

function columnsOf({ classes }: Project, run: Run): Column[] {
  return [
    column.text('annotator', 'annotator.external_id'),
    column.text('kind', 'annotator.kind'),
    column.int4('votes', 'result.votes'),
    column.float8('quality', 'result.quality'),
    column.float8('accuracy', 'result.accuracy'),
    column.float8('accuracy_low', 'result.accuracy_low'),
    column.float8('accuracy_high', 'result.accuracy_high'),
    ...findingColumns(run, 'annotator', run.annotatorFindings, classes, 'result.findings'),
  ];
}
