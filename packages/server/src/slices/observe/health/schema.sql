-- Sums per agent, environment, release and minute, hour or UTC day, written in the transaction of the rows that they count.
-- Release '' stands for runs that named none, so that the key has no nulls.
create table agent_rollups (
  organization_id uuid not null,
  agent_id uuid not null,
  environment text not null,
  release_id text not null,
  grain text not null check (grain in ('minute', 'hour', 'day')),
  start_at timestamptz not null,
  successes bigint not null,
  failures bigint not null,
  cancelled bigint not null,
  actions bigint not null,
  action_errors bigint not null,
  llm_calls bigint not null,
  tool_calls bigint not null,
  tool_errors bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cost_nano_usd bigint not null,
  priced_calls bigint not null,
  unpriced_calls bigint not null,
  primary key (organization_id, grain, agent_id, start_at, environment, release_id)
) with (fillfactor = 70);
-- For retention: rows lie in the order in which they were first written, so a few blocks per age are enough.
create index agent_rollups_by_age on agent_rollups using brin (organization_id, start_at);
select metaagent_tenant_table('agent_rollups');

-- Latency histograms of finished executions: count per log bucket (1 % relative error), so that SQL merges them by sum.
create table agent_rollup_latencies (
  organization_id uuid not null,
  agent_id uuid not null,
  environment text not null,
  release_id text not null,
  grain text not null check (grain in ('minute', 'hour', 'day')),
  start_at timestamptz not null,
  bucket smallint not null,
  executions bigint not null,
  primary key (organization_id, grain, agent_id, start_at, environment, release_id, bucket)
) with (fillfactor = 70);
create index agent_rollup_latencies_by_age on agent_rollup_latencies using brin (organization_id, start_at);
select metaagent_tenant_table('agent_rollup_latencies');

-- Which hours of an agent changed, and by which transaction last. Readers keep a cursor of their own and read what lies
-- between it and the oldest running transaction; then they read the rollups again, so that more than once does no harm.
create table agent_rollup_changes (
  organization_id uuid not null,
  agent_id uuid not null,
  hour_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (organization_id, agent_id, hour_at)
) with (fillfactor = 70);
create index agent_rollup_changes_newest on agent_rollup_changes (organization_id, changed_xid);
select metaagent_tenant_table('agent_rollup_changes');

-- The newest judged state of each agent (seed 2). Its changes are the health.state.changed events.
create table agent_health_realtime (
  organization_id uuid not null,
  agent_id uuid not null,
  state text not null,
  score double precision,
  because jsonb not null,
  judged_at timestamptz not null,
  changed_at timestamptz not null,
  -- End of the newest window that was told as processing_metrics.
  reported_until timestamptz not null,
  primary key (organization_id, agent_id)
);
select metaagent_tenant_table('agent_health_realtime');

-- The same of each domain and environment. Its changes are the health.group.changed events.
create table group_health_realtime (
  organization_id uuid not null,
  kind text not null check (kind in ('domain', 'environment')),
  name text not null,
  state text not null,
  score double precision,
  because jsonb not null,
  agents integer not null,
  judged_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (organization_id, kind, name)
);
select metaagent_tenant_table('group_health_realtime');
