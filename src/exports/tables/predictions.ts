import { classColumn } from '../../formats/rows/tables.js';
import { sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { VersionFacts } from '../../predictions/prediction-models.service.js';
import type { Project } from '../../projects/project.entity.js';
import { column, type Column } from '../reading/column.js';
import { pieceRows } from '../reading/pieces.js';
import type { ExportTable } from './table.js';

/** Version by version, in the order of item codes. Rows never change; those that come after the watermark are not shown. */
export const predictions: ExportTable = {
  name: 'predictions',
  title: "models' predictions: of each active model the version that runs read",
  choices: ['model', 'version', 'watermark'],
  async open(project, facts, choice) {
    const projectId = sqlInteger(project.id);
    const versions = await facts.versions(project, choice);
    const asOf = await facts.watermark(project, choice);
    const watermark = sqlInteger(asOf);
    const names = ['item', 'model', 'version', ...classColumns(project)];
    return {
      columns: names,
      // Which versions are read may change, unless one is named.
      watermark: asOf, isFixed: choice.version != null,
      sequences: versions.map((version) => ({
        projectId, columns: columnsOf(project, version), from: 'predictions prediction', key: 'prediction.item_code', pieceRows: pieceRows(names.length),
        where: `prediction.project_id = ${projectId} and prediction.version_id = ${sqlInteger(version.id)} and prediction.seq <= ${watermark}`,
      })),
    };
  },
};

const classColumns = ({ classes }: Project) => classes.map(classColumn);

/** Item and probabilities are what an import reads. */
function columnsOf(project: Project, { model, version }: VersionFacts): Column[] {
  return [
    column.item('item', 'prediction.item_code'),
    column.constant('model', model),
    column.constant('version', version),
    column.numbers(classColumns(project), 'prediction.probabilities'),
  ];
}
