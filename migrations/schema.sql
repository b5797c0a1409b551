-- The tables that the migrations make, read from the catalogue. A test compares; see test/api/schema.test.ts.

create table annotator_counts (
  project_id integer not null,
  annotator_code integer not null,
  votes integer not null default 0,
  other_outcomes integer not null default 0,
  constraint annotator_counts_other_outcomes_check CHECK ((other_outcomes >= 0)),
  constraint annotator_counts_pkey PRIMARY KEY (project_id, annotator_code),
  constraint annotator_counts_votes_check CHECK ((votes >= 0))
);

create table annotator_erasures (
  project_id integer not null,
  id bigint not null generated always as identity,
  annotator_code integer not null,
  erased_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  next_seq bigint not null,
  last_seq bigint not null,
  changed jsonb not null,
  constraint annotator_erasures_pkey PRIMARY KEY (project_id, id)
);
CREATE INDEX annotator_erasures_due ON public.annotator_erasures USING btree (due_at) WHERE (finished_at IS NULL);

create table annotator_flags (
  since timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  dismissed_at timestamp with time zone,
  id bigint not null generated always as identity,
  value double precision not null,
  threshold double precision not null,
  project_id integer not null,
  annotator_code integer not null,
  kind text not null,
  explanation text not null,
  constraint annotator_flags_kind_check CHECK ((kind = ANY (ARRAY['BELOW_CHANCE'::text, 'CHANCE_AGREEMENT'::text, 'ONE_CLASS'::text, 'TOO_FAST'::text, 'DRIFT'::text]))),
  constraint annotator_flags_pkey PRIMARY KEY (project_id, id)
);
CREATE INDEX annotator_flags_raised ON public.annotator_flags USING btree (project_id, kind, annotator_code) WHERE ((ended_at IS NULL) AND (dismissed_at IS NULL));
CREATE UNIQUE INDEX annotator_flags_standing ON public.annotator_flags USING btree (project_id, annotator_code, kind) WHERE (ended_at IS NULL);

create table annotator_priors (
  seq bigint not null default nextval('vote_ticket'::regclass),
  received_at timestamp with time zone not null default clock_timestamp(),
  ended_seq bigint,
  votes double precision not null,
  accuracy double precision,
  from_run bigint,
  project_id integer not null,
  annotator_code integer not null,
  from_project integer,
  api_key_id integer,
  truths smallint[],
  labels smallint[],
  counts double precision[],
  reason text,
  constraint annotator_priors_counts_check CHECK (((cardinality(truths) = cardinality(counts)) AND (cardinality(labels) = cardinality(counts)))),
  constraint annotator_priors_kind_check CHECK (((accuracy IS NULL) <> (counts IS NULL))),
  constraint annotator_priors_pkey PRIMARY KEY (project_id, seq),
  constraint annotator_priors_votes_check CHECK ((votes > (0)::double precision))
);
CREATE INDEX annotator_priors_ended ON public.annotator_priors USING btree (project_id, ended_seq) WHERE (ended_seq IS NOT NULL);
CREATE UNIQUE INDEX annotator_priors_standing ON public.annotator_priors USING btree (project_id, annotator_code) WHERE (ended_seq IS NULL);

create table annotator_reliability (
  agreement double precision,
  chance double precision,
  informedness double precision,
  accuracy double precision,
  accuracy_low double precision,
  accuracy_high double precision,
  gold_accuracy double precision,
  gold_accuracy_low double precision,
  gold_accuracy_high double precision,
  top_class_share double precision,
  median_seconds double precision,
  recent_accuracy double precision,
  project_id integer not null,
  annotator_code integer not null,
  votes integer not null,
  gold_votes integer not null,
  timed_votes integer not null,
  recent_votes integer not null,
  skips integer not null,
  top_class smallint,
  constraint annotator_reliability_pkey PRIMARY KEY (project_id, annotator_code)
);

create table annotator_results (
  project_id integer not null,
  run_id bigint not null,
  annotator_code integer not null,
  votes integer not null,
  quality double precision,
  accuracy double precision,
  accuracy_low double precision,
  accuracy_high double precision,
  confusion_labels integer[],
  confusion_values double precision[],
  findings double precision[],
  confusion_evidence double precision[],
  confusion_starts integer[],
  confusion_rows bytea,
  constraint annotator_results_pkey PRIMARY KEY (project_id, run_id, annotator_code)
);

create table annotators (
  project_id integer not null,
  code integer not null,
  external_id text collate "C" not null,
  kind text not null default 'HUMAN'::text,
  created_at timestamp with time zone not null default now(),
  status text not null default 'ACTIVE'::text,
  status_reason text,
  status_at timestamp with time zone,
  cost double precision not null default 1,
  capacity integer,
  status_votes integer,
  constraint annotators_capacity_check CHECK ((capacity >= 0)),
  constraint annotators_cost_check CHECK (((cost > (0)::double precision) AND (cost < 'Infinity'::double precision))),
  constraint annotators_external_id_check CHECK (((octet_length(external_id) >= 1) AND (octet_length(external_id) <= 1024))),
  constraint annotators_kind_check CHECK ((kind = ANY (ARRAY['HUMAN'::text, 'MODEL'::text]))),
  constraint annotators_pkey PRIMARY KEY (project_id, code),
  constraint annotators_project_id_external_id_key UNIQUE (project_id, external_id),
  constraint annotators_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'BLOCKED'::text])))
);
CREATE INDEX annotators_by_status ON public.annotators USING btree (project_id, status, code) WHERE ((code >= 0) AND (status > ''::text));

create table api_keys (
  id integer not null generated always as identity,
  workspace_id integer not null,
  project_id integer,
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  annotator text,
  previous_prefix text,
  previous_secret_hash bytea,
  previous_ends_at timestamp with time zone,
  calls_per_minute integer,
  constraint api_keys_annotator_check CHECK (((annotator IS NULL) OR ((project_id IS NOT NULL) AND (scopes <@ ARRAY['votes:write'::text, 'assignment'::text])))),
  constraint api_keys_calls_per_minute CHECK ((calls_per_minute > 0)),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_prefix_key UNIQUE (prefix),
  constraint api_keys_previous_check CHECK ((((previous_prefix IS NULL) = (previous_secret_hash IS NULL)) AND ((previous_prefix IS NULL) = (previous_ends_at IS NULL)))),
  constraint api_keys_previous_prefix_key UNIQUE (previous_prefix),
  constraint api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE INDEX api_keys_by_workspace ON public.api_keys USING btree (workspace_id, id);

create table audit_log (
  id bigint not null generated always as identity,
  workspace_id integer not null,
  project_id integer,
  api_key_id integer,
  action text not null,
  detail jsonb not null,
  request_id text,
  at timestamp with time zone not null default now(),
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_workspace ON public.audit_log USING btree (workspace_id, id);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table gold_answers (
  seq bigint not null default nextval('vote_ticket'::regclass),
  received_at timestamp with time zone not null default clock_timestamp(),
  ended_seq bigint,
  place double precision not null,
  project_id integer not null,
  item_code integer not null,
  api_key_id integer,
  class_index smallint not null,
  reason text,
  constraint gold_answers_class_index_check CHECK ((class_index >= 0)),
  constraint gold_answers_pkey PRIMARY KEY (project_id, seq)
);
CREATE INDEX gold_answers_by_place ON public.gold_answers USING btree (place) INCLUDE (project_id, item_code) WHERE (ended_seq IS NULL);
CREATE INDEX gold_answers_ended ON public.gold_answers USING btree (project_id, ended_seq) WHERE (ended_seq IS NOT NULL);
CREATE UNIQUE INDEX gold_answers_standing ON public.gold_answers USING btree (project_id, item_code) WHERE (ended_seq IS NULL);

create table gold_sample_items (
  sample_id bigint not null,
  probability double precision not null,
  project_id integer not null,
  item_code integer not null,
  constraint gold_sample_items_pkey PRIMARY KEY (project_id, sample_id, item_code),
  constraint gold_sample_items_probability_check CHECK (((probability > (0)::double precision) AND (probability <= (1)::double precision)))
);

create table gold_samples (
  created_at timestamp with time zone not null default now(),
  id bigint not null generated always as identity,
  seed bigint not null,
  run_id bigint,
  project_id integer not null,
  size integer not null,
  frame_items integer not null,
  api_key_id integer,
  design text not null,
  constraint gold_samples_check CHECK ((frame_items >= size)),
  constraint gold_samples_design_check CHECK ((design = ANY (ARRAY['UNIFORM'::text, 'UNCERTAINTY'::text]))),
  constraint gold_samples_pkey PRIMARY KEY (project_id, id),
  constraint gold_samples_size_check CHECK ((size > 0))
);

create table idempotency_keys (
  project_id integer not null,
  workspace_id integer not null,
  key text not null,
  request_hash bytea not null,
  response jsonb,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_keys_pkey PRIMARY KEY (project_id, workspace_id, key)
);
CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);

create table item_counts (
  project_id integer not null,
  item_code integer not null,
  votes integer not null default 0,
  other_outcomes integer not null default 0,
  leases integer not null default 0,
  state smallint not null default 0,
  flagged boolean not null default false,
  constraint item_counts_leases_check CHECK ((leases >= 0)),
  constraint item_counts_other_outcomes_check CHECK ((other_outcomes >= 0)),
  constraint item_counts_pkey PRIMARY KEY (project_id, item_code),
  constraint item_counts_state_check CHECK (((state >= 0) AND (state <= 3))),
  constraint item_counts_votes_check CHECK ((votes >= 0))
);
CREATE INDEX item_counts_by_state ON public.item_counts USING btree (project_id, state, flagged, item_code) WHERE ((item_code >= 0) AND (state >= 0));

create table item_queue (
  priority double precision not null,
  score double precision not null,
  project_id integer not null,
  generation integer not null,
  item_code integer not null,
  strategy text not null,
  constraint item_queue_pkey PRIMARY KEY (project_id, generation, item_code)
);
CREATE INDEX item_queue_order ON public.item_queue USING btree (project_id, generation, priority, item_code);

create table items (
  project_id integer not null,
  code integer not null,
  external_id text collate "C" not null,
  payload jsonb,
  created_at timestamp with time zone not null default now(),
  constraint items_external_id_check CHECK (((octet_length(external_id) >= 1) AND (octet_length(external_id) <= 1024))),
  constraint items_pkey PRIMARY KEY (project_id, code),
  constraint items_project_id_external_id_key UNIQUE (project_id, external_id)
);

create table label_blocks (
  run_id bigint not null,
  first double precision,
  project_id integer not null,
  block integer not null,
  first_item integer,
  part smallint not null,
  starts integer[],
  bytes bytea not null,
  constraint label_blocks_pkey PRIMARY KEY (project_id, run_id, part, block)
);
CREATE INDEX label_blocks_by_first ON public.label_blocks USING btree (project_id, run_id, part, first, first_item) WHERE (first IS NOT NULL);

create table leases (
  leased_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  late_vote_at timestamp with time zone,
  id bigint not null generated always as identity,
  score double precision,
  project_id integer not null,
  item_code integer not null,
  annotator_code integer not null,
  votes integer not null,
  ended_by smallint,
  is_gold boolean not null default false,
  strategy text not null,
  constraint leases_check CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
  constraint leases_ended_by_check CHECK (((ended_by >= 1) AND (ended_by <= 4))),
  constraint leases_pkey PRIMARY KEY (project_id, id)
);
CREATE INDEX leases_by_expiry ON public.leases USING btree (expires_at) WHERE ((ended_at IS NULL) AND (expires_at > '-infinity'::timestamp with time zone));
CREATE INDEX leases_expired ON public.leases USING btree (project_id, annotator_code, item_code) WHERE (ended_by = 4);
CREATE INDEX leases_late ON public.leases USING btree (project_id, item_code, annotator_code) WHERE (late_vote_at IS NOT NULL);
CREATE UNIQUE INDEX leases_live ON public.leases USING btree (project_id, annotator_code, item_code) WHERE (ended_at IS NULL);

create table live_labels (
  confidence double precision not null,
  entropy double precision not null,
  run_id bigint not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  project_id integer not null,
  item_code integer not null,
  votes integer not null,
  consensus smallint not null,
  tie boolean not null,
  probabilities double precision[] not null,
  constraint live_labels_pkey PRIMARY KEY (project_id, item_code)
);

create table prediction_models (
  project_id integer not null,
  pinned_version integer,
  active boolean not null default true,
  model text collate "C" not null,
  constraint prediction_models_pkey PRIMARY KEY (project_id, model)
);

create table prediction_versions (
  created_at timestamp with time zone not null default clock_timestamp(),
  training_watermark bigint,
  changes_before bigint,
  last_seq bigint,
  project_id integer not null,
  id integer not null generated always as identity,
  row_count integer not null default 0,
  out_of_sample boolean not null,
  complete boolean not null default false,
  model text collate "C" not null,
  version text collate "C" not null,
  constraint prediction_versions_check CHECK (((training_watermark IS NULL) = (changes_before IS NULL))),
  constraint prediction_versions_pkey PRIMARY KEY (project_id, id),
  constraint prediction_versions_project_id_model_version_key UNIQUE (project_id, model, version),
  constraint prediction_versions_row_count_check CHECK ((row_count >= 0))
);

create table predictions (
  seq bigint not null,
  project_id integer not null,
  version_id integer not null,
  item_code integer not null,
  probabilities double precision[] not null,
  constraint predictions_pkey PRIMARY KEY (project_id, version_id, item_code)
);

create table project_codes (
  project_id integer not null,
  next_item_code integer not null default 0,
  next_annotator_code integer not null default 0,
  constraint project_codes_pkey PRIMARY KEY (project_id)
);

create table project_counts (
  project_id integer not null,
  stripe smallint not null,
  votes bigint not null default 0,
  other_outcomes bigint not null default 0,
  ended bigint not null default 0,
  constraint project_counts_pkey PRIMARY KEY (project_id, stripe)
);

create table project_deletions (
  id integer not null generated always as identity,
  workspace_id integer not null,
  project_id integer,
  project jsonb,
  touched integer[] not null default '{}'::integer[],
  api_key_id integer,
  deleted_at timestamp with time zone not null,
  purge_after timestamp with time zone not null,
  started_at timestamp with time zone,
  due_at timestamp with time zone not null,
  purged_at timestamp with time zone,
  removed jsonb not null default '{}'::jsonb,
  constraint project_deletions_pkey PRIMARY KEY (id),
  constraint project_deletions_project_id_key UNIQUE (project_id),
  constraint project_deletions_purged CHECK (((project_id IS NULL) = (purged_at IS NOT NULL))),
  constraint project_deletions_whole CHECK (((project IS NULL) = (started_at IS NOT NULL)))
);
CREATE INDEX project_deletions_by_workspace ON public.project_deletions USING btree (workspace_id, id);
CREATE INDEX project_deletions_due ON public.project_deletions USING btree (due_at) WHERE (purged_at IS NULL);

create table project_queues (
  project_id integer not null,
  policy text not null,
  generation integer not null default nextval('queue_generation'::regclass),
  building integer,
  scoring_version bigint,
  run_id bigint,
  scored_at timestamp with time zone,
  asked_at timestamp with time zone not null default clock_timestamp(),
  mean_gain double precision,
  seconds jsonb,
  context jsonb,
  length integer not null default 100000,
  changes bigint,
  last_priority double precision,
  last_item integer,
  constraint project_queues_check CHECK (((last_priority IS NULL) = (last_item IS NULL))),
  constraint project_queues_length_check CHECK ((length > 0)),
  constraint project_queues_pkey PRIMARY KEY (project_id, policy)
);

create table projects (
  id integer not null generated always as identity,
  workspace_id integer not null,
  name text not null,
  classes text[] not null,
  repeat_policy text not null default 'KEEP_LAST'::text,
  create_unknown_items boolean not null default true,
  create_unknown_annotators boolean not null default true,
  default_method text not null,
  default_options jsonb not null default '{}'::jsonb,
  rerun_every_votes integer,
  rerun_every_seconds integer,
  current_run_id bigint,
  archived_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  min_votes integer not null default 1,
  max_votes integer not null default 3,
  confidence double precision,
  policy text not null default 'auto'::text,
  lease_seconds integer not null default 900,
  gold_rate double precision not null default 0,
  exploration_share double precision not null default 0.1,
  overlap_share double precision not null default 0.15,
  allow_repeats boolean not null default false,
  budget double precision,
  stop_below_gain double precision,
  done_rule text,
  priority_rule text,
  flag_rule text,
  pause_rule text,
  scoring_version bigint not null default 0,
  live_run_id bigint,
  prediction_stale_votes integer not null default 1000,
  annotator_erasures integer not null default 0,
  constraint projects_budget_check CHECK ((budget >= (0)::double precision)),
  constraint projects_classes_check CHECK (((cardinality(classes) >= 2) AND (cardinality(classes) <= 10000))),
  constraint projects_confidence_check CHECK (((confidence > (0)::double precision) AND (confidence <= (1)::double precision))),
  constraint projects_exploration_share_check CHECK (((exploration_share >= (0)::double precision) AND (exploration_share <= (1)::double precision))),
  constraint projects_gold_rate_check CHECK (((gold_rate >= (0)::double precision) AND (gold_rate <= (1)::double precision))),
  constraint projects_lease_seconds_check CHECK (((lease_seconds >= 1) AND (lease_seconds <= 604800))),
  constraint projects_max_votes_check CHECK (((max_votes >= 1) AND (max_votes <= 10000))),
  constraint projects_min_max_votes CHECK ((min_votes <= max_votes)),
  constraint projects_min_votes_check CHECK (((min_votes >= 1) AND (min_votes <= 10000))),
  constraint projects_overlap_share_check CHECK (((overlap_share >= (0)::double precision) AND (overlap_share <= (1)::double precision))),
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_prediction_stale_votes_check CHECK ((prediction_stale_votes >= 0)),
  constraint projects_repeat_policy_check CHECK ((repeat_policy = ANY (ARRAY['KEEP_LAST'::text, 'KEEP_FIRST'::text, 'REJECT'::text, 'KEEP_ALL'::text]))),
  constraint projects_rerun_every_seconds_check CHECK ((rerun_every_seconds >= 1)),
  constraint projects_rerun_every_votes_check CHECK ((rerun_every_votes >= 1)),
  constraint projects_stop_below_gain_check CHECK ((stop_below_gain >= (0)::double precision)),
  constraint projects_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE INDEX projects_by_workspace ON public.projects USING btree (workspace_id, id);

create table reliability_states (
  requested_at timestamp with time zone not null,
  evaluated_at timestamp with time zone,
  run_id bigint,
  changes bigint,
  gold_seq bigint,
  seconds double precision,
  project_id integer not null,
  pause_rule text,
  constraint reliability_states_pkey PRIMARY KEY (project_id)
);

create table reports (
  id bigint not null generated always as identity,
  project_id integer not null,
  kind text not null,
  version integer not null,
  request jsonb not null,
  key text not null,
  watermark bigint not null,
  item_count integer not null,
  annotator_count integer not null,
  status text not null,
  attempt integer not null default 0,
  fence uuid,
  lease_until timestamp with time zone,
  failure text,
  result jsonb,
  directory jsonb,
  pages bytea,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  used_at timestamp with time zone not null,
  constraint reports_key_key UNIQUE (project_id, key),
  constraint reports_pkey PRIMARY KEY (project_id, id),
  constraint reports_status_check CHECK ((status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);
CREATE INDEX reports_by_use ON public.reports USING btree (used_at);
CREATE INDEX reports_unfinished ON public.reports USING btree (project_id) WHERE (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]));

create table run_advices (
  run_id bigint not null,
  made_at timestamp with time zone not null default clock_timestamp(),
  project_id integer not null,
  version integer not null,
  gold text not null,
  methods text not null,
  advice jsonb not null,
  constraint run_advices_pkey PRIMARY KEY (project_id, run_id, version, gold, methods)
);

create table run_certificates (
  run_id bigint not null,
  holds double precision,
  refuted double precision,
  regret_mean double precision,
  regret_low double precision,
  regret_high double precision,
  tie_rate double precision,
  project_id integer not null,
  version integer not null,
  voted_items integer not null,
  evaluated_items integer not null,
  draws integer not null,
  verdict text not null,
  assumption text not null,
  advice text not null,
  constraint run_certificates_pkey PRIMARY KEY (project_id, run_id, version),
  constraint run_certificates_verdict CHECK ((verdict = ANY (ARRAY['MV_OPTIMAL_UNDER_MODEL'::text, 'MV_NOT_OPTIMAL_UNDER_MODEL'::text, 'INSUFFICIENT_DATA'::text])))
);

create table runs (
  project_id integer not null,
  id bigint not null generated always as identity,
  method_id text not null,
  method_version integer not null,
  options jsonb not null,
  seed bigint not null,
  watermark bigint,
  changes_at_watermark bigint,
  origin text not null,
  make_current boolean not null,
  status text not null default 'QUEUED'::text,
  attempt integer not null default 0,
  fence uuid,
  lease_until timestamp with time zone,
  phase text,
  iteration integer,
  log_likelihood double precision,
  item_count integer,
  annotator_count integer,
  vote_count bigint,
  iterations integer,
  converged boolean,
  ties integer,
  trace double precision[],
  warnings text[],
  class_priors double precision[],
  seconds jsonb,
  failure text,
  results_dropped_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  confusion_implied boolean,
  pooled_labels integer[],
  pooled_values double precision[],
  prediction_versions integer[],
  gold_count integer,
  item_findings text[],
  annotator_findings text[],
  findings jsonb,
  confusable_pairs jsonb,
  estimated_operations double precision,
  estimated_bytes double precision,
  iteration_done real,
  request_id text,
  traceparent text,
  label_rows boolean not null default true,
  label_blocks_since timestamp with time zone,
  prior_count integer,
  constraint runs_origin_check CHECK ((origin = ANY (ARRAY['REQUEST'::text, 'RULE'::text]))),
  constraint runs_pkey PRIMARY KEY (project_id, id),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);
CREATE INDEX runs_droppable ON public.runs USING btree (finished_at) WHERE ((origin = 'RULE'::text) AND (status = 'SUCCEEDED'::text) AND (results_dropped_at IS NULL));
CREATE INDEX runs_unfinished ON public.runs USING btree (project_id) WHERE (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]));
CREATE INDEX runs_with_label_rows ON public.runs USING btree (label_blocks_since) WHERE (label_rows AND (status = 'SUCCEEDED'::text) AND (results_dropped_at IS NULL));

create table soft_labels (
  confidence double precision not null,
  entropy double precision not null,
  run_id bigint not null,
  project_id integer not null,
  item_code integer not null,
  votes integer not null,
  consensus smallint not null,
  tie boolean not null,
  probabilities double precision[] not null,
  findings double precision[],
  constraint soft_labels_pkey PRIMARY KEY (project_id, run_id, item_code)
);
CREATE INDEX soft_labels_by_confidence ON public.soft_labels USING btree (project_id, run_id, confidence, item_code);
CREATE INDEX soft_labels_by_entropy ON public.soft_labels USING btree (project_id, run_id, entropy, item_code);

create table touched_items (
  project_id integer not null,
  id bigint not null generated always as identity,
  items integer[] not null,
  generation integer,
  at timestamp with time zone not null default clock_timestamp(),
  constraint touched_items_pkey PRIMARY KEY (project_id, id)
);

create table votes (
  seq bigint not null default nextval('vote_ticket'::regclass),
  voted_at timestamp with time zone,
  received_at timestamp with time zone not null default now(),
  ended_seq bigint,
  project_id integer not null,
  item_code integer not null,
  annotator_code integer not null,
  duration_ms integer,
  class_index smallint not null,
  outcome smallint not null default 0,
  repeat_index integer not null default 0,
  ended_reason smallint,
  vote_id text collate "C",
  guideline_version text,
  comment text,
  constraint votes_check CHECK (((outcome = 0) = (class_index >= 0))),
  constraint votes_check1 CHECK (((ended_seq IS NULL) = (ended_reason IS NULL))),
  constraint votes_duration_ms_check CHECK ((duration_ms >= 0)),
  constraint votes_ended_reason_check CHECK (((ended_reason >= 1) AND (ended_reason <= 3))),
  constraint votes_outcome_check CHECK (((outcome >= 0) AND (outcome <= 3))),
  constraint votes_pkey PRIMARY KEY (project_id, seq)
);
CREATE INDEX votes_ended ON public.votes USING btree (project_id, ended_seq) WHERE (ended_seq IS NOT NULL);
CREATE INDEX votes_ended_by_item ON public.votes USING btree (project_id, item_code, annotator_code) WHERE (ended_seq IS NOT NULL);
CREATE UNIQUE INDEX votes_by_vote_id ON public.votes USING btree (project_id, vote_id) WHERE (vote_id IS NOT NULL);
CREATE UNIQUE INDEX votes_standing ON public.votes USING btree (project_id, item_code, annotator_code, repeat_index) WHERE (ended_seq IS NULL);

create table workspaces (
  id integer not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null default now(),
  audit_reads boolean not null default false,
  constraint workspaces_pkey PRIMARY KEY (id)
);
