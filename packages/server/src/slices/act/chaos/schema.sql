-- Experiments; the definition is one document, validated on save.
create table chaos_experiments (
  organization_id uuid not null,
  experiment_id uuid not null,
  version integer not null,
  name text not null,
  definition jsonb not null,
  environment text not null,
  -- Null: by hand alone, or off.
  next_run_at timestamptz,
  changed_at timestamptz not null,
  changed_by text not null,
  approval_id uuid,
  archived_at timestamptz,
  primary key (organization_id, experiment_id)
);
create unique index chaos_experiments_by_name on chaos_experiments (organization_id, name) where archived_at is null;
create index chaos_experiments_due on chaos_experiments (organization_id, next_run_at)
  where next_run_at is not null and archived_at is null;
select metaagent_tenant_table('chaos_experiments');

-- Runs with the definition that they follow, whatever becomes of the experiment.
create table chaos_runs (
  organization_id uuid not null,
  run_id uuid not null,
  experiment_id uuid not null,
  version integer not null,
  definition jsonb not null,
  state text not null check (state in ('running', 'settling', 'ended')),
  verdict text check (verdict in ('held', 'failed', 'aborted', 'inconclusive')),
  because jsonb,
  planned integer not null,
  -- Slots before this one are taken: injected, skipped, or, from pending_from on, being injected.
  next_slot integer not null,
  pending_from integer,
  injected integer not null,
  skipped integer not null,
  report jsonb not null,
  started_by text not null,
  approval_id uuid,
  started_at timestamptz not null,
  injects_until timestamptz not null,
  settles_until timestamptz not null,
  abort_requested_by text,
  abort_reason text,
  ended_at timestamptz,
  primary key (organization_id, run_id)
);
-- Two runs of one experiment would inject twice its rate.
create unique index chaos_runs_open on chaos_runs (organization_id, experiment_id) where state <> 'ended';
create index chaos_runs_of_experiment on chaos_runs (organization_id, experiment_id, run_id);
select metaagent_tenant_table('chaos_runs');

-- Signals of a receiver fault, and when each receiver took them.
create table chaos_signals (
  organization_id uuid not null,
  run_id uuid not null,
  slot integer not null,
  sent_at timestamptz not null,
  received_at timestamptz,
  faulty_received_at timestamptz,
  primary key (organization_id, run_id, slot)
);
create index chaos_signals_by_time on chaos_signals (organization_id, sent_at);
select metaagent_tenant_table('chaos_signals');
