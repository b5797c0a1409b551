const acknowledgedEarly = [
  'votes are acknowledged before they are committed', 'src/platform/database/transaction.ts', 'return await this.source.transaction(work);',
  'return await new Promise<T>((resolve, reject) => { this.source.transaction(async (transaction) => { const done = await work(transaction); resolve(done); await sleep(40); return done; }).catch(reject); });',
];
const keysForgotten = ['idempotency keys are forgotten', 'src/platform/database/idempotency.ts', 'if (scope.key == null) return', 'if (scope.key == null || true) return'];

/**
 * Ways to break each promise of the fault suite: `find` in `file` becomes `replace`. Each must make the test of its promise fail;
 * else that test shows nothing. See mutate.mjs, which builds the project with one of them at a time.
 * @type {{ promise: string; breaks: string; edits: { file: string; find: string; replace: string }[] }[]}
 */
export const mutants = [
  mutant('F1', ...acknowledgedEarly),
  mutant('F2', 'results are written outside a transaction', 'src/runs/running/run.task.ts', "await client.query('begin');", ''),
  mutant('F3', 'a crash of the server is no outage', 'src/platform/outage.ts', '(08|53|57P|58|', '(08|53|58|'),
  mutant('F4', '/readyz waits for the database', 'src/platform/database/probe.ts', 'const DEADLINE_MS = 3000;', 'const DEADLINE_MS = 300_000;'),
  mutant('F4b', 'each error of an outage is told to the log', 'src/platform/database/outages.ts', 'if (!this.met) {', 'if (true) {'),
  mutant('F5', ...keysForgotten),
  mutant('F6', 'another body under the same key is answered as the first', 'src/platform/database/idempotency.ts', 'if (!hash.equals(request_hash)) throw', 'if (!hash) throw'),
  mutant('F7', "arrival decides which vote stands, not the votes' own time", 'src/aggregation/repeats.ts', 'return Number.isNaN(order) ? 0 : order;', 'return 0 * order || 0;'),
  mutant('F8', 'of votes that take the place of others the history keeps none', 'src/votes/votes.store.ts',
    'update votes set ended_seq = nextval(\'vote_ticket\'), ended_reason = $3\n    where project_id = $1 and seq = any($2::bigint[]) and ended_seq is null\n    returning',
    'delete from votes where project_id = $1 and seq = any($2::bigint[]) and ended_seq is null and $3::int2 is not null\n    returning'),
  mutant('F9', 'a watermark is read while writers are under way', 'src/runs/watermark.ts', "await lockVotes(transaction, projectId, 'exclusive');", ''),
  mutant('F10', 'the maximum is not looked at again under the lock', 'src/assignment/leases/lease-giving.ts',
    'state = 0 and votes + leases < asking.max_votes and votes + other_outcomes = seen.answers', 'seen.answers is not null'),
  mutant('F10', 'nobody waits for their turn with a capacity', 'src/assignment/next-items.service.ts', 'if (terms.capacity != null) await lockCapacity(transaction, projectId, annotator);', ''),
  mutant('F11', 'late votes are not noted', 'src/assignment/leases/leases.store.ts', 'update leases set late_vote_at = clock_timestamp()\n    where (project_id', 'update leases set late_vote_at = null\n    where (project_id'),
  mutant('F12', 'leases that are due stay', 'src/assignment/leases/leases.store.ts', "expires_at < now()`;", "expires_at < now() - interval '1 hour'`;"),
  {
    promise: 'F13', breaks: 'what a query costs is neither estimated nor counted',
    edits: [
      { file: 'src/platform/graphql/limits.ts', find: 'if (refusal) throw refusal;', replace: '' },
      { file: 'src/platform/budget.ts', find: 'if ((this.units += units) > this.limits.cost) {', replace: 'if (false && units) {' },
      { file: 'src/platform/budget.ts', find: 'if ((this.bytes += bytes) > this.limits.bytes) {', replace: 'if (false && bytes) {' },
    ],
  },
  mutant('F14', 'slow bodies are waited for', 'src/platform/http/door.ts', 'limitTime(request, reply, settings.BODY_TIMEOUT_SECONDS);', 'limitTime(request, reply, 3600);'),
  mutant('F15', 'rows need not sum to 1', 'src/predictions/prediction-row.ts', 'if (Math.abs(sum - 1) <= TOLERANCE) return null;', 'if (sum < 1e300) return null;'),
  mutant('F16', 'NUL is let in', 'src/platform/text.ts', "if (value.includes('\\0')) return", "if (value.includes('\\0\\0\\0\\0')) return"),
  mutant('F17', 'a name is put into SQL as it came', 'src/annotators/annotators.service.ts',
    'select external_id from annotators where project_id = $1 and external_id = any($2)`, [project.id, ids],', "select external_id from annotators where project_id = $1 and external_id = any(array['${ids.join('\',\'')}'])`, [project.id],"),
  mutant('F18', 'formulas are exported as they are', 'src/formats/text/formula-guard.ts', 'if (harmless.test(text)) return text;', 'if (harmless.test(text) || text) return text;'),
  mutant('F19', 'a key of one project opens all of its workspace', 'src/projects/project-access.ts', 'if (caller.projectId != null && caller.projectId !== projectId) throw absent();', ''),
  mutant('F20', 'what a revoked key began goes on', 'src/platform/key-watch.ts', 'for (const end of ends) end();', ''),
  mutant('F21', 'rows between two pieces of a download are passed over', 'src/exports/reading/pieces.ts', 'lastKey = copied.int8();', 'lastKey = copied.int8() + (count === limit - 1 ? 1 : 0);'),
  mutant('F22', 'a download goes on a byte too late', 'src/exports/exports.controller.ts', 'return asked;', 'return asked + 1;'),
  mutant('F23', 'a full disk is no outage', 'src/platform/outage.ts', '(08|53|57P|58|', '(08|57P|58|'),
  mutant('F24', 'all workspaces share one share', 'src/platform/lanes/callers.ts', 'usage: usageOf(this.workspaces, principal.workspaceId)', 'usage: usageOf(this.workspaces, 0)'),
  mutant('F25', "leases go by the clock of the process", 'src/assignment/leases/lease-giving.ts',
    "select project, item, annotator, clock_timestamp() + seconds * interval '1 second'", "select project, item, annotator, to_timestamp(${Date.now() / 1000}) + seconds * interval '1 second'"),
  mutant('F26', ...keysForgotten),
  mutant('F27', 'the entropy of a certain label is 0 log 0', 'src/aggregation/numeric/simplex.ts', 'if (p > 0) sum -= p * Math.log(p);', 'sum -= p * Math.log(p);'),
  mutant('F28', 'votes that are taken back stay in the counts of items', 'src/votes/votes.store.ts', "per_item as (${subtractCounts('item')}),", ''),
  mutant('F29', ...acknowledgedEarly),
  mutant('F30', 'a place in a lane is not given back', 'src/platform/lanes/fair-gate.ts', 'this.take(tenant, -wanted);', ''),
];

function mutant(promise, breaks, file, find, replace) {
  return { promise, breaks, edits: [{ file, find, replace }] };
}
