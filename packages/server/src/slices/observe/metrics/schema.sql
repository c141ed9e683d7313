-- What each day came to per agent, environment and release (seed 2), in the organization's time zone. Written from the
-- rollups whenever they changed; release '' stands for runs that named none. The rates beside the counts are for who
-- reads the table with SQL: they follow from the counts.
create table agent_performance_metrics (
  organization_id uuid not null,
  day date not null,
  agent_id uuid not null,
  environment text not null,
  release_id text not null,
  time_zone text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
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
  -- Finished executions per log bucket, so that days merge without loss.
  latency jsonb not null,
  success_rate double precision,
  cost_per_success_nano_usd bigint,
  latency_p50_ms double precision,
  latency_p95_ms double precision,
  latency_p99_ms double precision,
  basis text not null check (basis in ('rollups', 'rows')),
  computed_at timestamptz not null,
  primary key (organization_id, day, agent_id, environment, release_id)
);
create index agent_performance_metrics_of_agent on agent_performance_metrics (organization_id, agent_id, day);
select metaagent_tenant_table('agent_performance_metrics');

-- Days of agents that are over and whose figures were told as processing_metrics, with what was told.
create table agent_metric_days (
  organization_id uuid not null,
  day date not null,
  agent_id uuid not null,
  executions bigint not null,
  successes bigint not null,
  failures bigint not null,
  cost_nano_usd bigint not null,
  told_at timestamptz not null,
  primary key (organization_id, day, agent_id)
);
select metaagent_tenant_table('agent_metric_days');

-- Up to where the changes of the rollups are in the days, and of which time zone these are.
create table metric_cursors (
  organization_id uuid not null,
  rollup_cursor text not null,
  time_zone text not null,
  primary key (organization_id)
);
select metaagent_tenant_table('metric_cursors');
