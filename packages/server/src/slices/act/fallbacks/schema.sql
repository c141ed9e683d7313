-- Which macros take over from a macro or an agent; the definition is one document, validated on save.
create table fallback_policies (
  organization_id uuid not null,
  policy_id uuid not null,
  version integer not null,
  name text not null,
  definition jsonb not null,
  primary_kind text not null check (primary_kind in ('macro', 'agent')),
  -- The macro's name or the agent's id.
  primary_name text not null,
  environment text not null,
  enabled boolean not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  changed_by text not null,
  approval_id uuid,
  archived_at timestamptz,
  primary key (organization_id, policy_id)
);
create unique index fallback_policies_by_name on fallback_policies (organization_id, name) where archived_at is null;
-- Two policies of one primary would start two fallbacks for one failure.
create unique index fallback_policies_by_primary
  on fallback_policies (organization_id, primary_kind, primary_name, environment) where archived_at is null;
select metaagent_tenant_table('fallback_policies');

create table fallback_policy_versions (
  organization_id uuid not null,
  policy_id uuid not null,
  version integer not null,
  definition jsonb not null,
  approval_id uuid,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (organization_id, policy_id, version)
);
select metaagent_tenant_table('fallback_policy_versions');

-- Incidents: what was started in each, so that nothing is started twice.
create table fallback_chains (
  organization_id uuid not null,
  chain_id uuid not null,
  policy_id uuid not null,
  -- The chaos run whose failures it is about; null: real ones.
  run_id uuid,
  depth integer not null,
  visited text[] not null,
  opened_at timestamptz not null,
  last_invoked_at timestamptz,
  last_execution_id uuid,
  exhausted_at timestamptz,
  closed_at timestamptz,
  closed_because jsonb,
  primary key (organization_id, chain_id)
);
create unique index fallback_chains_open
  on fallback_chains (organization_id, policy_id, coalesce(run_id, '00000000-0000-0000-0000-000000000000'))
  where closed_at is null;
create index fallback_chains_newest on fallback_chains (organization_id, policy_id, chain_id);
select metaagent_tenant_table('fallback_chains');

create table fallback_invocations (
  organization_id uuid not null,
  invocation_id uuid not null,
  policy_id uuid not null,
  chain_id uuid not null,
  depth integer not null,
  outcome text not null check (outcome in ('invoked', 'exhausted')),
  trigger text not null,
  macro text,
  macro_execution_id uuid,
  because jsonb not null,
  chosen_because jsonb,
  passed_over jsonb not null,
  run_id uuid,
  at timestamptz not null,
  event_id uuid not null,
  primary key (organization_id, invocation_id),
  unique (organization_id, policy_id, trigger)
);
create index fallback_invocations_of_policy on fallback_invocations (organization_id, policy_id, invocation_id);
create index fallback_invocations_by_time on fallback_invocations (organization_id, at);
select metaagent_tenant_table('fallback_invocations');
