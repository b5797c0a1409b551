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
        // Every code is there. Asked for as the first from it on, since only the primary key has that order: by equality any index of the project would do.
        from: `annotator_results result
          cross join lateral (select * from annotators where project_id = ${projectId} and code >= result.annotator_code order by code limit 1) annotator`,
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
