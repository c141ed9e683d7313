-- Macros, their immutable versions, what they depend on, and their executions.
create table macros (
  organization_id uuid not null,
  macro_id uuid not null,
  name text not null,
  description text not null,
  impact text not null,
  environments text[] not null,
  enabled boolean not null,
  version integer not null,
  -- Signs the HTTP calls of its steps; sealed under the master key. Null: calls are not signed.
  secret bytea,
  -- Null: no dependency stands in the way.
  blocks jsonb,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (organization_id, macro_id),
  unique (organization_id, name)
);
select metaagent_tenant_table('macros');

create table macro_versions (
  organization_id uuid not null,
  macro_id uuid not null,
  version integer not null,
  -- Not jsonb, which would sort the keys of people's schemas.
  definition json not null,
  digest text not null,
  reason text not null,
  approval_id uuid,
  created_at timestamptz not null,
  created_by text not null,
  primary key (organization_id, macro_id, version),
  foreign key (organization_id, macro_id) references macros (organization_id, macro_id)
);
select metaagent_tenant_table('macro_versions', append_only => true);

-- What providers publish: the version in force and its shape, one row each.
create table macro_dependencies (
  organization_id uuid not null,
  name text not null,
  version text not null,
  schema json not null,
  revision integer not null,
  source text not null,
  published_at timestamptz not null,
  primary key (organization_id, name)
);
select metaagent_tenant_table('macro_dependencies');

create table macro_executions (
  organization_id uuid not null,
  macro_execution_id uuid not null,
  macro_id uuid not null,
  macro text not null,
  version integer not null,
  environment text not null,
  inputs json not null,
  status text not null check (status in ('running', 'succeeded', 'failed', 'compensated', 'cancelled')),
  synthetic boolean not null,
  dry boolean not null,
  because jsonb not null,
  ended_because jsonb,
  started_by jsonb not null,
  correlation_id text not null,
  causation_id uuid,
  parent_id uuid,
  -- How many macros started one another on the way here.
  depth integer not null,
  idempotency_key text,
  approval_id uuid,
  -- Its events folded by the model, so that a list need not fold.
  state jsonb not null,
  events integer not null,
  -- When it is looked at next. Moved on by whoever takes it, so it is the lease as well. Null: ended.
  due_at timestamptz,
  leased_by text,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (organization_id, macro_execution_id),
  unique (organization_id, macro_id, idempotency_key)
);
create index macro_executions_due on macro_executions (organization_id, due_at) where due_at is not null;
create index macro_executions_of_macro on macro_executions (organization_id, macro, macro_execution_id);
create index macro_executions_by_parent on macro_executions (organization_id, parent_id) where parent_id is not null;
create index macro_executions_ended on macro_executions (organization_id, ended_at) where ended_at is not null;
select metaagent_tenant_table('macro_executions');

create table macro_execution_events (
  organization_id uuid not null,
  macro_execution_id uuid not null,
  sequence integer not null,
  at timestamptz not null,
  -- As the model folds it.
  event jsonb not null,
  because jsonb,
  -- What the step waits for.
  reference text,
  primary key (organization_id, macro_execution_id, sequence)
);
create index macro_execution_events_by_time on macro_execution_events (organization_id, at);
select metaagent_tenant_table('macro_execution_events');
