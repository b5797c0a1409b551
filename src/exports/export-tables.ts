import type { ExportTable } from './tables/table.js';
import { annotators } from './tables/annotators.js';
import { confusablePairs } from './tables/confusable-pairs.js';
import { confusionMatrices } from './tables/confusion-matrices.js';
import { gold } from './tables/gold.js';
import { items } from './tables/items.js';
import { predictions } from './tables/predictions.js';
import { runs } from './tables/runs.js';
import { softLabels } from './tables/soft-labels.js';
import { votes } from './tables/votes.js';

/** THE REGISTRY: a download is one file and one line here; its routes and the command's words follow. */
export const exportTables: readonly ExportTable[] = [
  softLabels,
  annotators,
  confusionMatrices,
  confusablePairs,
  votes,
  items,
  gold,
  predictions,
  runs,
];
