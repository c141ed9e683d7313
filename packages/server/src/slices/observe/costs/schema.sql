-- What calls cost by model and quarter of an hour, written in the transaction that stores or re-prices them. Every time
-- zone's day begins with a quarter of an hour.
create table cost_rollups (
  organization_id uuid not null,
  -- The quarter of an hour, UTC, in which the calls ended.
  start_at timestamptz not null,
  agent_id uuid not null,
  environment text not null,
  -- Empty texts: the calls did not say.
  release_id text not null,
  provider text not null,
  model text not null,
  priced_calls bigint not null,
  unpriced_calls bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  unpriced_tokens bigint not null,
  cost_nano_usd bigint not null,
  reported_calls bigint not null,
  reported_nano_usd bigint not null,
  -- Calls whose cost is known both ways.
  compared_calls bigint not null,
  compared_cost_nano_usd bigint not null,
  compared_reported_nano_usd bigint not null,
  primary key (organization_id, start_at, agent_id, environment, release_id, provider, model)
);
select metaagent_tenant_table('cost_rollups');

-- Pricing stored calls again: what was asked for, how far it is, and what it changed.
create table repricings (
  organization_id uuid not null,
  repricing_id uuid not null,
  state text not null check (state in ('running', 'done', 'cancelled')),
  from_at timestamptz not null,
  until_at timestamptz not null,
  provider text,
  model text,
  reason text not null,
  expected_calls bigint not null,
  -- Behind this execution on this day; null: nothing is done yet.
  position_day date,
  position_execution_id uuid,
  calls bigint not null default 0,
  changed_calls bigint not null default 0,
  newly_priced_calls bigint not null default 0,
  no_longer_priced_calls bigint not null default 0,
  before_nano_usd bigint not null default 0,
  after_nano_usd bigint not null default 0,
  requested_by text not null,
  requested_at timestamptz not null,
  finished_at timestamptz,
  primary key (organization_id, repricing_id)
);
-- One at a time, so that the sums before and after are one's own.
create unique index repricings_running on repricings (organization_id) where state = 'running';
select metaagent_tenant_table('repricings');
