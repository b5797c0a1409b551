/** A table with rows of projects, and what tells two rows of one project apart: the rest of its primary key. */
export interface ProjectTable {
  name: string;
  key: readonly [column: string, type: 'int2' | 'int4' | 'int8' | 'text'][];
  /** Rows deleted in one transaction. Of the usual ones 10,000 take a tenth of a second. */
  atOnce?: number;
  /** Also known by its workspace, by which its index begins. */
  byWorkspace?: boolean;
}

const LONG_ROWS = 500;

/**
 * Every table that has rows of projects, in the order in which they are purged: first what writers begin with, so that none begins any
 * more; votes, items and annotators behind all that points at them. A test compares them with the catalogue.
 */
export const projectTables: readonly ProjectTable[] = [
  { name: 'project_codes', key: [] },
  { name: 'project_queues', key: [['policy', 'text']] },
  { name: 'idempotency_keys', key: [['workspace_id', 'int4'], ['key', 'text']] },
  { name: 'api_keys', key: [['id', 'int4']], byWorkspace: true },
  { name: 'touched_items', key: [['id', 'int8']], atOnce: LONG_ROWS },
  { name: 'item_queue', key: [['generation', 'int4'], ['item_code', 'int4']] },
  { name: 'live_labels', key: [['item_code', 'int4']] },
  { name: 'leases', key: [['id', 'int8']] },
  { name: 'annotator_erasures', key: [['id', 'int8']] },
  { name: 'reliability_states', key: [] },
  { name: 'annotator_reliability', key: [['annotator_code', 'int4']] },
  { name: 'annotator_flags', key: [['id', 'int8']] },
  { name: 'run_certificates', key: [['run_id', 'int8'], ['version', 'int4']] },
  { name: 'run_advices', key: [['run_id', 'int8'], ['version', 'int4'], ['gold', 'text'], ['methods', 'text']], atOnce: LONG_ROWS },
  { name: 'label_blocks', key: [['run_id', 'int8'], ['part', 'int2'], ['block', 'int4']], atOnce: LONG_ROWS },
  { name: 'soft_labels', key: [['run_id', 'int8'], ['item_code', 'int4']] },
  { name: 'annotator_results', key: [['run_id', 'int8'], ['annotator_code', 'int4']], atOnce: LONG_ROWS },
  { name: 'runs', key: [['id', 'int8']], atOnce: LONG_ROWS },
  { name: 'reports', key: [['id', 'int8']], atOnce: LONG_ROWS },
  { name: 'annotator_priors', key: [['seq', 'int8']], atOnce: LONG_ROWS },
  { name: 'gold_sample_items', key: [['sample_id', 'int8'], ['item_code', 'int4']] },
  { name: 'gold_samples', key: [['id', 'int8']] },
  { name: 'gold_answers', key: [['seq', 'int8']] },
  { name: 'predictions', key: [['version_id', 'int4'], ['item_code', 'int4']] },
  { name: 'prediction_versions', key: [['id', 'int4']] },
  { name: 'prediction_models', key: [['model', 'text']] },
  { name: 'votes', key: [['seq', 'int8']] },
  { name: 'project_counts', key: [['stripe', 'int2']] },
  { name: 'item_counts', key: [['item_code', 'int4']] },
  { name: 'annotator_counts', key: [['annotator_code', 'int4']] },
  { name: 'items', key: [['code', 'int4']] },
  { name: 'annotators', key: [['code', 'int4']] },
  { name: 'audit_log', key: [['id', 'int8']], byWorkspace: true },
];
