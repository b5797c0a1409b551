import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What to label next, and to whom: rules, leases, the queue of items, and labels between runs. */
export class Assignment1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // scoring_version is raised by whatever changes the worth of many items at once: rules, or new predictions.
    await runner.query(`
      alter table projects
        add column min_votes integer not null default 1 check (min_votes between 1 and 10000),
        add column max_votes integer not null default 3 check (max_votes between 1 and 10000),
        add column confidence double precision check (confidence > 0 and confidence <= 1),
        add column policy text not null default 'auto',
        add column lease_seconds integer not null default 900 check (lease_seconds between 1 and 604800),
        add column gold_rate double precision not null default 0 check (gold_rate between 0 and 1),
        add column exploration_share double precision not null default 0.1 check (exploration_share between 0 and 1),
        add column overlap_share double precision not null default 0.15 check (overlap_share between 0 and 1),
        add column allow_repeats boolean not null default false,
        add column budget double precision check (budget >= 0),
        add column stop_below_gain double precision check (stop_below_gain >= 0),
        add column done_rule text,
        add column priority_rule text,
        add column flag_rule text,
        add column pause_rule text,
        add column scoring_version bigint not null default 0,
        add column live_run_id bigint`);
    await runner.query(`update projects set max_votes = votes_per_item`);
    await runner.query(`alter table projects drop column votes_per_item, add constraint projects_min_max_votes check (min_votes <= max_votes)`);

    await runner.query(`
      alter table annotators
        add column status text not null default 'ACTIVE' check (status in ('ACTIVE', 'PAUSED', 'BLOCKED')),
        add column status_reason text,
        add column status_at timestamptz,
        add column cost double precision not null default 1 check (cost > 0 and cost < 'infinity'),
        add column capacity integer check (capacity >= 0)`);

    // An item's votes and live leases stand in one row, so that whoever locks it sees both as they are.
    // state: 0 OPEN, 1 DONE, 2 CONTESTED, 3 ADJUDICATED. No index names what changes with a vote: its update stays within the page.
    await runner.query(`
      alter table item_counts
        add column leases integer not null default 0 check (leases >= 0),
        add column state smallint not null default 0 check (state between 0 and 3),
        add column flagged boolean not null default false`);
    await runner.query(`alter table item_counts set (fillfactor = 80)`);
    await runner.query(`
      insert into item_counts (project_id, item_code) select project_id, code from items on conflict do nothing`);
    await runner.query(`
      insert into annotator_counts (project_id, annotator_code) select project_id, code from annotators on conflict do nothing`);

    // One row for each write that changed what is known of items; whoever brings them up to date deletes it.
    await runner.query(`
      create table touched_items (
        project_id integer not null,
        id bigint generated always as identity,
        items integer[] not null,
        generation integer,
        at timestamptz not null default clock_timestamp(),
        primary key (project_id, id)
      )`);

    // Every lease that was ever given. ended_by: 1 VOTED, 2 SKIPPED, 3 RELEASED, 4 EXPIRED.
    await runner.query(`
      create table leases (
        leased_at timestamptz not null default clock_timestamp(),
        expires_at timestamptz not null,
        ended_at timestamptz,
        late_vote_at timestamptz,
        id bigint generated always as identity,
        score double precision,
        project_id integer not null,
        item_code integer not null,
        annotator_code integer not null,
        votes integer not null,
        ended_by smallint check (ended_by between 1 and 4),
        is_gold boolean not null default false,
        strategy text not null,
        primary key (project_id, id),
        check ((ended_at is null) = (ended_by is null))
      )`);
    await runner.query(`create unique index leases_live on leases (project_id, annotator_code, item_code) where ended_at is null`);
    // For votes that come when the lease has expired.
    await runner.query(`create index leases_expired on leases (project_id, annotator_code, item_code) where ended_by = 4`);
    await runner.query(`create index leases_late on leases (project_id, item_code, annotator_code) where late_vote_at is not null`);
    await runner.query(`create index leases_by_expiry on leases (expires_at) where ended_at is null`);

    // The order in which open items are taken. A hint: whether an item may be leased is for its counts to say.
    // A rescoring writes a generation of its own beside the one in use, and then the project changes over.
    await runner.query(`
      create table item_queue (
        priority double precision not null,
        score double precision not null,
        project_id integer not null,
        generation integer not null,
        item_code integer not null,
        strategy text not null,
        primary key (project_id, generation, item_code)
      )`);
    await runner.query(`create index item_queue_order on item_queue (project_id, generation, priority, item_code)`);
    // One for each policy that a project asks by: its own, and those of calls that name another.
    await runner.query(`create sequence queue_generation as integer cycle cache 1`);
    await runner.query(`
      create table project_queues (
        project_id integer not null,
        policy text not null,
        generation integer not null default nextval('queue_generation'),
        building integer,
        scoring_version bigint,
        run_id bigint,
        scored_at timestamptz,
        asked_at timestamptz not null default clock_timestamp(),
        mean_gain double precision,
        seconds jsonb,
        context jsonb,
        primary key (project_id, policy)
      )`);

    // Labels of items that changed after the project's current run read them.
    await runner.query(`
      create table live_labels (
        confidence double precision not null,
        entropy double precision not null,
        run_id bigint not null,
        updated_at timestamptz not null default clock_timestamp(),
        project_id integer not null,
        item_code integer not null,
        votes integer not null,
        consensus smallint not null,
        tie boolean not null,
        probabilities double precision[] not null,
        primary key (project_id, item_code)
      )`);

    // What labels between runs are computed with. confusion_implied: the method has no matrices, and these follow from its soft labels.
    await runner.query(`
      alter table runs
        add column confusion_implied boolean,
        add column pooled_labels integer[],
        add column pooled_values double precision[]`);
    for (const table of ['item_queue', 'leases', 'live_labels', 'touched_items']) await runner.query(`alter table ${table} alter column project_id set statistics 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column pooled_values, drop column pooled_labels, drop column confusion_implied`);
    await runner.query(`drop table live_labels, project_queues, item_queue, leases, touched_items`);
    await runner.query(`drop sequence queue_generation`);
    await runner.query(`alter table item_counts reset (fillfactor)`);
    await runner.query(`alter table item_counts drop column flagged, drop column state, drop column leases`);
    await runner.query(`alter table annotators drop column capacity, drop column cost, drop column status_at, drop column status_reason, drop column status`);
    await runner.query(`alter table projects add column votes_per_item integer not null default 3 check (votes_per_item between 1 and 10000)`);
    await runner.query(`update projects set votes_per_item = max_votes`);
    await runner.query(`
      alter table projects drop column live_run_id, drop column scoring_version, drop column pause_rule, drop column flag_rule, drop column priority_rule, drop column done_rule,
        drop column stop_below_gain, drop column budget, drop column allow_repeats, drop column overlap_share, drop column exploration_share,
        drop column gold_rate, drop column lease_seconds, drop column policy, drop column confidence, drop column max_votes, drop column min_votes`);
  }
}
