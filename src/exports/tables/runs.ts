import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { globalId } from '../../platform/graphql/global-id.js';
import type { Project } from '../../projects/project.entity.js';
import { column, type Column } from '../reading/column.js';
import type { ExportTable } from './table.js';

/** Every run of the project, the newest first, each as it was when its piece was read. */
export const runs: ExportTable = {
  name: 'runs',
  title: 'all runs, with what they read, how they went and their diagnostics',
  choices: [],
  async open(project) {
    return {
      sequences: [{
        projectId: project.id, columns: columnsOf(project), from: 'runs run', where: `run.project_id = ${sqlInteger(project.id)}`, key: 'run.id', descending: true,
        // Traces, priors and findings may have thousands of numbers each.
        pieceRows: 50,
      }],
    };
  },
};

const array = (sql: string) => `array_to_json(${sql})::text`;

function columnsOf({ id: projectId }: Project): Column[] {
  return [
    { names: ['run'], sql: 'run.id', read: (rows, cells) => void cells.push(globalId('Run', projectId, rows.int8())) },
    column.text('status', 'run.status'),
    column.text('origin', 'run.origin'),
    column.text('method', 'run.method_id'),
    column.int4('methodVersion', 'run.method_version'),
    column.json('options', 'run.options::text'),
    column.int8('seed', 'run.seed'),
    column.int8('watermark', 'run.watermark'),
    column.int4('attempt', 'run.attempt'),
    column.int4('items', 'run.item_count'),
    column.int4('annotators', 'run.annotator_count'),
    column.int8('votes', 'run.vote_count'),
    column.int4('gold', 'run.gold_count'),
    column.int4('iterations', 'run.iterations'),
    column.boolean('converged', 'run.converged'),
    column.int4('ties', 'run.ties'),
    column.float8('logLikelihood', 'run.log_likelihood'),
    column.json('trace', array('run.trace')),
    column.json('warnings', array('run.warnings')),
    column.json('classPriors', array('run.class_priors')),
    column.json('seconds', 'run.seconds::text'),
    column.json('findings', 'run.findings::text'),
    column.text('failure', 'run.failure'),
    column.time('createdAt', 'run.created_at'),
    column.time('startedAt', 'run.started_at'),
    column.time('finishedAt', 'run.finished_at'),
    column.time('resultsDroppedAt', 'run.results_dropped_at'),
  ];
}
