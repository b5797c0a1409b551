import type { DataSource } from 'typeorm';

/** Rows of the project that holds nearly everything. */
export const LARGE = { items: 20_000, annotators: 2_000, votes: 60_000, runs: 2_000, projects: 2_000 };

/** Until the test is done with them, nobody else analyzes these tables. */
const tables = [
  'items', 'item_counts', 'annotators', 'annotator_counts', 'votes', 'gold_answers', 'annotator_priors', 'gold_samples', 'gold_sample_items', 'soft_labels', 'label_blocks', 'live_labels', 'annotator_results', 'annotator_flags',
  'predictions', 'runs', 'projects', 'api_keys', 'audit_log', 'project_deletions', 'annotator_erasures', 'reports',
];

export async function keepStatistics(source: DataSource): Promise<void> {
  for (const table of tables) await source.query(`alter table ${table} set (autovacuum_enabled = off)`);
}

export async function forgetStatistics(source: DataSource): Promise<void> {
  for (const table of tables) {
    await source.query(`select pg_clear_relation_stats('public', $1)`, [table]);
    await source.query(`select pg_clear_attribute_stats('public', tablename, attname, inherited) from pg_stats where schemaname = 'public' and tablename = $1`, [table]);
  }
}

export async function analyze(source: DataSource): Promise<void> {
  await source.query(`analyze ${tables.join(', ')}`);
}

/**
 * Rows of a project as they come to lie in its tables, without the service's own work on each.
 * @param share of LARGE; a small project is the opposite of the large one in whatever pages are filtered by
 */
export async function fillProject(source: DataSource, project: number, share: number, isSmall: boolean): Promise<void> {
  const [N, M, V] = [LARGE.items, LARGE.annotators, LARGE.votes].map((count) => Math.ceil(count * share)) as [number, number, number];
  const run = async (sql: string) => source.query(sql.replaceAll('$P', String(project)).replaceAll('$N', String(N)).replaceAll('$M', String(M)).replaceAll('$V', String(V)));
  await run(`update project_codes set next_item_code = $N, next_annotator_code = $M where project_id = $P`);
  await run(`insert into items (project_id, code, external_id, payload) select $P, n, 'item ' || n, '{"n": 1}' from generate_series(0, $N - 1) n`);
  await run(`insert into item_counts (project_id, item_code, votes, state, flagged) select $P, n, 3, case when n % 1000 = 999 then 0 else ${isSmall ? 0 : 1} end, ${isSmall} from generate_series(0, $N - 1) n`);
  await run(`insert into annotators (project_id, code, external_id, status) select $P, n, 'annotator ' || n, ${isSmall ? `'PAUSED'` : `case when n % 500 = 499 then 'PAUSED' else 'ACTIVE' end`} from generate_series(0, $M - 1) n`);
  await run(`insert into annotator_counts (project_id, annotator_code, votes) select $P, n, 30 from generate_series(0, $M - 1) n`);
  await run(`insert into votes (project_id, item_code, annotator_code, class_index) select $P, n % $N, (n * 7 + n / $N) % $M, n % 2 from generate_series(0, $V - 1) n on conflict do nothing`);
  await run(`insert into annotator_priors (project_id, annotator_code, votes, accuracy) select $P, code, 20, 0.9 from annotators where project_id = $P`);
  await run(`insert into gold_answers (project_id, item_code, class_index, place) select $P, n, 0, random() from generate_series(0, $N / 2) n`);
  await run(`insert into annotator_erasures (project_id, annotator_code, erased_at, due_at, finished_at, next_seq, last_seq, changed) select $P, n - 1, now(), now(), now(), 0, 0, '{}' from generate_series(1, $M) n`);
  await run(`insert into gold_samples (project_id, design, size, seed, frame_items) select $P, 'UNIFORM', 1, n, 10 from generate_series(1, $M) n`);
  await run(`insert into gold_sample_items (project_id, sample_id, item_code, probability) select $P, (select max(id) from gold_samples where project_id = $P), n, 0.5 from generate_series(0, $N - 1) n`);
  await run(
    `insert into runs (project_id, method_id, method_version, options, seed, watermark, origin, make_current, status, confusion_implied, item_count)
     select $P, 'majority-vote', 1, '{}', 0, 1, 'REQUEST', true, 'SUCCEEDED', true, $N from generate_series(1, ${Math.ceil(LARGE.runs * share)})`,
  );
  await run(`update projects set current_run_id = (select max(id) from runs where project_id = $P) where id = $P`);
  for (const table of ['soft_labels', 'live_labels']) {
    await run(
      `insert into ${table} (project_id, run_id, item_code, votes, consensus, tie, confidence, entropy, probabilities)
       select $P, current_run_id, n, 3, n % 2, false, 0.5 + (n % 100) / 200.0, 0.1, '{0.25, 0.75}' from projects, generate_series(0, $N - 1) n where id = $P`,
    );
  }
  await run(
    `insert into annotator_results (project_id, run_id, annotator_code, votes, quality, accuracy, accuracy_low, accuracy_high, confusion_labels, confusion_values)
     select $P, current_run_id, n, 30, 0.5, 0.5, 0.4, 0.6, '{0, 1}', '{0.75, 0.5, 0.25, 0.5}' from projects, generate_series(0, $M - 1) n where id = $P`,
  );
  await run(
    `insert into annotator_flags (project_id, annotator_code, kind, value, threshold, explanation)
     select $P, n, ${isSmall ? `'DRIFT'` : `case when n % 500 = 499 then 'DRIFT' else 'ONE_CLASS' end`}, 1, 1, 'a flag' from generate_series(0, $M - 1) n`,
  );
  await run(`insert into prediction_models (project_id, model) values ($P, 'model')`);
  await run(`insert into prediction_versions (project_id, model, version, out_of_sample, complete, row_count, last_seq) values ($P, 'model', 'one', true, true, $N, 1)`);
  await run(`insert into predictions (seq, project_id, version_id, item_code, probabilities) select 1, $P, id, n, '{0.5, 0.5}' from prediction_versions, generate_series(0, $N - 1) n where project_id = $P`);
}

/** What a workspace has beside its projects' contents; small ones of others lie among it. */
export async function fillWorkspace(source: DataSource, workspace: number, share: number): Promise<void> {
  const count = Math.ceil(LARGE.projects * share);
  await source.query(`insert into projects (workspace_id, name, classes, default_method) select $1, 'project ' || n, '{a,b}', 'majority-vote' from generate_series(1, $2::int) n`, [workspace, count]);
  await source.query(`insert into project_deletions (workspace_id, deleted_at, purge_after, due_at, started_at, purged_at) select $1, now(), now(), now(), now(), now() from generate_series(1, $2::int) n`, [workspace, count]);
  await source.query(`insert into audit_log (workspace_id, action, detail) select $1, 'nothing', '{}' from generate_series(1, $2::int) n`, [workspace, count]);
  await source.query(
    `insert into api_keys (workspace_id, name, prefix, secret_hash, scopes) select $1::int, 'key ' || n, $1::text || 'p' || n, '\\x00', '{results:read}' from generate_series(1, $2::int) n`, [workspace, count],
  );
}
