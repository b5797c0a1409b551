import type { ExportTable } from './tables/table.js';
import { annotators } from './tables/annotators.js';
import { softLabels } from './tables/soft-labels.js';
import { votes } from './tables/votes.js';

/** THE REGISTRY: a download is one file and one line here; its routes and the command's words follow. */
export const exportTables: readonly ExportTable[] = [
  softLabels,
  annotators,
  votes,
];
