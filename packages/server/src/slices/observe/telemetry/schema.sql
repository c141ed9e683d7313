-- Runs of agents and their steps, partitioned by day and dropped by retention. The keys begin with the organization and
-- the day; there are no foreign keys to the registry: nothing registered is ever deleted, the same transaction registers,
-- and a key check per row would make every writer lock the same few registry rows.

-- One run. `started_on` is fixed by the first row that arrives for it, whatever its report says later: later rows look
-- the execution up in the days from 7 before to 1 after their own, so out of order and across midnight they find it.
create table agent_executions (
  organization_id uuid not null,
  started_on date not null,
  -- The OpenTelemetry trace id.
  execution_id uuid not null,
  agent_id uuid not null,
  release_id uuid,
  environment text not null,
  -- What the attribution rests on (model/executions.ts); the smallest text wins.
  evidence text not null,
  -- 0 implied by actions, 1 reported open, 2 closed by the root of one process, 3 closed.
  report_rank smallint not null,
  status text not null,
  -- When an open status was so, as its report says: of running and waiting the later one counts.
  reported_at timestamptz,
  -- What was learnt afterwards and counts in place of the status. Written by late outcomes alone.
  outcome text check (outcome in ('success', 'failure')),
  started_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  error_type text,
  error_message text,
  conversation_id text,
  -- The action that named it, where no report did (model/executions.ts); so for the user, whom only actions name.
  conversation_from text,
  user_id text,
  user_from text,
  unit text,
  score double precision,
  reported_cost_nano_usd bigint,
  synthetic boolean not null,
  -- Written and read whole: json keeps the text, json would cost a fifth of the COPY.
  input json,
  output json,
  attributes json,
  -- Values that were masked before storage.
  masked integer not null,
  -- First and last day of its actions, which is where its trace lies.
  first_action_on date,
  last_action_on date,
  -- Whether actions may have to be settled again when relatives of them arrive.
  unsettled boolean not null,
  -- Sums over its actions, kept in the transaction that stores them.
  actions integer not null,
  llm_calls integer not null,
  tool_calls integer not null,
  action_errors integer not null,
  input_tokens bigint,
  output_tokens bigint,
  cost_nano_usd bigint,
  priced_calls integer not null,
  unpriced_calls integer not null,
  actions_reported_cost_nano_usd bigint,
  primary key (organization_id, started_on, execution_id)
) partition by range (started_on);
-- Finds an execution whose day is not known. No other index may hold the id: on a day without statistics they all look
-- equally good for such a search, and one that does not begin with the id is read from end to end.
create index agent_executions_by_id on agent_executions (organization_id, execution_id);
-- The list of all executions, and the list of one agent's; runs that began in the same millisecond are sorted after.
create index agent_executions_newest on agent_executions (organization_id, started_at desc);
create index agent_executions_of_agent on agent_executions (organization_id, agent_id, started_at desc);
create index agent_executions_open
  on agent_executions (organization_id, agent_id, status) where status in ('running', 'waiting');
-- What people look for when something is wrong; few rows, so the indexes are small.
create index agent_executions_failed on agent_executions (organization_id, started_at desc) where status = 'failure';
create index agent_executions_flagged on agent_executions (organization_id, started_at desc)
  where end_reason in ('infrastructure_error', 'agent_error', 'too_many_errors', 'max_steps');
-- Few, unless somebody probes all the time.
create index agent_executions_synthetic on agent_executions (organization_id, started_at desc) where synthetic;
-- A session's executions in their order, and whether one has a later one: the list of sessions asks that of each.
create index agent_executions_of_conversation
  on agent_executions (organization_id, conversation_id, started_at) where conversation_id is not null;
create index agent_executions_of_unit on agent_executions (organization_id, unit) where unit is not null;
-- What may be rare or never there: without these the list reads every run before it says so. Production is not rare.
create index agent_executions_failed_of_agent on agent_executions (organization_id, agent_id, started_at desc)
  where status = 'failure';
create index agent_executions_cancelled on agent_executions (organization_id, started_at desc)
  where status = 'cancelled';
create index agent_executions_overridden on agent_executions (organization_id, started_at desc)
  where outcome is not null;
create index agent_executions_of_end_reason on agent_executions (organization_id, end_reason, started_at desc)
  where end_reason is not null;
create index agent_executions_of_environment on agent_executions (organization_id, environment, started_at desc)
  where environment <> 'production';
-- What ended on a later day than its own, so that a day can be counted without reading the days before it.
create index agent_executions_overnight on agent_executions (organization_id, coalesce(ended_at, started_at))
  where (coalesce(ended_at, started_at) at time zone 'UTC')::date > started_on;
select metaagent_partitioned_by_day('agent_executions');
select metaagent_tenant_table('agent_executions');

-- One step of a run, on the day on which it began. Span ids are unique only within a trace; the key is also the index
-- that opens a trace.
create table agent_execution_logs (
  organization_id uuid not null,
  started_on date not null,
  execution_id uuid not null,
  -- The OpenTelemetry span id, 8 bytes.
  action_id bytea not null,
  parent_action_id bytea,
  source text not null,
  -- Who it is counted for: what it says itself (own_…), else its nearest relative that does.
  agent_id uuid not null,
  release_id uuid,
  environment text not null,
  own_agent boolean not null,
  own_release boolean not null,
  own_environment boolean not null,
  kind text not null,
  name text not null,
  status text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  error_type text,
  error_message text,
  provider text,
  model text,
  input_tokens bigint,
  output_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  -- False for a parent whose tokens are those of its descendants.
  counted boolean not null,
  cost_nano_usd bigint,
  -- Table, version, row and alias that gave the price.
  cost_provenance json,
  reported_cost_nano_usd bigint,
  input json,
  output json,
  attributes json,
  masked integer not null,
  mapping_version smallint,
  -- What a model calls its answer; verdicts may name that in place of the span.
  response_id text,
  primary key (organization_id, started_on, execution_id, action_id)
) partition by range (started_on);
create index agent_execution_logs_of_response
  on agent_execution_logs (organization_id, response_id) where response_id is not null;
create index agent_execution_logs_overnight on agent_execution_logs (organization_id, ended_at)
  where (ended_at at time zone 'UTC')::date > started_on;
select metaagent_partitioned_by_day('agent_execution_logs');
select metaagent_tenant_table('agent_execution_logs');

-- What was learnt of executions after they ran, as it came; waits until its execution is there.
create table execution_outcomes (
  organization_id uuid not null,
  outcome_id uuid not null,
  state text not null check (state in ('waiting', 'joined', 'expired')),
  -- One of execution, conversation, unit, attribute; the key is the attribute's name, the value what is looked for.
  subject_kind text not null check (subject_kind in ('execution', 'conversation', 'unit', 'attribute')),
  subject_key text,
  subject_value text not null,
  subject_action_id text,
  agent text,
  metric text not null,
  result text check (result in ('success', 'failure')),
  score double precision,
  label text,
  explanation text,
  judge text not null,
  judge_kind text not null,
  overrides boolean not null,
  source text not null,
  idempotency_key text not null,
  observed_at timestamptz not null,
  received_at timestamptz not null,
  recorded_by jsonb not null,
  next_try_at timestamptz not null,
  -- Its execution, once it is joined.
  execution_id uuid,
  started_on date,
  joined_at timestamptz,
  primary key (organization_id, outcome_id),
  unique (organization_id, source, idempotency_key),
  check ((state = 'joined') = (execution_id is not null))
);
create index execution_outcomes_waiting on execution_outcomes (organization_id, next_try_at) where state = 'waiting';
create index execution_outcomes_of_execution on execution_outcomes (organization_id, execution_id)
  where execution_id is not null;
select metaagent_tenant_table('execution_outcomes', deployment_reads => true);

-- Contents and verdicts that came apart from their span, masked: they wait until it is there, then go into its row or
-- become judgments.
create table waiting_span_events (
  organization_id uuid not null,
  -- SHA-256 of what came: the same event waits once.
  event_key bytea not null,
  kind text not null check (kind in ('content', 'evaluation')),
  execution_id uuid,
  action_id bytea,
  -- For verdicts that name the answer of a model in place of a span.
  response_id text,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  next_try_at timestamptz not null,
  event json not null,
  masked integer not null,
  primary key (organization_id, event_key),
  check (execution_id is not null or response_id is not null)
);
create index waiting_span_events_due on waiting_span_events (organization_id, next_try_at);
select metaagent_tenant_table('waiting_span_events', deployment_reads => true);

-- Points of metrics that agents and their model clients report of themselves (gen_ai.*), as they came.
create table agent_metric_points (
  organization_id uuid not null,
  -- The day of `observed_at`.
  started_on date not null,
  name text not null,
  -- SHA-256 of kind, temporality, attributes and resource: a point that is sent again is there already.
  series bytea not null,
  observed_at timestamptz not null,
  kind text not null,
  unit text not null,
  temporality text check (temporality in ('delta', 'cumulative')),
  monotonic boolean,
  started_at timestamptz,
  attributes json not null,
  resource json not null,
  value double precision,
  count double precision,
  sum double precision,
  min double precision,
  max double precision,
  buckets json,
  primary key (organization_id, started_on, name, series, observed_at)
) partition by range (started_on);
create index agent_metric_points_newest on agent_metric_points (organization_id, name, observed_at desc);
select metaagent_partitioned_by_day('agent_metric_points');
select metaagent_tenant_table('agent_metric_points');
