-- Synthetic checks on a schedule.
create table probes (
  organization_id uuid not null,
  probe_id uuid not null,
  name text not null,
  agent_id uuid not null,
  environment text not null,
  kind text not null check (kind in ('http', 'execution')),
  method text not null,
  url text not null,
  body json,
  -- Header values, sealed under the master key; names in clear.
  headers bytea,
  header_names text[] not null,
  schedule text not null,
  time_zone text not null,
  timeout_ms integer not null,
  assertions jsonb not null,
  enabled boolean not null,
  state text not null check (state in ('passing', 'failing', 'unknown')),
  failures_in_row integer not null,
  -- Null: disabled.
  next_run_at timestamptz,
  primary key (organization_id, probe_id),
  unique (organization_id, name)
);
create index probes_due on probes (organization_id, next_run_at) where next_run_at is not null;
select metaagent_tenant_table('probes');

create table probe_results (
  organization_id uuid not null,
  probe_id uuid not null,
  result_id uuid not null,
  at timestamptz not null,
  passed boolean not null,
  status integer,
  latency_ms integer,
  because jsonb not null,
  execution_id uuid,
  primary key (organization_id, probe_id, result_id)
);
select metaagent_tenant_table('probe_results');
